import { drawBeta, drawGamma, drawNormal, type Random } from "../random.js";
import type { NodeEstimate, NodeParameters } from "./estimate.js";
import { gammaQuantile, logNormal, normalQuantile, wilsonBound } from "./quantile.js";

/**
 * Draws are kept within this many standard deviations (the 0.1 % and 99.9 % quantiles of a normal distribution). That makes
 * {@link optimisticParameters} a bound which no draw can beat, so that placement may skip drawing for hopeless offers.
 */
const DRAW_LIMIT_Z = 3.0902;

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** One guess at the node's true parameters, drawn from what is believed of them (Thompson sampling). Seven draws. */
export function drawParameters(e: NodeEstimate, random: Random): NodeParameters {
  const success = drawBeta(e.success.alpha, e.success.beta, random);
  const launch = drawBeta(e.launch.alpha, e.launch.beta, random);
  const hazard = drawGamma(e.hazard.a, e.hazard.b, random);
  const slownessZ = clamp(drawNormal(random), -DRAW_LIMIT_Z, DRAW_LIMIT_Z);
  const startZ = clamp(drawNormal(random), -DRAW_LIMIT_Z, DRAW_LIMIT_Z);
  return {
    successProbability: clamp(success, wilsonBound(e.success, -DRAW_LIMIT_Z), wilsonBound(e.success, DRAW_LIMIT_Z)),
    launchProbability: clamp(launch, wilsonBound(e.launch, -DRAW_LIMIT_Z), wilsonBound(e.launch, DRAW_LIMIT_Z)),
    hazardPerHour: clamp(hazard, gammaQuantile(e.hazard, -DRAW_LIMIT_Z), gammaQuantile(e.hazard, DRAW_LIMIT_Z)),
    speed: speedAt(e, slownessZ),
    startHours: startAt(e, startZ),
  };
}

/**
 * Each parameter at its unfavourable `quantile` in (0, 1): 0.8 means that with probability 80 % the truth is better. 0.5 is
 * close to the middle. Deterministic, so it explores nothing. Success and launch by Wilson's bound.
 */
export function quantileParameters(e: NodeEstimate, quantile: number): NodeParameters {
  return parametersAt(e, normalQuantile(quantile));
}

/**
 * The best parameters that {@link drawParameters} can give: in every field at least as favourable as any draw. Cheap (no
 * iteration, no draw), because placement asks for it for every offer.
 */
export function optimisticParameters(e: NodeEstimate): NodeParameters {
  return parametersAt(e, -DRAW_LIMIT_Z);
}

/** The expected parameters. `speed` is the one at which the *expected duration* results (mean of the log-normal slowness). */
export function meanParameters(e: NodeEstimate): NodeParameters {
  return {
    successProbability: e.success.alpha / (e.success.alpha + e.success.beta),
    launchProbability: e.launch.alpha / (e.launch.alpha + e.launch.beta),
    hazardPerHour: e.hazard.a / e.hazard.b,
    speed: Math.exp(-(e.slowness.mean + e.slowness.variance / 2)),
    startHours: Math.max(0, e.start.mean),
  };
}

/** Every parameter `z` standard deviations to the bad side. */
function parametersAt(e: NodeEstimate, z: number): NodeParameters {
  return {
    successProbability: wilsonBound(e.success, -z),
    launchProbability: wilsonBound(e.launch, -z),
    hazardPerHour: gammaQuantile(e.hazard, z),
    speed: speedAt(e, z),
    startHours: startAt(e, z),
  };
}

const speedAt = (e: NodeEstimate, z: number): number => Math.exp(-(e.slowness.mean + Math.sqrt(e.slowness.variance) * z));

function startAt(e: NodeEstimate, z: number): number {
  const { mu, sigma } = logNormal(e.start.mean, e.start.variance);
  return Math.exp(mu + sigma * z);
}
