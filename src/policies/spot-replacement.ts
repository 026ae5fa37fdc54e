import type { Offer } from "../model/offer.js";
import type { Policy } from "../spec/policy.js";
import { DEFAULT_RETRY } from "./retry.js";
import { filter, penalty } from "./rules.js";
import { type TimeValueOptions, timeValue } from "./time-value.js";
import { type VerifyOptions, verifyPermissionless } from "./verify-permissionless.js";

export interface SpotReplacementOptions extends TimeValueOptions, VerifyOptions {
  /** Surcharge on steady capacity while there is time, as a share of its cost. Default 0.5. */
  readonly steadySurcharge?: number;
  /** Steady capacity loses its surcharge once less than so many expected durations are left. Default 2. */
  readonly urgentBelow?: number;
}

/**
 * Decentralised and reclaimable machines take the place of a cloud's spot capacity: interruptible work runs on what can vanish,
 * and moves to steady machines when the deadline comes near. Work that must not be interrupted stays on steady capacity of
 * known operators from the start.
 */
export function spotReplacement(options: SpotReplacementOptions = {}): Policy {
  const surcharge = options.steadySurcharge ?? 0.5;
  const urgentBelow = options.urgentBelow ?? 2;
  return {
    name: "spot-replacement",
    filters: [
      filter("steady-work", ({ workload, offer }) =>
        workload.interruptible || isSteady(offer)
          ? undefined
          : `uninterruptible work stays on steady machines of operators of class self or single; found ${found(offer)}`,
      ),
    ],
    penalties: [
      penalty("steady-capacity", ({ workload, offer, costUsd, expectedHours, timeLeftMs }) => {
        if (!workload.interruptible || !isSteady(offer)) return 0;
        const urgent = timeLeftMs !== undefined && timeLeftMs < urgentBelow * expectedHours * 3_600_000;
        return urgent ? 0 : surcharge * costUsd;
      }),
    ],
    value: timeValue(options, { waitingUsdPerHour: 0.05, interactiveUsdPerHour: 60, latenessUsdPerHour: 10 }),
    // Reclaims are the normal case here; checkpointed ones do not even count.
    retry: { ...DEFAULT_RETRY, maxFailures: 10 },
    selection: { kind: "draw" },
    verification: verifyPermissionless(options, "value-at-risk"),
    maxBilledRatio: 20,
  };
}

const isSteady = ({ interruptible, trust }: Offer): boolean => !interruptible && (trust.operator === "self" || trust.operator === "single");

const found = ({ interruptible, trust }: Offer): string =>
  interruptible ? "a reclaimable machine" : `an operator of class ${trust.operator}`;
