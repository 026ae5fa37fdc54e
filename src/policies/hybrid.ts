import type { Workload } from "../model/workload.js";
import type { Policy } from "../spec/policy.js";
import { DEFAULT_RETRY } from "./retry.js";
import { filter } from "./rules.js";
import { type TimeValueOptions, timeValue } from "./time-value.js";
import { type VerifyOptions, verifyPermissionless } from "./verify-permissionless.js";

export interface HybridOptions extends TimeValueOptions, VerifyOptions {
  /** Which workloads stay on machines of the caller or of one company under contract. Default {@link needsTrust}. */
  readonly trustedFor?: (workload: Workload) => boolean;
}

/**
 * The default policy: regulated, sensitive and latency-critical work stays on trusted machines; fault-tolerant batch work goes
 * wherever a finished result costs least. Results of permissionless machines are checked by quorum when the workload says what a
 * wrong one would cost.
 *
 * Defaults: batch waiting 0.05 USD/h, interactive 60 USD/h to the start and again to the result, lateness 10 USD/h, a missed
 * result costs the workload's `maxCost` or 10 USD.
 */
export function hybrid(options: HybridOptions = {}): Policy {
  const trustedFor = options.trustedFor ?? needsTrust;
  return {
    name: "hybrid",
    filters: [
      filter("trusted-operators", ({ workload, offer }) => {
        const { operator } = offer.trust;
        if (operator === "self" || operator === "single" || !trustedFor(workload)) return undefined;
        const why = isSensitive(workload)
          ? `${workload.data.sensitivity} data`
          : workload.latency === "interactive"
            ? "interactive work"
            : "this work";
        return `${why} stays on operators of class self or single; this one is ${operator}`;
      }),
    ],
    penalties: [],
    value: timeValue(options, { waitingUsdPerHour: 0.05, interactiveUsdPerHour: 60, latenessUsdPerHour: 10 }),
    retry: DEFAULT_RETRY,
    selection: { kind: "draw" },
    verification: verifyPermissionless(options, "value-at-risk"),
    maxBilledRatio: 20,
  };
}

/** Regulated or sensitive data (confidential and above), or somebody waiting in front of a screen. */
export function needsTrust(workload: Workload): boolean {
  return workload.latency === "interactive" || isSensitive(workload);
}

const isSensitive = ({ data }: Workload): boolean => data.sensitivity !== "public" && data.sensitivity !== "internal";
