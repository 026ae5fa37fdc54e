import type { Host } from "../../spec/host.js";
import { ChildProcess } from "../processes/index.js";
import type { CommandExecution } from "./execution.js";

/** Runs commands as child processes of this machine, without their image. Needs a host with real time. */
export function processCommands(host: Host): CommandExecution {
  const all = new Set<ChildProcess>();
  return {
    run({ argv, env }, ended, printed) {
      const child = new ChildProcess({ argv, env, prefix: "spillway-gcp-batch-", host, onLine: printed, onExit: ended });
      all.add(child);
      return { stop: (graceMs) => child.stop(graceMs) };
    },
    async close() {
      await Promise.all([...all].map((child) => child.dispose()));
    },
  };
}
