import { describe, expect, it } from "vitest";
import { capMultiplier, ewmaVolatility, nextDailyVariance, volatilityPremium } from "../../../../src/core/cost/volatility.js";
import { drawNormal, seededRandom } from "../../../../src/core/random.js";

const DAY = 24;

describe("volatilityPremium at 108 % a year", () => {
  it.each([
    [1, 1.9, 1.1],
    [DAY, 9.6, 5.5],
    [7 * DAY, 26, 15],
    [30 * DAY, 59, 32],
  ])("over %d h is %d %%, streaming %d %%", (hours, atEnd, streaming) => {
    const digits = atEnd < 10 ? 1 : 0;
    expect(100 * volatilityPremium(1.08, hours)).toBeCloseTo(atEnd, digits);
    expect(100 * volatilityPremium(1.08, hours, "streaming")).toBeCloseTo(streaming, digits);
  });

  it("is exceeded by 5 % of simulated prices", () => {
    const random = seededRandom("token");
    const years = 7 / 365;
    const cap = 1 + volatilityPremium(1.08, 7 * DAY);
    let above = 0;
    for (let i = 0; i < 40_000; i++) {
      if (Math.exp(1.08 * Math.sqrt(years) * drawNormal(random) - (1.08 ** 2 * years) / 2) > cap) above++;
    }
    expect(above / 40_000).toBeGreaterThan(0.0465);
    expect(above / 40_000).toBeLessThan(0.0535);
  });

  it("is nothing for a bill in dollars, and never a discount", () => {
    expect(volatilityPremium(0, 1_000)).toBe(0);
    expect(volatilityPremium(5, 10 * 8_760)).toBe(0);
    expect(capMultiplier(undefined, 100)).toBe(1);
  });
});

describe("capMultiplier", () => {
  it("adds ten points beyond seven days, where the normal model falls short", () => {
    const token = { annualVolatility: 1.08 };
    expect(capMultiplier(token, 7 * DAY)).toBeCloseTo(1 + volatilityPremium(1.08, 7 * DAY), 12);
    expect(capMultiplier(token, 7 * DAY + 1)).toBeCloseTo(1.1 + volatilityPremium(1.08, 7 * DAY + 1), 12);
  });
});

describe("EWMA", () => {
  it("weighs the newest square with 6 %", () => {
    expect(nextDailyVariance(0.01, 100, 110)).toBeCloseTo(0.94 * 0.01 + 0.06 * Math.log(1.1) ** 2, 15);
    expect(nextDailyVariance(undefined, 100, 110)).toBeCloseTo(Math.log(1.1) ** 2, 15);
  });

  it("recovers the volatility of a simulated series", () => {
    const random = seededRandom("series");
    const closes = [1];
    for (let day = 0; day < 2_000; day++) closes.push((closes.at(-1) ?? 1) * Math.exp((1.08 / Math.sqrt(365)) * drawNormal(random)));
    // About 33 effective days: standard error 12 %.
    const estimates = [500, 1_000, 1_500, 2_000].map((end) => ewmaVolatility(closes.slice(0, end)) ?? 0);
    const mean = estimates.reduce((sum, x) => sum + x, 0) / 4;
    expect(mean).toBeGreaterThan(0.85);
    expect(mean).toBeLessThan(1.3);
  });

  it("is exact for constant moves, skips gaps, and says nothing of a single price", () => {
    expect(ewmaVolatility([1, 1.1, 1.21, 1.331])).toBeCloseTo(Math.log(1.1) * Math.sqrt(365), 12);
    expect(ewmaVolatility([1, 0, 1.1, Number.NaN, 1.21])).toBeCloseTo(Math.log(1.1) * Math.sqrt(365), 12);
    expect(ewmaVolatility([1])).toBeUndefined();
    expect(ewmaVolatility([])).toBeUndefined();
  });
});
