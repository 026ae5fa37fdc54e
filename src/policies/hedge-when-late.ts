import type { HedgeView } from "../spec/policy.js";

/**
 * A policy's `hedge`: a second attempt elsewhere once the first has run for `factor` times as long as expected, so that one
 * slow machine does not hold the result up. One hedge per run at a time.
 *
 * @param factor > 0. Smaller hedges earlier and costs more.
 */
export function hedgeWhenLate(factor: number): (view: HedgeView) => "hedge" | undefined {
  return ({ workload, attempts, nowMs }) => {
    const active = attempts.filter(({ state }) => state !== "done");
    const [only] = active;
    if (active.length !== 1 || only?.startedAtMs === undefined || only.purpose === "hedge") return undefined;
    return nowMs - only.startedAtMs > factor * workload.expectedDurationMs ? "hedge" : undefined;
  };
}
