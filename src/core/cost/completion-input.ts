import type { Billing } from "../../model/offer.js";

/** Checkpointing of one workload on one backend. Hours and GB. */
export interface CheckpointInput {
  /** Time between checkpoints, at least a minute. Absent: the best even cut, near Young's interval. */
  readonly everyHours?: number;
  /** Time that writing one costs (`dl`). */
  readonly costHours: number;
  /** Time that restoring one costs (`r`). */
  readonly restoreHours: number;
  readonly sizeGB: number;
}

/** What one completed run on one backend is made of. Hours, USD, GB; everything optional defaults to 0. */
export interface CompletionInput {
  /** Work on this node: reference work / speed (`w`). */
  readonly workHours: number;
  /** Billed set-up of every launch: pulling the image, staging in (`S`). */
  readonly setupHours?: number;
  /** Billed upload of the outputs (`U`). */
  readonly uploadHours?: number;
  /** Absent: an interrupted attempt starts again from the beginning. */
  readonly checkpoint?: CheckpointInput;
  /** Interruptions per billed hour (`lam`). */
  readonly hazardPerHour: number;
  /** Billed time between a failure and its detection (`b`). */
  readonly detectionHours?: number;
  readonly usdPerHour: number;
  /** Relative spread of paying: swap, gas, card fee (`f`). */
  readonly spread?: number;
  /** Probability that a launch comes to nothing, in [0, 1) (`phi0`), and what that costs (`k0`). */
  readonly launchFailureProbability?: number;
  readonly launchFailureUsd?: number;
  /** Fixed cost per launch (`k`). */
  readonly usdPerLaunch?: number;
  /** Inputs are read again by every launch. */
  readonly inputGB?: number;
  readonly inputUsdPerGB?: number;
  /** Outputs are written once. */
  readonly outputGB?: number;
  readonly outputUsdPerGB?: number;
  /** Price of moving a checkpoint to the next node after an interruption. */
  readonly checkpointUsdPerGB?: number;
  /** What an interruption costs besides (`c`). */
  readonly operationsUsdPerFailure?: number;
  readonly storageUsd?: number;
  /** A plan with more expected billed hours than this is infeasible. Absent: a million, over a century. */
  readonly maxBilledHours?: number;
  /** Granularity, minimum and prepayment. Absent: billed exactly as used. */
  readonly billing?: Billing;
  /** Prepaid without refund: time booked per lease. Ignored otherwise. */
  readonly bookedHours?: number;
}

/** First field that is NaN, negative or infinite. Asked for every candidate of a decision, so the good case is one plain expression. */
export function impossibleField(input: CompletionInput): string | undefined {
  const { checkpoint } = input;
  const fine =
    possible(input.workHours) &&
    possible(input.setupHours) &&
    possible(input.uploadHours) &&
    possible(input.hazardPerHour) &&
    possible(input.detectionHours) &&
    possible(input.usdPerHour) &&
    possible(input.spread) &&
    possible(input.launchFailureProbability) &&
    possible(input.launchFailureUsd) &&
    possible(input.usdPerLaunch) &&
    possible(input.inputGB) &&
    possible(input.inputUsdPerGB) &&
    possible(input.outputGB) &&
    possible(input.outputUsdPerGB) &&
    possible(input.checkpointUsdPerGB) &&
    possible(input.operationsUsdPerFailure) &&
    possible(input.storageUsd) &&
    possible(input.bookedHours) &&
    (checkpoint === undefined ||
      (possible(checkpoint.everyHours) &&
        possible(checkpoint.costHours) &&
        possible(checkpoint.restoreHours) &&
        possible(checkpoint.sizeGB)));
  if (fine) return undefined;
  const { maxBilledHours: _, ...checked } = input;
  return impossibleIn(checked) ?? `checkpoint.${impossibleIn(checkpoint ?? {})}`;
}

const possible = (value: number | undefined): boolean => value === undefined || (value >= 0 && value < Number.POSITIVE_INFINITY);

const impossibleIn = (fields: object): string | undefined =>
  Object.entries(fields).find(([, value]) => typeof value === "number" && !possible(value))?.[0];
