import type { Policy } from "../spec/policy.js";
import { DEFAULT_RETRY } from "./retry.js";
import { type VerifyOptions, verifyPermissionless } from "./verify-permissionless.js";

export interface CheapestOptions extends VerifyOptions {
  /**
   * What it costs, once, not to have the result by the deadline, USD. Default 0: money alone counts, and deadlines do not
   * move a decision.
   */
  readonly missUsd?: number;
}

/**
 * The least expected cost of a finished result, whenever it comes. Still the *fully loaded* cost: lost work, set-up, data movement
 * and verification count, so the lowest list price often loses.
 */
export function cheapest(options: CheapestOptions = {}): Policy {
  const value = { waitingUsdPerHour: 0, startUsdPerHour: 0, latenessUsdPerHour: 0, missUsd: options.missUsd ?? 0 };
  return {
    name: "cheapest",
    filters: [],
    penalties: [],
    value: () => value,
    retry: DEFAULT_RETRY,
    selection: { kind: "draw" },
    verification: verifyPermissionless(options, "value-at-risk"),
    maxBilledRatio: 20,
  };
}
