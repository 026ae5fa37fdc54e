import { ChildProcess } from "../processes/index.js";
import type { Commands } from "./command.js";

/** Commands as child processes of this machine. Absolute paths of a workload lie below `SPILLWAY_ROOT`; the image is ignored. Needs a host with real time. */
export function processCommands(): Commands {
  const all = new Set<ChildProcess>();
  return {
    begin({ argv, env, host, stopMs, onLine, onEnd }) {
      const child = new ChildProcess({
        argv,
        env,
        prefix: "spillway-aws-batch-",
        host,
        onLine: (_stream, text) => onLine(text),
        onExit: (exitCode) => onEnd(exitCode),
      });
      all.add(child);
      // What never began says so itself.
      return { stop: () => void child.terminate(stopMs).catch(() => undefined), destroy: () => child.dispose() };
    },
    pullFailure: () => undefined,
    async close() {
      await Promise.all([...all].map((child) => child.dispose()));
    },
  };
}
