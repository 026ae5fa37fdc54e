import type { Policy } from "../spec/policy.js";
import { DEFAULT_RETRY } from "./retry.js";
import { filter } from "./rules.js";
import { type TimeValueOptions, timeValue } from "./time-value.js";
import { type VerifyOptions, verifyPermissionless } from "./verify-permissionless.js";

export interface DecentralizedOptions extends TimeValueOptions, VerifyOptions {
  /** Machines of the caller's own may be used as well. Default false. */
  readonly self?: boolean;
}

/**
 * Decentralised networks only: operators of class `permissionless` or `audited`. Every result that can be compared is verified
 * on permissionless machines (`verify: "always"`). Classes of data still hold: `internal` data, the default, is never shown to a
 * permissionless machine, so say `sensitivity: "public"` where that is true.
 */
export function decentralized(options: DecentralizedOptions = {}): Policy {
  return {
    name: "decentralized",
    filters: [
      filter("decentralized-only", ({ offer }) => {
        const { operator } = offer.trust;
        if (operator === "permissionless" || operator === "audited" || (operator === "self" && options.self === true)) return undefined;
        return `decentralised operators only; this one is of class ${operator}`;
      }),
    ],
    penalties: [],
    value: timeValue(options, { waitingUsdPerHour: 0.05, interactiveUsdPerHour: 60, latenessUsdPerHour: 10 }),
    retry: { ...DEFAULT_RETRY, maxFailures: 6 },
    selection: { kind: "draw" },
    verification: verifyPermissionless(options, "always"),
    maxBilledRatio: 20,
  };
}
