import { type NanoUsd, nanoUsd } from "./money.js";
import type { Billing, Price } from "./offer.js";

const HOUR_MS = 3_600_000;

export interface MeteredTime {
  /** From the moment the lease opened to the moment it was released (or now), ms. */
  readonly openMs: number;
  /** Time that was booked at bind, ms; what a prepaid lease without refund costs in any case. */
  readonly bookedMs: number;
}

/** Billed time: open time, or the booked time where it is not refunded, at least the minimum, rounded up to the granularity. */
export function billedMs(time: MeteredTime, billing: Billing): number {
  const used = billing.prepaid && billing.refund === "none" ? Math.max(time.bookedMs, time.openMs) : time.openMs;
  const least = Math.max(used, billing.minimumMs);
  return Math.ceil(least / billing.granularityMs) * billing.granularityMs;
}

/** What a lease has cost by the seller's billing rules, rounded up to a nano-dollar. */
export function meterCharge(time: MeteredTime, price: Price, billing: Billing): NanoUsd {
  return nanoUsd((price.usdPerHour * billedMs(time, billing)) / HOUR_MS + (price.usdPerLaunch ?? 0), "up");
}
