import { toUsd } from "../model/money.js";
import type { Workload } from "../model/workload.js";
import type { TimeValue } from "../spec/policy.js";

/** What time is worth to the ready-made policies. All in USD; every field has a default that the policy documents. */
export interface TimeValueOptions {
  /** Waiting for the result of batch work, per hour. */
  readonly waitingUsdPerHour?: number;
  /** Waiting for the start *and* for the result of interactive work, per hour: somebody sits there. */
  readonly interactiveUsdPerHour?: number;
  /** Per hour of expected lateness after a deadline. */
  readonly latenessUsdPerHour?: number;
  /** Once for a result that never comes, or comes after the deadline. Default: the workload's `maxCost`, since that is what it is worth at least. */
  readonly missUsd?: number;
}

/** Worth of a result of which nothing is known: 10 USD. An assumption; a workload's `maxCost` or the option replaces it. */
const DEFAULT_MISS_USD = 10;

/** The value function of the ready-made policies. */
export function timeValue(
  options: TimeValueOptions,
  defaults: Required<Omit<TimeValueOptions, "missUsd">>,
): (workload: Workload) => TimeValue {
  const { waitingUsdPerHour, interactiveUsdPerHour, latenessUsdPerHour } = { ...defaults, ...options };
  return (workload) => {
    const interactive = workload.latency === "interactive";
    return {
      waitingUsdPerHour: interactive ? interactiveUsdPerHour : waitingUsdPerHour,
      startUsdPerHour: interactive ? interactiveUsdPerHour : 0,
      latenessUsdPerHour,
      missUsd: options.missUsd ?? (workload.maxCost === undefined ? DEFAULT_MISS_USD : toUsd(workload.maxCost)),
    };
  };
}
