import { describe, expect, it } from "vitest";
import {
  attemptStep,
  type ChainStep,
  chainCost,
  expectedRunHours,
  guardedOrder,
  orderChain,
  survivalProbability,
} from "../../../../src/core/cost/chain.js";
import { drawGamma, type Random, seededRandom } from "../../../../src/core/random.js";

const step = (id: string, successProbability: number, usd: number, hours = 1, attempts = 1): ChainStep => ({
  id,
  successProbability,
  usd,
  hours,
  attempts,
});

function expectMean(draw: (random: Random) => number, expected: number, seed: string, count = 40_000): void {
  const random = seededRandom(seed);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const x = draw(random);
    sum += x;
    squares += x * x;
  }
  const mean = sum / count;
  const error = Math.sqrt(Math.max(0, squares / count - mean * mean) / count);
  expect(Math.abs(mean - expected)).toBeLessThan(4 * error);
}

describe("survival and run time", () => {
  it("agree with simulated interruptions, at a known hazard and under a belief about it", () => {
    expectMean((random) => Math.min(3, -Math.log(random.next()) / 0.25), expectedRunHours({ perHour: 0.25 }, 3), "known");
    for (const [a, b] of [
      [1, 20],
      [2.5, 10],
      [0.5, 8],
    ] as const) {
      const life = (random: Random): number => -Math.log(random.next()) / drawGamma(a, b, random);
      expectMean((random) => Math.min(12, life(random)), expectedRunHours({ a, b }, 12), `run-${a}`);
      expectMean((random) => (life(random) > 12 ? 1 : 0), survivalProbability({ a, b }, 12), `survival-${a}`);
    }
  });

  it("are continuous at shape 1 and hazard 0", () => {
    expect(expectedRunHours({ a: 1, b: 20 }, 5)).toBeCloseTo(20 * Math.log(1 + 5 / 20), 12);
    expect(expectedRunHours({ a: 1 + 1e-7, b: 20 }, 5)).toBeCloseTo(expectedRunHours({ a: 1, b: 20 }, 5), 5);
    expect(expectedRunHours({ perHour: 0 }, 5)).toBe(5);
    expect(survivalProbability({ perHour: 0 }, 5)).toBe(1);
  });

  it("are finite however uncertain the hazard is", () => {
    const { successProbability, usd } = attemptStep({
      launchFailureProbability: 0.1,
      launchFailureUsd: 0.1,
      usdPerLaunch: 0.2,
      usdPerHour: 1,
      hours: 1_000,
      hazard: { a: 1, b: 0.001 },
      passProbability: 0.9,
    });
    expect(successProbability).toBeGreaterThan(0);
    expect(usd).toBeLessThan(0.5);
  });
});

describe("attemptStep", () => {
  it("is s = (1-phi0) S v and c = phi0 k0 + (1-phi0)(k + p E[min(X, L)])", () => {
    const made = attemptStep({
      launchFailureProbability: 0.2,
      launchFailureUsd: 0.05,
      usdPerLaunch: 0.1,
      usdPerHour: 0.5,
      hours: 2,
      hazard: { perHour: 0.25 },
      passProbability: 0.95,
    });
    expect(made.successProbability).toBeCloseTo(0.8 * Math.exp(-0.5) * 0.95, 12);
    expect(made.usd).toBeCloseTo(0.2 * 0.05 + 0.8 * (0.1 + 0.5 * ((1 - Math.exp(-0.5)) / 0.25)), 12);
  });
});

describe("chainCost", () => {
  const chain = [step("cheap", 0.5, 0.8, 2, 2), step("middle", 0.8, 1.5, 2.5, 1), step("safe", 0.99, 5, 3, 2)];

  it("agrees with a chain worked through attempt by attempt", () => {
    const expected = chainCost(chain);
    const outcome = (random: Random): { usd: number; ok: boolean } => {
      let usd = 0;
      for (const { successProbability, usd: price, attempts } of chain) {
        for (let i = 0; i < attempts; i++) {
          usd += price;
          if (random.next() < successProbability) return { usd, ok: true };
        }
      }
      return { usd, ok: false };
    };
    expectMean((random) => outcome(random).usd, expected.expectedUsd, "chain-usd");
    expect(expected.successProbability).toBeCloseTo(1 - 0.25 * 0.2 * 0.0001, 12);
    expect(expected.mostHours).toBeCloseTo(4 + 2.5 + 6, 12);
  });

  it("has a cost even where success is impossible", () => {
    expect(chainCost([step("never", 0, 2, 1, 3)])).toEqual({ expectedUsd: 6, successProbability: 0, mostHours: 3 });
    expect(chainCost([])).toEqual({ expectedUsd: 0, successProbability: 0, mostHours: 0 });
  });
});

describe("orderChain", () => {
  it("goes by cost per success, the impossible last", () => {
    const order = orderChain([step("never", 0, 0.01), step("b", 0.5, 1), step("a", 0.9, 1), step("c", 0.99, 5)]);
    expect(order.map(({ id }) => id)).toEqual(["a", "b", "c", "never"]);
  });

  it("keeps the order of equals", () => {
    expect(orderChain([step("x", 0.5, 1), step("y", 1, 2), step("z", 0.25, 0.5)]).map(({ id }) => id)).toEqual(["x", "y", "z"]);
  });
});

describe("guardedOrder", () => {
  const cheap = step("cheap", 0.5, 0.8, 2, 10);
  const middle = step("middle", 0.8, 1.6, 2.5, 10);
  const safe = step("safe", 0.995, 5.5, 2, 3);
  const ids = (hours: number): readonly string[] =>
    guardedOrder([safe, cheap, middle], hours).map(({ id, attempts }) => `${id} x${attempts}`);

  it("takes the cheap place only while its failure leaves time for the safe one", () => {
    expect(ids(3)).toEqual(["safe x1"]);
    expect(ids(4)).toEqual(["cheap x1", "safe x1"]);
    expect(ids(9)).toEqual(["cheap x3", "safe x1"]);
    expect(ids(4.5)).toEqual(["cheap x1", "safe x1"]);
  });

  it("fills with the next dearer place that still fits", () => {
    expect(guardedOrder([safe, { ...cheap, attempts: 1 }, middle], 6.5).map(({ id }) => id)).toEqual(["cheap", "middle", "safe"]);
  });

  it("goes to the safe place alone when even that is late", () => {
    expect(ids(0.5)).toEqual(["safe x1"]);
    expect(guardedOrder([], 5)).toEqual([]);
  });

  it("gives the safe place what is left when it is the cheapest too", () => {
    expect(guardedOrder([step("only", 0.9, 1, 2, 5)], 7).map(({ attempts }) => attempts)).toEqual([3]);
  });
});
