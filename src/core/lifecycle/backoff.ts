import type { RetryPolicy } from "../../spec/policy.js";

/**
 * Pause before try number `tries + 1`: exponential with full-range jitter in [0.5, 1] of the nominal value, so that
 * many runs that failed together do not come back together.
 *
 * @param tries failures so far, >= 1
 * @param uniform a random number in [0, 1)
 */
export function backoffMs(tries: number, backoff: RetryPolicy["backoff"], uniform: number): number {
  const nominal = Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** Math.min(64, Math.max(0, tries - 1)));
  return Math.round(nominal * (0.5 + 0.5 * uniform));
}

/** The same without jitter for chores of one lease, which are alone anyway. */
export function choreDelayMs(tries: number, firstMs: number, mostMs: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(32, Math.max(0, tries - 1)));
}
