import type { EstimatePrior, NodeEstimate } from "./estimate.js";
import type { Evidence } from "./evidence.js";
import type { TrustPriors } from "./priors.js";

/** Faded evidence lighter than this (a single fact four half-lives old) is as good as none: the scope above answers. */
const LEAST_EVIDENCE = 0.05;

/** Least standard deviation assumed of start times: a minute. */
const LEAST_START_DEVIATION_HOURS = 1 / 60;

interface Beta {
  alpha: number;
  beta: number;
}

interface Spread {
  /** Posterior mean. */
  mean: number;
  /** Variance of a single sample. */
  sample: number;
  /** Variance of the mean. */
  variance: number;
  n: number;
}

/**
 * Posteriors from evidence along scopes, widest first. At each scope the wider one's mean counts as `m` pseudo-observations
 * beside the scope's own evidence. A scope without evidence is passed over: an unknown node is taken as a typical one of the
 * narrowest scope that is known. (Made wide merely for being unknown, the luckiest of 10,000 strangers' draws would win every
 * decision.)
 *
 * Works on records of its own and changes them in place: it is asked for every offer of every decision.
 */
export function posterior(
  scopes: readonly Evidence[],
  prior: EstimatePrior,
  priors: TrustPriors,
  wrong: number,
  nowMs: number,
): NodeEstimate {
  const classPriors = priors.classes[prior.operator];
  const m = priors.pseudoObservations;
  const a0 = priors.hazardShape;
  const hazardPerHour = prior.hazardPerHour ?? (prior.interruptible ? priors.interruptibleHazardPerHour : classPriors.hazardPerHour);
  const startHours = prior.setupHours ?? priors.startHours;
  const success = { alpha: m * classPriors.success, beta: m * (1 - classPriors.success) };
  const launch = { alpha: m * classPriors.launch, beta: m * (1 - classPriors.launch) };
  // A seller's "never" is a claim like any other: once in a million hours.
  const hazard = { a: a0, b: a0 / Math.max(1e-6, hazardPerHour) };
  const slowness = initial(0, classPriors.slownessDeviation, m);
  const start = initial(startHours, Math.max(LEAST_START_DEVIATION_HOURS, priors.startSpread * startHours), m);

  for (const evidence of scopes) {
    const weight = evidence.weight(nowMs);
    shrinkBeta(success, weight * evidence.successes, weight * evidence.failures, m);
    shrinkBeta(launch, weight * evidence.launches, weight * evidence.launchFailures, m);
    const upHours = weight * evidence.upHours;
    const interruptions = weight * evidence.interruptions;
    if (upHours + interruptions >= LEAST_EVIDENCE) {
      hazard.b = (a0 * hazard.b) / hazard.a + upHours;
      hazard.a = a0 + interruptions;
    }
    shrinkSpread(slowness, weight * evidence.slowness, weight * evidence.slownessSum, weight * evidence.slownessSquares, m);
    shrinkSpread(start, weight * evidence.starts, weight * evidence.startSum, weight * evidence.startSquares, m);
  }
  const claimed = prior.speed === undefined ? 0 : Math.log(prior.speed);
  return {
    success,
    launch,
    hazard,
    slowness: { mean: slowness.mean - claimed, variance: slowness.variance, n: slowness.n },
    start: { mean: Math.max(0, start.mean), variance: start.variance },
    wrong,
  };
}

function shrinkBeta(belief: Beta, ok: number, failed: number, m: number): void {
  if (ok + failed < LEAST_EVIDENCE) return;
  const mean = belief.alpha / (belief.alpha + belief.beta);
  belief.alpha = m * mean + ok;
  belief.beta = m * (1 - mean) + failed;
}

const initial = (mean: number, deviation: number, m: number): Spread => {
  const sample = deviation * deviation;
  return { mean, sample, variance: sample / m, n: 0 };
};

/** Normal mean and variance, both shrunk to the wider scope's with the weight of `m` samples (normal-inverse-gamma update). */
function shrinkSpread(belief: Spread, n: number, sum: number, squares: number, m: number): void {
  if (n < LEAST_EVIDENCE) return;
  const own = sum / n;
  const away = own - belief.mean;
  const scatter = Math.max(0, squares - n * own * own);
  belief.sample = (m * belief.sample + scatter + (m * n * away * away) / (m + n)) / (m + n);
  belief.mean = (m * belief.mean + sum) / (m + n);
  belief.variance = belief.sample / (m + n);
  belief.n = n;
}
