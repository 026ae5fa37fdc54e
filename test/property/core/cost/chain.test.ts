import { describe, expect, it } from "vitest";
import { type ChainStep, chainCost, guardedOrder, orderChain } from "../../../../src/core/cost/chain.js";
import { fc } from "../../../support/property.js";

const steps = (most: number): fc.Arbitrary<ChainStep[]> =>
  fc.array(
    fc.record({
      id: fc.uuid(),
      successProbability: fc.double({ min: 0, max: 1, noNaN: true }),
      usd: fc.double({ min: 0, max: 100, noNaN: true }),
      hours: fc.double({ min: 0.01, max: 10, noNaN: true }),
      attempts: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: most },
  );

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, i) => permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]));
}

describe("orderChain", () => {
  it("is the cheapest of all orders", () => {
    fc.assert(
      fc.property(steps(5), (chain) => {
        const { expectedUsd, successProbability } = chainCost(orderChain(chain));
        for (const other of permutations(chain)) {
          const cost = chainCost(other);
          expect(expectedUsd).toBeLessThanOrEqual(cost.expectedUsd * (1 + 1e-9) + 1e-9);
          expect(cost.successProbability).toBeCloseTo(successProbability, 9);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("does not depend on the order given, unless two are equally good", () => {
    fc.assert(
      fc.property(steps(6), (chain) => {
        expect(chainCost(orderChain([...chain].reverse())).expectedUsd).toBeCloseTo(chainCost(orderChain(chain)).expectedUsd, 6);
      }),
      { numRuns: 300 },
    );
  });
});

describe("guardedOrder", () => {
  it("fits into the time that is left and ends with the safest place", () => {
    fc.assert(
      fc.property(steps(6), fc.double({ min: 0, max: 40, noNaN: true }), (chain, hoursLeft) => {
        const order = guardedOrder(chain, hoursLeft);
        const safest = Math.max(...chain.map((step) => step.successProbability));
        expect(order.at(-1)?.successProbability).toBe(safest);
        const safe = order.at(-1);
        if (safe !== undefined && safe.hours > hoursLeft) expect(order).toHaveLength(1);
        else expect(chainCost(order).mostHours).toBeLessThanOrEqual(hoursLeft * (1 + 1e-6) + 1e-6);
        for (const step of order) {
          const given = chain.find(({ id }) => id === step.id);
          expect(step.attempts).toBeGreaterThanOrEqual(1);
          expect(step.attempts).toBeLessThanOrEqual(given?.attempts ?? 0);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("is never less likely to succeed than one attempt in the safest place", () => {
    fc.assert(
      fc.property(steps(6), fc.double({ min: 0, max: 40, noNaN: true }), (chain, hoursLeft) => {
        const safest = Math.max(...chain.map((step) => step.successProbability));
        expect(chainCost(guardedOrder(chain, hoursLeft)).successProbability).toBeGreaterThanOrEqual(safest - 1e-12);
      }),
      { numRuns: 1_000 },
    );
  });
});
