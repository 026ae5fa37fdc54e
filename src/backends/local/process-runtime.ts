import { minimalEnvironment } from "../../kit/process/index.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Launch } from "../../spec/launch.js";
import type { CommandRuntime } from "./runtime.js";

/** Tells a command where absolute paths of its workload lie: `/out` of the workload is `$SPILLWAY_ROOT/out`. */
export const ROOT_VARIABLE = "SPILLWAY_ROOT";

/** Runs commands as plain processes of this user. */
export function processRuntime(options: { readonly acceptImages: boolean }): CommandRuntime {
  return {
    check: async () => undefined,

    accept(launch) {
      if (launch.image === undefined || options.acceptImages) return;
      throw new SchedulerError(
        "BACKEND_REJECTED",
        'local() runs plain processes and this workload names an image: set `acceptImages` to ignore it, or `runtime: "docker"`.',
      );
    },

    prepare: async () => undefined,

    request: (launch, place, _backend, _namespace, host) => ({
      argv: launch.argv,
      env: {
        ...minimalEnvironment(host, { home: place.root, temporary: place.temporary }),
        ...declared(launch),
        [ROOT_VARIABLE]: place.root,
      },
      cwd: place.root,
      marker: { name: ROOT_VARIABLE, value: place.root },
    }),

    async judge(_key, state) {
      if (state.kind === "exited") return { kind: "exited", exit: state.exit };
      const lost = new SchedulerError("LEASE_LOST", "The process that watched over the command was killed, or the machine restarted.");
      return { kind: "failed", error: lost.toJSON() };
    },

    fetchOutputs: async () => undefined,
    remove: async () => undefined,
    strays: async () => [],
  };
}

/** The environment that the workload asked for. Secrets come last: nobody overrides one by accident. */
function declared(launch: Launch): Record<string, string> {
  const secrets = Object.entries(launch.secrets).map(([name, secret]) => [name, secret.reveal()] as const);
  return { ...launch.env, ...Object.fromEntries(secrets) };
}
