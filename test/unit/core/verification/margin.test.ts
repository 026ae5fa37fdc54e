import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../src/core/random.js";
import {
  boundedMargin,
  expectedResults,
  firstToError,
  marginByCost,
  marginError,
  marginFor,
} from "../../../../src/core/verification/margin.js";

describe("the published table", () => {
  it.each([
    [0.2, 1e-2, 4, 6.6],
    [0.2, 1e-3, 5, 8.3],
    [0.2, 1e-4, 7, 11.7],
    [0.05, 1e-2, 2, 2.2],
    [0.05, 1e-3, 3, 3.3],
    [0.05, 1e-4, 4, 4.4],
    [0.01, 1e-2, 1, 1.0],
    [0.01, 1e-3, 2, 2.04],
    [0.01, 1e-4, 3, 3.06],
    [0.002, 1e-2, 1, 1.0],
    [0.002, 1e-3, 2, 2.01],
    [0.002, 1e-4, 2, 2.01],
  ])("phi %d, eps %d: d = %d, E[N] = %d", (phi, eps, d, expected) => {
    expect(marginFor(phi, eps)).toBe(d);
    expect(Math.abs(expectedResults(phi, d) - expected)).toBeLessThanOrEqual(expected < 3 && expected !== 2.2 ? 0.0051 : 0.051);
    expect(marginError(phi, d)).toBeLessThanOrEqual(eps * (1 + 1e-9));
    if (d > 1) expect(marginError(phi, d - 1)).toBeGreaterThan(eps);
  });
});

describe("simulation", () => {
  it.each([
    [0.2, 4],
    [0.05, 2],
    [0.35, 3],
  ])("of colluding liars at phi %d agrees with error and E[N] of margin %d", (phi, d) => {
    const random = seededRandom(`margin-${phi}`);
    const count = 60_000;
    let wrong = 0;
    let bought = 0;
    let squares = 0;
    for (let i = 0; i < count; i++) {
      let lead = 0;
      let n = 0;
      while (Math.abs(lead) < d) {
        lead += random.next() < phi ? -1 : 1;
        n++;
      }
      if (lead < 0) wrong++;
      bought += n;
      squares += n * n;
    }
    const error = marginError(phi, d);
    expect(Math.abs(wrong / count - error)).toBeLessThan(4 * Math.sqrt((error * (1 - error)) / count));
    const mean = bought / count;
    expect(Math.abs(mean - expectedResults(phi, d))).toBeLessThan(4 * Math.sqrt((squares / count - mean * mean) / count));
  });

  it("of first-to-m quorums agrees with the sum", () => {
    const random = seededRandom("first-to");
    let wrong = 0;
    for (let i = 0; i < 60_000; i++) {
      const votes = [0, 0];
      while ((votes[0] ?? 0) < 3 && (votes[1] ?? 0) < 3) {
        const lie = random.next() < 0.2 ? 1 : 0;
        votes[lie] = (votes[lie] ?? 0) + 1;
      }
      if (votes[1] === 3) wrong++;
    }
    const error = firstToError(0.2, 3);
    expect(Math.abs(wrong / 60_000 - error)).toBeLessThan(4 * Math.sqrt((error * (1 - error)) / 60_000));
  });
});

describe("limits", () => {
  it("needs one result of the infallible and endlessly many of coin flippers", () => {
    expect(marginFor(0, 1e-6)).toBe(1);
    expect(marginFor(0.5, 0.01)).toBe(Number.POSITIVE_INFINITY);
    expect(marginFor(0.7, 0.01)).toBe(Number.POSITIVE_INFINITY);
    expect(marginError(0, 3)).toBe(0);
    expect(expectedResults(0.5, 3)).toBe(9);
    expect(expectedResults(0.5 - 1e-7, 3)).toBeCloseTo(9, 4);
  });

  it("of replicas: probabilities sum to 1, and a wide limit gives the unlimited rule", () => {
    for (const [phi, d] of [
      [0.2, 4],
      [0.05, 2],
      [0.4, 3],
      [0.01, 1],
    ] as const) {
      const wide = boundedMargin(phi, d, 400);
      expect(wide.expected).toBeCloseTo(expectedResults(phi, d), 6);
      expect(wide.wrong).toBeCloseTo(marginError(phi, d), 9);
      const tight = boundedMargin(phi, d, d);
      expect(tight.right).toBeCloseTo((1 - phi) ** d, 12);
      expect(tight.expected).toBeLessThanOrEqual(d);
      expect(tight.right + tight.wrong + tight.undecided).toBeCloseTo(1, 12);
    }
  });

  it("of replicas: nothing is ever decided among coin flippers", () => {
    expect(boundedMargin(0.5, Number.POSITIVE_INFINITY, 7)).toEqual({ expected: 7, right: 0, wrong: 0, undecided: 1 });
  });
});

describe("marginByCost", () => {
  it("checks more where a wrong answer costs more, and less where results do", () => {
    expect(marginByCost(0.05, 1, 0).d).toBe(1);
    expect(marginByCost(0.05, 1, 100).d).toBe(2);
    expect(marginByCost(0.05, 1, 100_000).d).toBe(4);
    expect(marginByCost(0.05, 100, 100).d).toBe(1);
  });

  it("is the cheapest of 1 to 4", () => {
    const chosen = marginByCost(0.1, 2, 300);
    const costs = [1, 2, 3, 4].map((d) => expectedResults(0.1, d) * 2 + marginError(0.1, d) * 300);
    expect(chosen.usd).toBe(Math.min(...costs));
    expect(costs[chosen.d - 1]).toBe(chosen.usd);
  });
});
