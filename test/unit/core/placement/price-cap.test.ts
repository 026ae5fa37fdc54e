import { describe, expect, it } from "vitest";
import { cappedWorstCase, priceCapUsdPerHour } from "../../../../src/core/placement/price-cap.js";

const firm = { price: { usdPerHour: 2 }, binding: "firm" } as const;
const indicative = { price: { usdPerHour: 2 }, binding: "indicative" } as const;
const tenHours = (usdPerHour: number): number => usdPerHour * 10 + 1;

describe("price caps", () => {
  it("leave 5 % above a firm price and 25 % above an indicative one", () => {
    expect(priceCapUsdPerHour(firm)).toBeCloseTo(2.1, 12);
    expect(priceCapUsdPerHour(indicative)).toBeCloseTo(2.5, 12);
  });

  it("stay as they are when the worst case fits", () => {
    expect(cappedWorstCase(indicative, tenHours, undefined)).toEqual({ usdPerHour: 2.5, worstCaseUsd: 26 });
    expect(cappedWorstCase(indicative, tenHours, 26)).toEqual({ usdPerHour: 2.5, worstCaseUsd: 26 });
  });

  it("shrink to what fits, down to the offer's own price", () => {
    const squeezed = cappedWorstCase(indicative, tenHours, 23.5);
    expect(squeezed.usdPerHour).toBeCloseTo(2.25, 6);
    expect(squeezed.worstCaseUsd).toBeLessThanOrEqual(23.5);
    expect(cappedWorstCase(indicative, tenHours, 21)).toEqual({ usdPerHour: 2, worstCaseUsd: 21 });
  });

  it("show the offer's own worst case when not even that fits", () => {
    expect(cappedWorstCase(indicative, tenHours, 20.99)).toEqual({ usdPerHour: 2, worstCaseUsd: 21 });
  });

  it("find the own price where billing steps make the worst case jump", () => {
    const stepped = (usdPerHour: number): number => Math.ceil(usdPerHour * 4) * 5;
    const { usdPerHour, worstCaseUsd } = cappedWorstCase(indicative, stepped, 43);
    expect(worstCaseUsd).toBeLessThanOrEqual(43);
    expect(usdPerHour).toBeGreaterThanOrEqual(2);
  });
});
