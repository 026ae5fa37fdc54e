import { describe, expect, it } from "vitest";
import { worstCaseUsd } from "../../../../src/core/cost/worst-case.js";

describe("worstCaseUsd", () => {
  it("is the whole lifetime as it is billed, the launch, and all data once", () => {
    const billing = { granularityMs: 3_600_000, minimumMs: 0, prepaid: false, refund: "none" } as const;
    const usd = worstCaseUsd({
      usdPerHour: 2,
      maxLifetimeHours: 3.5,
      billing,
      usdPerLaunch: 0.5,
      inputGB: 10,
      inputUsdPerGB: 0.09,
      outputGB: 1,
      outputUsdPerGB: 0.1,
    });
    expect(usd).toBeCloseTo(8 + 0.5 + 0.9 + 0.1, 12);
  });

  it("widens what is paid in a token, but neither data nor below the quote", () => {
    expect(
      worstCaseUsd({ usdPerHour: 1, maxLifetimeHours: 10, spread: 0.02, capMultiplier: 1.26, inputGB: 1, inputUsdPerGB: 1 }),
    ).toBeCloseTo(10 * 1.02 * 1.26 + 1, 12);
    expect(worstCaseUsd({ usdPerHour: 1, maxLifetimeHours: 10, capMultiplier: 0.9 })).toBe(10);
  });

  it("never lies below the minimum billing", () => {
    const billing = { granularityMs: 1_000, minimumMs: 3_600_000, prepaid: false, refund: "none" } as const;
    expect(worstCaseUsd({ usdPerHour: 4, maxLifetimeHours: 0.1, billing })).toBeCloseTo(4, 12);
  });
});
