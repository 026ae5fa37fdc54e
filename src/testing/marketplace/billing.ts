import { type MeteredTime, billedMs as meteredMs } from "../../model/metering.js";
import { type NanoUsd, nanoUsd } from "../../model/money.js";
import type { Billing, Price } from "../../model/offer.js";

const HOUR_MS = 3_600_000;
const BYTES_PER_GB = 1e9;

/** What a bill of the simulated market depends on. */
export interface Usage extends MeteredTime {
  readonly billing: Billing;
  readonly price: Price;
  /** The lease is closed: only now does unused prepaid time come back. */
  readonly closed: boolean;
  readonly launches: number;
  readonly egressBytes: number;
}

/** Billed time by the rules of {@link Billing}. While a prepaid lease is open, the whole booked time is billed. */
export function billedMs(usage: Pick<Usage, "billing" | "openMs" | "bookedMs" | "closed">): number {
  const { billing, closed } = usage;
  return meteredMs(usage, billing.prepaid && !closed ? { ...billing, refund: "none" } : billing);
}

/** The bill, exact and rounded up to a nano-dollar: billed time at the hourly price, launches, egress. */
export function bill(usage: Usage): NanoUsd {
  const { price } = usage;
  const time = (price.usdPerHour * billedMs(usage)) / HOUR_MS;
  const launches = usage.launches * (price.usdPerLaunch ?? 0);
  const egress = (usage.egressBytes / BYTES_PER_GB) * (price.egressUsdPerGB ?? 0);
  return nanoUsd(time + launches + egress, "up");
}
