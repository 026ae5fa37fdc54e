import { describe, expect, it } from "vitest";
import { meter } from "../../../src/kit/metering.js";
import { nanoUsd } from "../../../src/model/money.js";

const HOUR = 3_600_000;
const price = { usdPerHour: 0.45 };
const perSecond = { granularityMs: 1_000, minimumMs: 60_000, prepaid: false, refund: "none" } as const;

describe("meter", () => {
  it("charges at least the minimum, then rounds up to the granularity", () => {
    expect(meter({ price, billing: perSecond, openedAtMs: 0 }, 5_000)).toEqual({ amount: nanoUsd(0.0075, "up"), final: false });
    // 61.2 s are billed as 62 s of 125,000 nano-dollars.
    expect(meter({ price, billing: perSecond, openedAtMs: 1_000, closedAtMs: 62_200 }, HOUR).amount).toBe(62n * 125_000n);
  });

  it("stops at the close and is final from then on", () => {
    const lease = { price, billing: perSecond, openedAtMs: 0, closedAtMs: HOUR };
    expect(meter(lease, 99 * HOUR)).toEqual({ amount: nanoUsd(0.45, "up"), final: true });
  });

  it("charges the booked time when it is not refunded, and the used time when it is", () => {
    const hourly = { granularityMs: HOUR, minimumMs: HOUR, prepaid: true, refund: "none" } as const;
    const lease = { price: { usdPerHour: 2 }, billing: hourly, openedAtMs: 0, closedAtMs: 1_000, bookedMs: 4 * HOUR };
    expect(meter(lease, 0).amount).toBe(nanoUsd(8, "up"));
    expect(meter({ ...lease, billing: { ...hourly, refund: "unused" } }, 0).amount).toBe(nanoUsd(2, "up"));
  });

  it("adds the price of the launch and never charges for a clock that went back", () => {
    const lease = { price: { usdPerHour: 1, usdPerLaunch: 0.02 }, billing: { ...perSecond, minimumMs: 0 }, openedAtMs: 10_000 };
    expect(meter(lease, 3_000).amount).toBe(nanoUsd(0.02, "up"));
  });
});
