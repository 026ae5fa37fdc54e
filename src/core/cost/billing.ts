import type { Billing } from "../../model/offer.js";

const MS_PER_HOUR = 3_600_000;

/** Open hours of one lease as they are billed: at least the minimum, rounded up to the granularity. */
export function billedHoursOf(openHours: number, billing: Billing): number {
  const least = Math.max(openHours, billing.minimumMs / MS_PER_HOUR);
  const step = billing.granularityMs / MS_PER_HOUR;
  // A tiny overhang is a rounding error of the division, not another step.
  return step > 0 ? Math.max(least, Math.ceil(least / step - 1e-9) * step) : least;
}

/** What {@link roundingHours} needs to know of a plan. Hours. */
export interface RoundingInput {
  readonly billing: Billing | undefined;
  readonly hazardPerHour: number;
  /** Length of the lease when nothing goes wrong. */
  readonly undisturbedHours: number;
  /** Checkpointed: the last lease after an interruption is shorter than an undisturbed one. */
  readonly checkpointed: boolean;
  /** Expected interruptions, that is leases beside the successful one. */
  readonly interruptions: number;
  readonly detectionHours: number;
  /** Time booked per lease, for prepaid billing without refund. */
  readonly bookedHours: number | undefined;
}

/**
 * Expected hours billed beyond the open ones: rounding up, minimum, and booked time that does not come back. Exact for the
 * lease that is not interrupted (and for the last one without checkpoints, which runs as long). An interrupted lease ends
 * anywhere within a step, so it loses half a step on average, or what is missing to the minimum.
 */
export function roundingHours(input: RoundingInput): number {
  const { billing, undisturbedHours, interruptions } = input;
  if (billing === undefined) return 0;
  const halfStep = billing.granularityMs / MS_PER_HOUR / 2;
  const keeps = billing.prepaid && billing.refund === "none";
  const minimum = keeps ? Math.max(billing.minimumMs / MS_PER_HOUR, input.bookedHours ?? 0) : billing.minimumMs / MS_PER_HOUR;
  const undisturbed = Math.max(billedHoursOf(undisturbedHours, billing), minimum) - undisturbedHours;
  if (interruptions === 0) return undisturbed;
  const interrupted = Math.max(halfStep, shortfall(Math.max(0, minimum - input.detectionHours), undisturbedHours, input.hazardPerHour));
  const last = input.checkpointed ? Math.max(halfStep, minimum - undisturbedHours / 2) : undisturbed;
  const calm = Math.exp(-input.hazardPerHour * undisturbedHours);
  return calm * undisturbed + (1 - calm) * last + interruptions * interrupted;
}

/** Mean of what is missing to `minimum` when a lease is interrupted at an exponential time before `length`. */
function shortfall(minimum: number, length: number, hazard: number): number {
  const within = Math.min(minimum, length);
  const beyond = minimum - within;
  if (within === 0) return beyond;
  if (hazard * length < 1e-6) return beyond + (within * within) / (2 * length);
  const before = within + Math.expm1(-hazard * within) / hazard;
  return beyond + before / -Math.expm1(-hazard * length);
}
