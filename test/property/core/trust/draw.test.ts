import { describe, expect, it } from "vitest";
import { childSeed, seededRandom } from "../../../../src/core/random.js";
import { drawParameters, meanParameters, optimisticParameters, quantileParameters } from "../../../../src/core/trust/draw.js";
import type { NodeEstimate, NodeParameters } from "../../../../src/core/trust/estimate.js";
import { fc } from "../../../support/property.js";

const positive = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const beta = fc.record({ alpha: positive(0.01, 500), beta: positive(0.01, 500) });

const estimates: fc.Arbitrary<NodeEstimate> = fc.record({
  success: beta,
  launch: beta,
  hazard: fc.record({ a: positive(0.5, 200), b: positive(0.1, 10_000) }),
  slowness: fc.record({ mean: positive(-2, 2), variance: positive(0, 1), n: positive(0, 100) }),
  start: fc.record({ mean: positive(0, 3), variance: positive(0, 1) }),
  wrong: positive(0, 0.5),
});

/** How much better `a` is than `b` in the field where it is best; at most 0 when `b` is as good everywhere. */
function lead(a: NodeParameters, b: NodeParameters): number {
  return Math.max(
    a.successProbability - b.successProbability,
    a.launchProbability - b.launchProbability,
    b.hazardPerHour - a.hazardPerHour,
    a.speed - b.speed,
    b.startHours - a.startHours,
  );
}

describe("optimisticParameters", () => {
  it("is not beaten by any of 10,000 draws, in any parameter", () => {
    fc.assert(
      fc.property(estimates, fc.string(), (estimate, seed) => {
        const bound = optimisticParameters(estimate);
        const random = seededRandom(seed);
        let worst = Number.NEGATIVE_INFINITY;
        for (let i = 0; i < 10_000; i++) worst = Math.max(worst, lead(drawParameters(estimate, random), bound));
        expect(worst).toBeLessThanOrEqual(0);
      }),
      { numRuns: 40 },
    );
  });

  it("is not beaten by the mean or any quantile from 0.01 either", () => {
    fc.assert(
      fc.property(estimates, positive(0.01, 0.999), (estimate, quantile) => {
        const bound = optimisticParameters(estimate);
        expect(lead(quantileParameters(estimate, quantile), bound)).toBeLessThanOrEqual(0);
        const { successProbability, launchProbability, hazardPerHour } = meanParameters(estimate);
        expect(lead({ ...bound, successProbability, launchProbability, hazardPerHour }, bound)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("drawParameters", () => {
  it("gives possible parameters, the same for the same seed", () => {
    fc.assert(
      fc.property(estimates, fc.string(), (estimate, seed) => {
        const drawn = drawParameters(estimate, seededRandom(childSeed(seed, "offer")));
        expect(drawParameters(estimate, seededRandom(childSeed(seed, "offer")))).toEqual(drawn);
        for (const value of Object.values(drawn) as number[]) expect(value >= 0 && Number.isFinite(value)).toBe(true);
        expect(drawn.successProbability).toBeLessThanOrEqual(1);
        expect(drawn.launchProbability).toBeLessThanOrEqual(1);
        expect(drawn.speed).toBeGreaterThan(0);
      }),
      { numRuns: 1_000 },
    );
  });

  it("centres on the means, and spreads less the more is known", () => {
    const known = (times: number): NodeEstimate => ({
      success: { alpha: 8 * times, beta: 2 * times },
      launch: { alpha: 9 * times, beta: times },
      hazard: { a: 2 * times, b: 20 * times },
      slowness: { mean: 0.1, variance: 0.04 / times, n: times },
      start: { mean: 0.2, variance: 0.01 / times },
      wrong: 0.05,
    });
    const spreads = [1, 30].map((times) => {
      const random = seededRandom(`spread-${times}`);
      const draws = Array.from({ length: 20_000 }, () => drawParameters(known(times), random));
      const mean = (of: (parameters: NodeParameters) => number): number => draws.reduce((sum, drawn) => sum + of(drawn), 0) / draws.length;
      expect(mean((p) => p.successProbability)).toBeCloseTo(0.8, 2);
      expect(mean((p) => p.launchProbability)).toBeCloseTo(0.9, 2);
      expect(mean((p) => p.hazardPerHour)).toBeCloseTo(0.1, 2);
      expect(mean((p) => p.startHours)).toBeCloseTo(0.2, 2);
      expect(mean((p) => 1 / p.speed)).toBeCloseTo(1 / meanParameters(known(times)).speed, 2);
      return mean((p) => (p.successProbability - 0.8) ** 2);
    });
    expect(spreads[0]).toBeGreaterThan(10 * (spreads[1] ?? 1));
  });
});

describe("quantileParameters", () => {
  it("gets worse in every parameter as the quantile rises", () => {
    fc.assert(
      fc.property(estimates, positive(0.02, 0.98), positive(0.02, 0.98), (estimate, p, q) => {
        const [better, worse] = [Math.min(p, q), Math.max(p, q)].map((quantile) => quantileParameters(estimate, quantile));
        if (better === undefined || worse === undefined) return;
        expect(lead(worse, better)).toBeLessThanOrEqual(1e-12);
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves about 20 % of draws worse at 0.8", () => {
    const estimate: NodeEstimate = {
      success: { alpha: 40, beta: 10 },
      launch: { alpha: 45, beta: 5 },
      hazard: { a: 3, b: 30 },
      slowness: { mean: 0, variance: 0.04, n: 5 },
      start: { mean: 0.1, variance: 0.002 },
      wrong: 0,
    };
    const bound = quantileParameters(estimate, 0.8);
    const random = seededRandom("eighty");
    const draws = Array.from({ length: 20_000 }, () => drawParameters(estimate, random));
    const share = (worse: (p: NodeParameters) => boolean): number => draws.filter(worse).length / draws.length;
    for (const seen of [
      share((p) => p.successProbability < bound.successProbability),
      share((p) => p.launchProbability < bound.launchProbability),
      share((p) => p.hazardPerHour > bound.hazardPerHour),
      share((p) => p.speed < bound.speed),
      share((p) => p.startHours > bound.startHours),
    ]) {
      // Wilson's bound takes a skewed posterior for a symmetric one.
      expect(seen).toBeGreaterThan(0.15);
      expect(seen).toBeLessThan(0.23);
    }
  });
});
