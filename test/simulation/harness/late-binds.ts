import { failureOf, SchedulerError } from "../../../src/model/errors/scheduler-error.js";
import type { Backend } from "../../../src/spec/backend.js";
import type { Host } from "../../../src/spec/host.js";
import { identityRandom } from "../../../src/testing/index.js";
import type { Scenario } from "./scenario.js";

/**
 * A seller that sometimes answers a launch with a time-out and carries it out minutes later, after every deadline it has
 * stated. No contract forbids it in practice; only the reconciler can find what then stands open.
 */
export function lateBinds(backend: Backend, host: Host, scenario: Scenario): Backend {
  if (scenario.lateBindShare === 0) return backend;
  return {
    ...backend,
    bind: (placement, call) => {
      const random = identityRandom("late", scenario.seed, placement.key);
      if (!random.chance(scenario.lateBindShare)) return backend.bind(placement, call);
      const laterMs = random.int(60_000, 900_000);
      host.setTimer(laterMs, () => {
        const late = { ...call, deadlineMs: host.now() + 30_000, signal: new AbortController().signal, progress: () => Promise.resolve() };
        // Whether it works then is the seller's affair.
        backend.bind(placement, late).catch(() => {});
      });
      const { message } = failureOf("BACKEND_TIMEOUT", "The seller did not answer.");
      return Promise.reject(new SchedulerError("BACKEND_TIMEOUT", message, { effect: "unknown" }));
    },
  };
}
