import type { Workload } from "../../model/workload.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { Policy, TimeValue } from "../../spec/policy.js";
import type { CheckpointInput } from "../cost/completion.js";
import { maxLifetimeMs } from "./lifetime.js";
import type { PlacementInput } from "./types.js";

/** Milliseconds in an hour; costs are figured in hours. */
export const HOUR_MS = 3_600_000;
const BYTES_PER_GB = 1e9;

/** Files are taken to move at 100 Mbit/s between an artifact store and a machine: 45 GB an hour. An assumption. */
export const TRANSFER_GB_PER_HOUR = 45;

/** However far a checkpoint claims to be, at least this share of the work is priced: the claim is a stranger's. */
const LEAST_WORK_SHARE = 0.05;

/** No place is believed to fail more often than this; it keeps the price of a hopeless one a number. */
export const LEAST_SUCCESS = 0.01;

/** What every candidate of one decision shares. Hours, USD, GB. */
export interface CostTerms {
  readonly workload: Workload;
  readonly policy: Policy;
  readonly value: TimeValue;
  readonly nowMs: number;
  readonly timeLeftMs: number | undefined;
  /** Work on the reference machine. */
  readonly workHours: number;
  readonly inputGB: number;
  readonly outputGB: number;
  /** Of backends that {@link inputEgressByBackend} does not name; {@link inputEgressTo} tells that of one. */
  readonly inputEgressUsdPerGB: number;
  readonly inputEgressByBackend: Readonly<Record<string, number>> | undefined;
  readonly checkpoint: CheckpointInput | undefined;
  readonly attemptsLeft: number;
  readonly lifetimeHours: number;
  readonly valueAtRiskUsd: number;
  readonly availableUsd: number | undefined;
}

/** Terms of a decision. `value` is the policy's answer for this workload. */
export function costTerms(input: PlacementInput, policy: Policy, value: TimeValue, availableUsd: number | undefined): CostTerms {
  const { workload, data } = input;
  const { checkpoint } = workload;
  return {
    workload,
    policy,
    value,
    nowMs: input.nowMs,
    timeLeftMs: input.deadlineAtMs === undefined ? undefined : input.deadlineAtMs - input.nowMs,
    workHours: Math.max(LEAST_WORK_SHARE * workload.expectedDurationMs, workload.expectedDurationMs - (input.workDoneMs ?? 0)) / HOUR_MS,
    inputGB: data.inputBytes / BYTES_PER_GB,
    outputGB: data.outputBytes / BYTES_PER_GB,
    inputEgressUsdPerGB: data.inputEgressUsdPerGB,
    inputEgressByBackend: data.inputEgressByBackend,
    checkpoint:
      checkpoint === undefined
        ? undefined
        : {
            ...(checkpoint.everyMs === undefined ? {} : { everyHours: checkpoint.everyMs / HOUR_MS }),
            costHours: checkpoint.costMs / HOUR_MS,
            restoreHours: checkpoint.restoreMs / HOUR_MS,
            sizeGB: checkpoint.sizeBytes / BYTES_PER_GB,
          },
    attemptsLeft: Math.max(1, policy.retry.maxFailures - input.failures),
    lifetimeHours: maxLifetimeMs(workload) / HOUR_MS,
    valueAtRiskUsd: workload.valueAtRiskUsd ?? 0,
    availableUsd,
  };
}

/** Price of reading the inputs for one backend, USD per GB. */
export const inputEgressTo = (terms: CostTerms, backend: string): number =>
  terms.inputEgressByBackend?.[backend] ?? terms.inputEgressUsdPerGB;

/** What every candidate of one backend shares. */
export interface BackendTerms {
  readonly capabilities: Capabilities;
  /** Files cross the network; a `native` backend moves them itself. */
  readonly transfers: boolean;
  readonly detectionHours: number;
  readonly bindHours: number;
}

export function backendTerms(capabilities: Capabilities): BackendTerms {
  return {
    capabilities,
    transfers: capabilities.staging === "wrapper" || capabilities.staging === "sidecar",
    // A failure falls somewhere between two looks; the longer interval is the rule for steady leases.
    detectionHours: capabilities.pollMs.most / HOUR_MS,
    bindHours: capabilities.bindMs / HOUR_MS,
  };
}
