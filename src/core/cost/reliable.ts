/** What turns the cost of one completed run into the cost of one reliable result. */
export interface ReliableInput {
  /** Expected cost of one completed run (`C1`). */
  readonly usdPerRun: number;
  /** Expected results bought by verification (`E[N]`), at least 1. */
  readonly expectedReplicas: number;
  /** Probability that an accepted result is wrong (`err`). */
  readonly errorProbability: number;
  /** Known-answer jobs per real one (`q`). Default 0. */
  readonly canaryRate?: number;
  /** Comparing the results: download and hash of the winner, or the caller's comparator (`C_cmp`). Default 0. */
  readonly comparisonUsd?: number;
  /** Fixed cost of running the backend per workload (`F/M`). Default 0. */
  readonly fixedUsd?: number;
  /** Probability of a result by the deadline (`P_D`). Default 1. */
  readonly deadlineProbability?: number;
}

/** The terms of {@link reliableCost}, USD. They sum to `usd`. */
export interface ReliableParts {
  readonly firstRun: number;
  /** Replicas beyond the first. */
  readonly verification: number;
  readonly canaries: number;
  readonly comparison: number;
  readonly fixed: number;
  /** Spent on results that come too late or are wrong. */
  readonly unreliable: number;
}

export type ReliableCost =
  | { readonly feasible: true; readonly usd: number; readonly parts: ReliableParts; readonly reliableProbability: number }
  | { readonly feasible: false; readonly reason: string };

/**
 * Fully loaded cost per reliable result:
 *
 * `G = [ E[N] C1 (1+q) + C_cmp + F/M ] / [ P_D (1 - err) ]`
 *
 * A ratio of expectations: the long-run spend per reliable result. Infeasible when a reliable result is next to impossible.
 */
export function reliableCost(input: ReliableInput): ReliableCost {
  const reliableProbability = (input.deadlineProbability ?? 1) * (1 - input.errorProbability);
  if (!(reliableProbability > 1e-6)) return { feasible: false, reason: "a right result in time is next to impossible" };
  const runs = input.expectedReplicas * input.usdPerRun;
  const canaries = runs * (input.canaryRate ?? 0);
  const comparison = input.comparisonUsd ?? 0;
  const fixed = input.fixedUsd ?? 0;
  const spend = runs + canaries + comparison + fixed;
  const usd = spend / reliableProbability;
  return {
    feasible: true,
    usd,
    parts: { firstRun: input.usdPerRun, verification: runs - input.usdPerRun, canaries, comparison, fixed, unreliable: usd - spend },
    reliableProbability,
  };
}
