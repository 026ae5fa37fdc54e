import { expect, test } from "vitest";
import { nanoUsdOf, perBlockOf, usdPerHourOf } from "../../../../src/backends/akash/prices.js";
import { fc } from "../../../support/property.js";

const TERMS = { blockMs: 6_000, denominations: { uact: "0.000001" } };
const uact = (amount: string) => ({ denom: "uact", amount });

test.each([
  ["1", 0.0006],
  ["1666.666666666666666667", 1],
  ["2500.000000000000000000", 1.5],
  ["0.000000000000000001", 0],
  ["26666.666666666666666666", 16],
])("%s uact a block are %d USD an hour", (amount, usd) => {
  expect(usdPerHourOf(uact(amount), TERMS)).toBeCloseTo(usd, 12);
});

test("the length of a block is in one place, and shows in the price", () => {
  expect(usdPerHourOf(uact("1000"), { ...TERMS, blockMs: 6_500 })).toBeCloseTo((0.6 * 6_000) / 6_500, 12);
});

test("what has no price is nothing, not free", () => {
  expect(usdPerHourOf({ denom: "uakt", amount: "1" }, TERMS)).toBeUndefined();
  expect(usdPerHourOf({ denom: "constructor", amount: "1" }, TERMS)).toBeUndefined();
  expect(usdPerHourOf(uact("-1"), TERMS)).toBeUndefined();
  expect(nanoUsdOf({ denom: "uakt", amount: "1" }, TERMS)).toBeUndefined();
  expect(usdPerHourOf({ denom: "uakt", amount: "10" }, { blockMs: 6_000, denominations: { uakt: "0.0000005" } })).toBeCloseTo(0.003, 12);
});

test("paid amounts are exact, and rounded up to a nano-dollar", () => {
  expect(nanoUsdOf(uact("500000"), TERMS)).toBe(500_000_000n);
  expect(nanoUsdOf(uact("0.000000000000000001"), TERMS)).toBe(1n);
  expect(nanoUsdOf(uact("1234567.891"), TERMS)).toBe(1_234_567_891n);
  expect(nanoUsdOf(uact("0"), TERMS)).toBe(0n);
});

test("the asked maximum never comes to more than the cap, and to hardly less", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1_000, noNaN: true }), fc.integer({ min: 500, max: 20_000 }), (cap, blockMs) => {
      const terms = { ...TERMS, blockMs };
      const asked = usdPerHourOf(uact(perBlockOf(cap, "uact", terms)), terms) ?? Number.NaN;
      // A millionth of a millionth dollar for each block is the most that is lost.
      expect(asked).toBeLessThanOrEqual(cap * (1 + 1e-12));
      expect(asked).toBeGreaterThanOrEqual(cap - (1e-12 * 3_600_000) / blockMs - cap * 1e-12);
    }),
    { numRuns: 500 },
  );
});

test("a cap below the smallest amount asks for nothing", () => {
  expect(perBlockOf(1e-12, "uact", TERMS)).toBe("0");
  expect(perBlockOf(0.0006, "uact", TERMS)).toBe("1");
  expect(perBlockOf(0.00063, "uact", TERMS)).toBe("1.05");
});
