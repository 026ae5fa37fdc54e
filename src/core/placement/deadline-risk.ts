/** What the probability of a miss depends on. Hours. */
export interface DeadlineRiskInput {
  /** Until the deadline; absent without one. May be negative. */
  readonly hoursLeft: number | undefined;
  /** Length of an undisturbed attempt: start, work and upload. */
  readonly attemptHours: number;
  readonly hazardPerHour: number;
  readonly launchProbability: number;
  /** Of an attempt that is not interrupted. */
  readonly successProbability: number;
  /** Failures that the retry policy still allows, at least 1. */
  readonly attemptsLeft: number;
  /** Time lost by one interruption when checkpoints exist: start, restore and half an interval. Absent without checkpoints. */
  readonly interruptionHours: number | undefined;
}

/** The Poisson sum stops here: more interruptions than this within one attempt are a failure by any measure. */
const MOST_INTERRUPTIONS = 50;

/**
 * Probability that no result is there by the deadline, or ever, when every retry finds a place like this one.
 *
 * Without checkpoints an attempt must get through undisturbed, and as many attempts are counted as fit one after another in
 * full: `q^n`. With checkpoints the slack pays for so many interruptions of a Poisson number; other faults start again from the
 * beginning. A rough model, on the pessimistic side: a failed attempt is taken to fail at its end.
 */
export function missProbability(input: DeadlineRiskInput): number {
  const { hoursLeft, attemptHours, hazardPerHour, launchProbability, successProbability, attemptsLeft, interruptionHours } = input;
  if (hoursLeft !== undefined && attemptHours > hoursLeft) return 1;
  const fitting =
    hoursLeft === undefined || attemptHours <= 0 ? attemptsLeft : Math.min(attemptsLeft, Math.floor(hoursLeft / attemptHours));
  const works = launchProbability * successProbability;
  const mean = hazardPerHour * attemptHours;
  if (interruptionHours === undefined) return (1 - works * Math.exp(-mean)) ** fitting;
  const endures =
    hoursLeft === undefined || interruptionHours <= 0 ? 1 : poissonAtMost(Math.floor((hoursLeft - attemptHours) / interruptionHours), mean);
  return 1 - endures * (1 - (1 - works) ** fitting);
}

/** Probability that a Poisson number of this mean is at most `most`. */
function poissonAtMost(most: number, mean: number): number {
  let term = Math.exp(-mean);
  let sum = term;
  for (let k = 1; k <= Math.min(most, MOST_INTERRUPTIONS); k++) {
    term *= mean / k;
    sum += term;
  }
  return most > MOST_INTERRUPTIONS && mean < MOST_INTERRUPTIONS / 2 ? 1 : Math.min(1, sum);
}
