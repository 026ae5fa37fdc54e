import { describe, expect, it } from "vitest";
import { reliableCost } from "../../../../src/core/cost/completion.js";
import { expectedResults, marginError } from "../../../../src/core/verification/margin.js";

describe("reliableCost", () => {
  it("turns 12.841 per voted answer into 12.853 per reliable one, at 3 % liars and two in agreement", () => {
    const expectedReplicas = expectedResults(0.03, 2);
    const cost = reliableCost({ usdPerRun: 12.841 / expectedReplicas, expectedReplicas, errorProbability: marginError(0.03, 2) });
    if (!cost.feasible) throw new Error(cost.reason);
    expect(cost.usd).toBeCloseTo(12.853, 3);
    expect(cost.parts.firstRun).toBeCloseTo(6.05, 2);
  });

  it("has parts that sum to the whole", () => {
    const cost = reliableCost({
      usdPerRun: 3,
      expectedReplicas: 2.2,
      errorProbability: 0.01,
      canaryRate: 0.05,
      comparisonUsd: 0.1,
      fixedUsd: 0.2,
      deadlineProbability: 0.9,
    });
    if (!cost.feasible) throw new Error(cost.reason);
    expect(cost.usd).toBeCloseTo((2.2 * 3 * 1.05 + 0.3) / (0.9 * 0.99), 12);
    expect((Object.values(cost.parts) as number[]).reduce((sum, usd) => sum + usd, 0)).toBeCloseTo(cost.usd, 12);
    expect(cost.reliableProbability).toBeCloseTo(0.891, 12);
  });

  it("is infeasible, not infinite, when nothing reliable can come of it", () => {
    expect(reliableCost({ usdPerRun: 3, expectedReplicas: 1, errorProbability: 0, deadlineProbability: 0 }).feasible).toBe(false);
    expect(reliableCost({ usdPerRun: 3, expectedReplicas: 1, errorProbability: 1 }).feasible).toBe(false);
  });
});
