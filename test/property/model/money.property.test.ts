import { describe, expect, it } from "vitest";
import { BUDGET_WINDOWS, budgetWindow } from "../../../src/model/budget.js";
import { civilOfDays, daysOfCivil, formatInstant, readInstantMs } from "../../../src/model/civil-time.js";
import { formatUsd, parseUsd } from "../../../src/model/money.js";
import { fc } from "../../support/property.js";

const amount = fc.bigInt({ min: 0n, max: 10n ** 18n });

describe("parseUsd", () => {
  it("reads every amount exactly, however it is written", () => {
    fc.assert(
      fc.property(amount, (nano) => {
        const text = `${nano / 10n ** 9n}.${String(nano % 10n ** 9n).padStart(9, "0")}`;
        for (const written of [text, `$${text}`, `${text} USD`, `USD ${text}`, ` $ ${text} `]) expect(parseUsd(written, "f")).toBe(nano);
      }),
      { numRuns: 1_000 },
    );
  });

  it("reads a number as its decimal digits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999 }), fc.integer({ min: 0, max: 6 }), (digits, decimals) => {
        const value = Number(`${digits}e-${decimals}`);
        expect(parseUsd(value, "f")).toBe(BigInt(digits) * 10n ** BigInt(9 - decimals));
      }),
      { numRuns: 1_000 },
    );
  });

  it("reads back whole cents as they are shown", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 100n, max: 10n ** 11n }), (cents) => {
        expect(parseUsd(formatUsd(cents * 10n ** 7n), "f")).toBe(cents * 10n ** 7n);
      }),
      { numRuns: 500 },
    );
  });
});

describe("calendar", () => {
  it("counts days like the platform does", () => {
    fc.assert(
      fc.property(fc.integer({ min: -700_000, max: 2_000_000 }), (days) => {
        const civil = civilOfDays(days);
        const date = new Date(days * 86_400_000);
        expect(civil).toEqual({ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() });
        expect(daysOfCivil(civil)).toBe(days);
      }),
      { numRuns: 3_000 },
    );
  });

  it("reads and writes instants like the platform does", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_000_000_000_000, max: 250_000_000_000_000 }), (ms) => {
        const text = new Date(ms).toISOString();
        expect(formatInstant(ms)).toBe(text);
        expect(readInstantMs(text)).toEqual({ ok: true, value: ms });
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("budgetWindow", () => {
  const time = fc.integer({ min: 0, max: 7_000_000_000_000 });

  it("gives each moment one window: it ends later, lasts until its end, and the next begins there", () => {
    const longest = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000, month: 31 * 86_400_000, total: 0 };
    fc.assert(
      fc.property(time, fc.constantFrom(...BUDGET_WINDOWS), (nowMs, window) => {
        const budget = { amount: 1n, window };
        const { account, endsAtMs } = budgetWindow(budget, nowMs);
        if (endsAtMs === undefined) return window === "total";
        expect(endsAtMs).toBeGreaterThan(nowMs);
        expect(endsAtMs - nowMs).toBeLessThanOrEqual(longest[window]);
        expect(budgetWindow(budget, endsAtMs - 1).account).toBe(account);
        expect(budgetWindow(budget, endsAtMs).account).not.toBe(account);
        return true;
      }),
      { numRuns: 2_000 },
    );
  });
});
