import type { Policy } from "../spec/policy.js";
import { hedgeWhenLate } from "./hedge-when-late.js";
import { DEFAULT_RETRY } from "./retry.js";
import { type TimeValueOptions, timeValue } from "./time-value.js";
import { type VerifyOptions, verifyPermissionless } from "./verify-permissionless.js";

export interface FastestOptions extends TimeValueOptions, VerifyOptions {
  /** A second attempt is started once the first has run for so many times its expected duration. `false`: never. Default 1.5. */
  readonly hedgeFactor?: number | false;
}

/**
 * The soonest result; money decides between equals only. Failures and slow starts count as the time they cost.
 * Defaults: 1,000 USD per hour of waiting, batch or interactive.
 */
export function fastest(options: FastestOptions = {}): Policy {
  const hedgeFactor = options.hedgeFactor ?? 1.5;
  return {
    name: "fastest",
    filters: [],
    penalties: [],
    value: timeValue(options, { waitingUsdPerHour: 1_000, interactiveUsdPerHour: 1_000, latenessUsdPerHour: 1_000 }),
    retry: DEFAULT_RETRY,
    selection: { kind: "draw" },
    verification: verifyPermissionless(options, "value-at-risk"),
    ...(hedgeFactor === false ? {} : { hedge: hedgeWhenLate(hedgeFactor) }),
    // A plan that is expected to take five times its work is not the fastest of anything.
    maxBilledRatio: 5,
  };
}
