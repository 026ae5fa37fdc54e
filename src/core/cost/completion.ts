import { roundingHours } from "./billing.js";
import { type CompletionInput, impossibleField } from "./completion-input.js";

export type { CheckpointInput, CompletionInput } from "./completion-input.js";
export { type ReliableCost, type ReliableInput, type ReliableParts, reliableCost } from "./reliable.js";

/** The terms of a completed run's expected cost, USD. They sum to `usd`. */
export interface CompletionParts {
  /** The work and the upload, once. */
  readonly compute: number;
  /** The first set-up. */
  readonly setUp: number;
  /** Writing checkpoints, once each. */
  readonly checkpoints: number;
  /** Work, set-ups and restores repeated after interruptions. */
  readonly lostWork: number;
  /** Billed time until failures are noticed. */
  readonly detection: number;
  /** Rounding up to the billing granularity, minimum and booked time. */
  readonly billingRounding: number;
  readonly spread: number;
  /** Fixed cost of launches. */
  readonly launch: number;
  /** Launches that came to nothing. */
  readonly launchFailures: number;
  readonly inputEgress: number;
  readonly outputEgress: number;
  readonly checkpointEgress: number;
  readonly operations: number;
  readonly storage: number;
}

export type CompletionCost =
  | {
      readonly feasible: true;
      /** Expected billed hours (`B` plus detection and rounding). */
      readonly billedHours: number;
      /** Expected launches that ran (`A`): one plus the expected interruptions. */
      readonly runs: number;
      /** Expected cost of one result (`C1`). */
      readonly usd: number;
      readonly parts: CompletionParts;
      /** Interval that was assumed. Absent without checkpoints, or when none would be written. */
      readonly checkpointEveryHours?: number;
    }
  | {
      readonly feasible: false;
      /** For people: what makes it impossible. */
      readonly reason: string;
      /** Expected billed hours, at most {@link BILLED_HOURS_CAP}. */
      readonly billedHours: number;
    };

/** Longest expected billed time that is still a number one can talk about: over a century. Anything longer is infeasible. */
export const BILLED_HOURS_CAP = 1_000_000;

/** `exp(x)` beyond this is treated as out of reach (e^40 hours are 27 trillion years). */
const EXPONENT_CAP = 40;

/** Checkpoints closer together than this do not pay, however little one is said to cost: 1 minute. */
const LEAST_INTERVAL_HOURS = 1 / 60;

/** Young's interval between checkpoints, `sqrt(2 dl / lam)`, within 7 % of the optimum for hazards of 0.02-0.5 per hour. Infinite without hazard. */
export function youngIntervalHours(costHours: number, hazardPerHour: number): number {
  return hazardPerHour <= 0 ? Number.POSITIVE_INFINITY : Math.max(LEAST_INTERVAL_HOURS, Math.sqrt((2 * costHours) / hazardPerHour));
}

/** Daly's interval, which is Young's with two further terms: nearer to the optimum where interruptions are frequent (J. T. Daly 2006). */
function dalyIntervalHours(costHours: number, hazardPerHour: number): number {
  const share = (costHours * hazardPerHour) / 2;
  return share >= 1 ? 1 / hazardPerHour : Math.sqrt((2 * costHours) / hazardPerHour) * (1 + Math.sqrt(share) / 3 + share / 9) - costHours;
}

/**
 * Expected cost of one completed run on one backend, with failures, restarts and data movement priced in.
 *
 * ```
 * B  = (e^{lam S} - 1)/lam + e^{lam (S+r)} [ (n-1)(e^{lam (tau+dl)} - 1) + (e^{lam (l+U)} - 1) ] / lam
 * A  = 1 + lam B
 * C1 = p (1+f) (B + (A-1) b) + A (k + D_in e_in) + A phi0/(1-phi0) k0 + (A-1) (c + D_ck e_ck) + D_out e_out + storage
 * ```
 *
 * Interruptions are a Poisson process in billed time; a segment that fails restarts after set-up and restore, until it is
 * through. Closed form, exact for a known hazard, continuous down to hazard 0. Never answers Infinity or NaN: what is out
 * of reach is infeasible with a reason. Impossible input (negative, NaN) is infeasible too, naming the field.
 */
export function completionCost(input: CompletionInput): CompletionCost {
  const bad = impossibleField(input);
  if (bad !== undefined) return { feasible: false, reason: `${bad} is not a number >= 0`, billedHours: 0 };
  const { workHours, hazardPerHour: hazard, usdPerHour } = input;
  const setupHours = input.setupHours ?? 0;
  const uploadHours = input.uploadHours ?? 0;
  const launchFailure = input.launchFailureProbability ?? 0;
  if (launchFailure >= 1) return { feasible: false, reason: "no launch is expected to succeed", billedHours: 0 };

  const plan = bestPlan(input);
  const occupied = occupiedHours(input, plan);
  const undisturbedHours = setupHours + workHours + uploadHours + plan.full * plan.costHours;
  const most = Math.min(BILLED_HOURS_CAP, input.maxBilledHours ?? BILLED_HOURS_CAP);
  // Before anything is multiplied: Infinity times 0 would be NaN.
  if (!(occupied <= most)) return outOfReach(input, occupied, most);
  const interruptions = hazard * occupied;
  const detectionHours = interruptions * (input.detectionHours ?? 0);
  if (!(occupied + detectionHours <= most)) return outOfReach(input, occupied + detectionHours, most);

  const rounding = roundingHours({
    billing: input.billing,
    hazardPerHour: hazard,
    undisturbedHours,
    checkpointed: plan.full > 0,
    interruptions,
    detectionHours: input.detectionHours ?? 0,
    bookedHours: input.bookedHours,
  });
  const billedHours = occupied + detectionHours + rounding;
  if (!(billedHours <= most)) return outOfReach(input, billedHours, most);
  const runs = 1 + interruptions;
  const parts: CompletionParts = {
    compute: usdPerHour * (workHours + uploadHours),
    setUp: usdPerHour * setupHours,
    checkpoints: usdPerHour * plan.full * plan.costHours,
    // Rounding errors could make it -1e-16 where nothing is lost.
    lostWork: usdPerHour * Math.max(0, occupied - undisturbedHours),
    detection: usdPerHour * detectionHours,
    billingRounding: usdPerHour * rounding,
    spread: usdPerHour * billedHours * (input.spread ?? 0),
    launch: runs * (input.usdPerLaunch ?? 0),
    launchFailures: (runs * launchFailure * (input.launchFailureUsd ?? 0)) / (1 - launchFailure),
    inputEgress: runs * (input.inputGB ?? 0) * (input.inputUsdPerGB ?? 0),
    outputEgress: (input.outputGB ?? 0) * (input.outputUsdPerGB ?? 0),
    checkpointEgress: interruptions * (input.checkpoint?.sizeGB ?? 0) * (input.checkpointUsdPerGB ?? 0),
    operations: interruptions * (input.operationsUsdPerFailure ?? 0),
    storage: input.storageUsd ?? 0,
  };
  return {
    feasible: true,
    billedHours,
    runs,
    usd: sum(parts),
    parts,
    ...(plan.full > 0 ? { checkpointEveryHours: plan.everyHours } : {}),
  };
}

/** How the work is cut into stretches between checkpoints. */
interface Segments {
  /** Segments that end with a checkpoint (`n - 1`). */
  readonly full: number;
  readonly everyHours: number;
  /** Work of the last segment, which ends with the result (`l`). */
  readonly lastHours: number;
  readonly costHours: number;
  readonly restoreHours: number;
}

/**
 * A given interval is kept. Otherwise the work is cut evenly, beginning with Daly's interval and moving to the best number
 * of segments nearby. The least over all cuts grows with the hazard and with the work, which a fixed
 * rule does not: placement relies on a smaller hazard never costing more.
 *
 * A checkpoint is counted as taking `lam * (1 min)^2 / 2` at least (0.5 s at one interruption per hour): what is expected to be
 * lost of a minute's work. So free checkpoints are not written without end.
 */
function bestPlan(input: CompletionInput): Segments {
  const { workHours, checkpoint, hazardPerHour } = input;
  const whole = { full: 0, everyHours: 0, lastHours: workHours, costHours: 0, restoreHours: 0 };
  if (checkpoint === undefined || workHours === 0) return whole;
  const { costHours, restoreHours } = checkpoint;
  if (checkpoint.everyHours !== undefined) {
    const everyHours = Math.max(LEAST_INTERVAL_HOURS, checkpoint.everyHours);
    // A tiny overhang is a rounding error of the division, not a segment.
    const full = Math.ceil(workHours / everyHours - 1e-9) - 1;
    return full > 0 ? { full, everyHours, lastHours: Math.max(0, workHours - full * everyHours), costHours, restoreHours } : whole;
  }
  if (hazardPerHour === 0) return whole;
  // What Young's formula answers the least interval for. A bound on the number of cuts would do as well, but let the cost fall where a
  // little more work allows one more.
  const countedHours = Math.max(costHours, (hazardPerHour * LEAST_INTERVAL_HOURS ** 2) / 2);
  const cut = (count: number): Segments => {
    const everyHours = workHours / count;
    return { full: count - 1, everyHours, lastHours: everyHours, costHours: countedHours, restoreHours };
  };
  let count = Math.max(2, Math.round(workHours / dalyIntervalHours(countedHours, hazardPerHour)));
  let best = occupiedHours(input, cut(count));
  for (const step of [1, -1]) {
    for (let next = count + step; next >= 2; next += step) {
      const hours = occupiedHours(input, cut(next));
      if (!(hours < best)) break;
      best = hours;
      count = next;
    }
  }
  return best < occupiedHours(input, whole) ? cut(count) : whole;
}

/** Expected billed hours until the result is there (`B`), or Infinity when they are out of reach. */
function occupiedHours(input: CompletionInput, plan: Segments): number {
  const hazard = input.hazardPerHour;
  const setupHours = input.setupHours ?? 0;
  const overhead = setupHours + plan.restoreHours;
  const segment = plan.everyHours + plan.costHours;
  const last = plan.lastHours + (input.uploadHours ?? 0);
  if (hazard * (overhead + Math.max(segment, last)) > EXPONENT_CAP) return Number.POSITIVE_INFINITY;
  const segments = plan.full * grown(hazard, segment) + grown(hazard, last);
  return grown(hazard, setupHours) + Math.exp(hazard * overhead) * segments;
}

/** `(e^{hazard x} - 1) / hazard`, which tends to `x`: the expected billed time to get through `x` hours without interruption. */
const grown = (hazard: number, hours: number): number => (hazard * hours < 1e-12 ? hours : Math.expm1(hazard * hours) / hazard);

function outOfReach(input: CompletionInput, hours: number, most: number): CompletionCost {
  const billedHours = Math.min(BILLED_HOURS_CAP, hours);
  const said = hours > BILLED_HOURS_CAP ? "over a million" : hours.toPrecision(3);
  const remedy = input.checkpoint === undefined && input.hazardPerHour > 0 ? "; checkpoints or a steadier machine would help" : "";
  return {
    feasible: false,
    reason: `${said} billed hours expected for ${input.workHours.toPrecision(3)} h of work at ${input.hazardPerHour.toPrecision(2)} interruptions per hour, at most ${most.toPrecision(3)} accepted${remedy}`,
    billedHours,
  };
}

const sum = (parts: CompletionParts): number =>
  parts.compute +
  parts.setUp +
  parts.checkpoints +
  parts.lostWork +
  parts.detection +
  parts.billingRounding +
  parts.spread +
  parts.launch +
  parts.launchFailures +
  parts.inputEgress +
  parts.outputEgress +
  parts.checkpointEgress +
  parts.operations +
  parts.storage;
