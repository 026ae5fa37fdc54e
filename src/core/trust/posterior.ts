import type { EstimatePrior, NodeEstimate } from "./estimate.js";
import type { Evidence } from "./evidence.js";
import type { TrustPriors } from "./priors.js";

/** Faded evidence lighter than this (a single fact four half-lives old) is as good as none: the scope above answers. */
const LEAST_EVIDENCE = 0.05;

/** Least standard deviation assumed of start times: a minute. */
const LEAST_START_DEVIATION_HOURS = 1 / 60;

interface Spread {
  /** Posterior mean. */
  readonly mean: number;
  /** Variance of a single sample. */
  readonly sample: number;
  /** Variance of the mean. */
  readonly variance: number;
  readonly n: number;
}

/**
 * Posteriors from evidence along scopes, widest first. At each scope the wider one's mean counts as `m` pseudo-observations
 * beside the scope's own evidence. A scope without evidence is passed over: an unknown node is taken as a typical one of the
 * narrowest scope that is known. (Made wide merely for being unknown, the luckiest of 10,000 strangers' draws would win every
 * decision.)
 */
export function posterior(
  scopes: readonly Evidence[],
  prior: EstimatePrior,
  priors: TrustPriors,
  nowMs: number,
): Omit<NodeEstimate, "wrong"> {
  const classPriors = priors.classes[prior.operator];
  const m = priors.pseudoObservations;
  const a0 = priors.hazardShape;
  const hazardPerHour = prior.hazardPerHour ?? (prior.interruptible ? priors.interruptibleHazardPerHour : classPriors.hazardPerHour);
  // A seller's "never" is a claim like any other: once in a million hours.
  let hazard = { a: a0, b: a0 / Math.max(1e-6, hazardPerHour) };
  let success = { alpha: m * classPriors.success, beta: m * (1 - classPriors.success) };
  let launch = { alpha: m * classPriors.launch, beta: m * (1 - classPriors.launch) };
  let slowness = initial(0, classPriors.slownessDeviation ** 2, m);
  const startHours = prior.setupHours ?? priors.startHours;
  let start = initial(startHours, Math.max(LEAST_START_DEVIATION_HOURS, priors.startSpread * startHours) ** 2, m);

  for (const evidence of scopes) {
    const weight = evidence.weight(nowMs);
    success = shrunkBeta(success, weight * evidence.successes, weight * evidence.failures, m);
    launch = shrunkBeta(launch, weight * evidence.launches, weight * evidence.launchFailures, m);
    const upHours = weight * evidence.upHours;
    const interruptions = weight * evidence.interruptions;
    if (upHours + interruptions >= LEAST_EVIDENCE) hazard = { a: a0 + interruptions, b: (a0 * hazard.b) / hazard.a + upHours };
    slowness = shrunkSpread(slowness, weight * evidence.slowness, weight * evidence.slownessSum, weight * evidence.slownessSquares, m);
    start = shrunkSpread(start, weight * evidence.starts, weight * evidence.startSum, weight * evidence.startSquares, m);
  }
  return {
    success,
    launch,
    hazard,
    slowness: { mean: slowness.mean - Math.log(prior.speed ?? 1), variance: slowness.variance, n: slowness.n },
    start: { mean: Math.max(0, start.mean), variance: start.variance },
  };
}

function shrunkBeta(wider: { alpha: number; beta: number }, ok: number, failed: number, m: number): { alpha: number; beta: number } {
  if (ok + failed < LEAST_EVIDENCE) return wider;
  const mean = wider.alpha / (wider.alpha + wider.beta);
  return { alpha: m * mean + ok, beta: m * (1 - mean) + failed };
}

const initial = (mean: number, sample: number, m: number): Spread => ({ mean, sample, variance: sample / m, n: 0 });

/** Normal mean and variance, both shrunk to the wider scope's with the weight of `m` samples (normal-inverse-gamma update). */
function shrunkSpread(wider: Spread, n: number, sum: number, squares: number, m: number): Spread {
  if (n < LEAST_EVIDENCE) return wider;
  const mean = (m * wider.mean + sum) / (m + n);
  const own = sum / n;
  const scatter = Math.max(0, squares - n * own * own);
  const shift = (m * n * (own - wider.mean) ** 2) / (m + n);
  const sample = (m * wider.sample + scatter + shift) / (m + n);
  return { mean, sample, variance: sample / (m + n), n };
}
