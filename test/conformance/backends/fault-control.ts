import { FAULTS, type Fault, type FaultControl, type FaultyVerb } from "../../../src/conformance/backend/index.js";

/** A simulator that takes rules. */
interface Faulty<Wrong, Operation extends string> {
  inject(rule: { readonly fault: Wrong; readonly operation?: Operation; readonly times?: number }): void;
  clearFaults(): void;
}

/** Injects at the request in which a verb's fault strikes: the one with the effect, or the first. */
export function faultControl<Wrong, Operation extends string>(
  simulator: Faulty<Wrong, Operation>,
  faults: Readonly<Record<Fault, Wrong>>,
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
