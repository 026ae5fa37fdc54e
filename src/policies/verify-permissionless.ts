import type { Offer } from "../model/offer.js";
import type { VerificationRequest, Workload } from "../model/workload.js";

/** How results of machines that anybody may run are checked by default. */
export interface VerifyOptions {
  /**
   * `value-at-risk`: when the workload says what a wrong result would cost. `always`: whenever there are outputs to compare.
   * `never`: only when the workload itself asks.
   */
  readonly verify?: "value-at-risk" | "always" | "never";
  /** Accepted probability of a wrong result, in (0, 0.5). Default 0.001. */
  readonly maxErrorProbability?: number;
  /** Most results bought before giving up. Default 7. */
  readonly maxReplicas?: number;
}

/** A policy's `verification`: a quorum on permissionless machines, where results can be compared at all. */
export function verifyPermissionless(options: VerifyOptions, verify: NonNullable<VerifyOptions["verify"]>) {
  const when = options.verify ?? verify;
  const quorum: VerificationRequest = {
    kind: "quorum",
    maxErrorProbability: options.maxErrorProbability ?? 0.001,
    maxReplicas: options.maxReplicas ?? 7,
  };
  const none: VerificationRequest = { kind: "none" };
  return (workload: Workload, offer: Offer): VerificationRequest => {
    if (when === "never" || offer.trust.operator !== "permissionless" || !hasOutputs(workload)) return none;
    return when === "always" || (workload.valueAtRiskUsd ?? 0) > 0 ? quorum : none;
  };
}

function hasOutputs(workload: Workload): boolean {
  for (const _ in workload.outputs) return true;
  return false;
}
