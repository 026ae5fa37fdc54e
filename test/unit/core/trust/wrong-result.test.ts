import { describe, expect, it } from "vitest";
import { saboteurBound, wrongProbability } from "../../../../src/core/trust/wrong-result.js";

/** Largest probability of a wrong next result over all rates `s` at which a saboteur might cheat. */
function worstCheat(f: number, k: number): number {
  let worst = 0;
  for (let i = 1; i < 20_000; i++) {
    const s = i / 20_000;
    const silent = (1 - s) ** k;
    worst = Math.max(worst, (f * s * silent) / (1 - f + f * silent));
  }
  return worst;
}

describe("saboteurBound", () => {
  it.each([0.05, 0.1, 0.2, 0.35])("holds against every cheating rate at a saboteur share of %d", (f) => {
    for (const k of [1, 2, 5, 10, 30, 100]) expect(saboteurBound(f, k, true)).toBeGreaterThanOrEqual(worstCheat(f, k));
  });

  it("exceeds the truth by 2 % at f = 0.05, k = 100 and by 85 % at f = 0.35, k = 1", () => {
    expect(0.05 / (0.95 * 100 * Math.E) / worstCheat(0.05, 100)).toBeCloseTo(1.02, 2);
    // The cap at f comes on top of the published formula, so it is compared without.
    expect(0.35 / (0.65 * Math.E) / worstCheat(0.35, 1)).toBeCloseTo(1.85, 2);
  });

  // Checks needed so that a single use is wrong with probability at most 1e-2, 1e-3, 1e-4.
  it.each([
    [0.02, [1, 8, 76]],
    [0.05, [2, 20, 194]],
    [0.1, [5, 41, 409]],
    [0.2, [10, 92, 920]],
  ] as const)("f = %d needs %j checks", (f, expected) => {
    const needed = [1e-2, 1e-3, 1e-4].map((eps) => {
      let k = 1;
      while (saboteurBound(f, k, true) > eps) k++;
      return k;
    });
    expect(needed).toEqual(expected);
  });

  it("is the saboteur share without checks, and weaker where names are free", () => {
    expect(saboteurBound(0.2, 0, true)).toBe(0.2);
    expect(saboteurBound(0.2, 10, false)).toBeCloseTo(0.02, 12);
    expect(saboteurBound(0.2, 10, true)).toBeLessThan(0.02);
  });
});

describe("wrongProbability", () => {
  it("makes a caught node worthless, and only many passed checks make up for it", () => {
    expect(wrongProbability(0.01, 1, 0)).toBe(0.5);
    expect(wrongProbability(0.01, 1, 10)).toBeGreaterThan(0.4);
    expect(wrongProbability(0.01, 1, 100)).toBeCloseTo(0.255, 3);
    expect(wrongProbability(0.01, 0, 10)).toBe(0.01);
  });

  it("is continuous where less than one wrong result is remembered", () => {
    expect(wrongProbability(0.01, 0.999999, 50)).toBeCloseTo(wrongProbability(0.01, 1.000001, 50), 5);
  });
});
