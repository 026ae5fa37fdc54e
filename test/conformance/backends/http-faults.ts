import { FAULTS, type Fault, type FaultControl, type FaultyVerb } from "../../../src/conformance/backend/index.js";
import type { HttpFault } from "../../../src/testing/index.js";

/** The faults that look alike at every simulator that speaks HTTP. How a key is refused, and how late is late, is the provider's own. */
export const HTTP_FAULTS = {
  "request-lost": { kind: "silence", effect: false },
  "answer-lost": { kind: "silence", effect: true },
  "server-error": { kind: "status", status: 503, effect: false },
  "server-error-after-effect": { kind: "status", status: 502, effect: true },
  "rate-limited": { kind: "status", status: 429, headers: { "retry-after": "2" }, effect: false },
  malformed: { kind: "garbage" },
} satisfies Partial<Record<Fault, HttpFault>>;

/** A simulator that takes rules. */
interface Faulty<Operation extends string> {
  inject(rule: { readonly fault: HttpFault; readonly operation?: Operation; readonly times?: number }): void;
  clearFaults(): void;
}

/** Injects at the request in which a verb's fault strikes: the one with the effect, or the first. */
export function httpFaultControl<Operation extends string>(
  simulator: Faulty<Operation>,
  faults: Readonly<Record<Fault, HttpFault>>,
  operations: Readonly<Partial<Record<FaultyVerb, Operation>>>,
): FaultControl {
  return {
    supported: FAULTS,
    inject: (fault, verb, times = 1) => {
      simulator.clearFaults();
      const operation = verb === undefined ? undefined : operations[verb];
      simulator.inject({ fault: faults[fault], times, ...(operation === undefined ? {} : { operation }) });
    },
    clear: () => simulator.clearFaults(),
  };
}
