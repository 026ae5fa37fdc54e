import { describe, expect, it } from "vitest";
import { credibilities, errorProbability } from "../../../../src/core/verification/credibility.js";
import { marginError } from "../../../../src/core/verification/margin.js";

const product = (values: readonly number[]): number => values.reduce((all, value) => all * value, 1);

/** The formula as it is published, term by term. */
function published(groups: readonly (readonly number[])[], g: number): number {
  const right = groups.map((group) => product(group.map((phi) => 1 - phi)));
  const wrong = groups.map((group) => product(group));
  const others = (h: number): number => product(wrong.filter((_, j) => j !== h));
  const total = product(wrong) + right.reduce((sum, r, h) => sum + r * others(h), 0);
  return ((right[g] ?? 0) * others(g)) / total;
}

describe("credibilities", () => {
  it.each([[[[0.05]]], [[[0.05, 0.05], [0.2]]], [[[0.01], [0.05, 0.2], [0.3]]], [[[0.4, 0.45, 0.3], [0.02], [0.1], [0.1]]]])(
    "is Sarmenta's formula for %j",
    (groups) => {
      const all = credibilities(groups);
      for (const [g, credibility] of all.entries()) {
        expect(credibility).toBeCloseTo(published(groups, g), 12);
        expect(errorProbability(groups, g)).toBeCloseTo(1 - published(groups, g), 12);
      }
      expect(all.reduce((sum, p) => sum + p, 0)).toBeLessThan(1);
    },
  );

  it("is the margin rule for a unanimous group of equals", () => {
    for (const d of [1, 2, 3]) expect(errorProbability([new Array<number>(d).fill(0.05)], 0)).toBeCloseTo(marginError(0.05, d), 12);
  });

  it("keeps small errors that 1 - p would lose", () => {
    expect(errorProbability([new Array<number>(12).fill(0.01)], 0)).toBeCloseTo(1e-24 / 0.99 ** 12, 26);
    expect(errorProbability([new Array<number>(12).fill(0.01)], 0)).toBeGreaterThan(0);
  });

  it("neither overflows nor vanishes for thousands of voters", () => {
    const [leader, other] = credibilities([new Array<number>(5_000).fill(0.001), new Array<number>(4_990).fill(0.001)]);
    expect(leader).toBeCloseTo(1, 12);
    expect(other).toBeGreaterThanOrEqual(0);
    expect(Number.isFinite(other)).toBe(true);
  });

  it("gives no weight to a caught node, for or against", () => {
    expect(credibilities([[0.05, 0.5]])[0]).toBeCloseTo(0.95, 12);
    expect(credibilities([[0.05, 0.9]])[0]).toBeCloseTo(0.95, 12);
  });
});
