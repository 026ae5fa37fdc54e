import type { Workload } from "../../model/workload.js";
import type { Capabilities } from "../../spec/capabilities.js";
import { sourceOf } from "./copy-inputs.js";
import { type StagingStore, storeOf } from "./stores.js";

/** Sizes and prices of a workload's files, as placement takes them. */
export interface DataCost {
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Mean over the inputs, by size; the least over all backends. */
  readonly inputEgressUsdPerGB: number;
  /** By backend id. */
  readonly inputEgressByBackend: Readonly<Record<string, number>>;
}

/**
 * What moving a workload's files costs at each backend, but for the machine's own traffic prices, which stand on its offer. Files whose size
 * nobody knows count as empty.
 *
 * @param seenOutputBytes what earlier attempts of the run have produced; 0 while nothing is known
 */
export function dataCost(
  workload: Pick<Workload, "inputs">,
  backends: readonly { readonly backend: string; readonly capabilities: Pick<Capabilities, "staging"> }[],
  stores: readonly StagingStore[],
  seenOutputBytes: number,
): DataCost {
  const inputs = Object.values(workload.inputs);
  const inputBytes = inputs.reduce((sum, { size = 0 }) => sum + size, 0);
  if (inputBytes === 0) return { inputBytes, outputBytes: seenOutputBytes, inputEgressUsdPerGB: 0, inputEgressByBackend: {} };
  const egressFor = (isNear: boolean): number =>
    inputs.reduce(
      (sum, input) => sum + (input.size ?? 0) * (storeOf(sourceOf(input, isNear, stores), stores)?.prices.egressUsdPerGB ?? 0),
      0,
    ) / inputBytes;
  const near = egressFor(true);
  const far = egressFor(false);
  const inputEgressByBackend = Object.fromEntries(
    backends.map(({ backend, capabilities }) => [backend, capabilities.staging === "native" ? near : far]),
  );
  return { inputBytes, outputBytes: seenOutputBytes, inputEgressUsdPerGB: Math.min(near, far), inputEgressByBackend };
}
