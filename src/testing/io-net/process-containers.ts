import type { Host } from "../../spec/host.js";
import { ChildProcess } from "../processes/index.js";
import type { ContainerRuntime } from "./containers.js";

/**
 * Runs containers as child processes of this machine, without their image, each start in a directory of its own; their traffic port is one of this
 * machine. Needs a host with real time.
 */
export function processContainers(host: Host): ContainerRuntime {
  const all = new Set<ChildProcess>();
  return {
    start({ argv, env, trafficPort }, watcher) {
      const child = new ChildProcess({
        argv,
        env,
        prefix: "spillway-io-net-",
        host,
        onLine: (stream, text) => watcher.line(stream, text),
        onExit: (exitCode) => watcher.exited(exitCode),
      });
      all.add(child);
      return { url: `http://127.0.0.1:${trafficPort}`, stop: () => child.stop(0) };
    },
    async close() {
      await Promise.all([...all].map((child) => child.dispose()));
    },
  };
}
