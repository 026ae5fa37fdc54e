import type { Charge } from "../model/lease.js";
import { meterCharge } from "../model/metering.js";
import type { Billing, Price } from "../model/offer.js";

/** What {@link meter} needs to know about a lease. */
export interface MeteredLease {
  readonly price: Price;
  readonly billing: Billing;
  /** When its costs began, ms since 1970. */
  readonly openedAtMs: number;
  /** When its costs ended; absent while it is open. */
  readonly closedAtMs?: number;
  /** Time that was booked at bind, ms. Matters for prepaid billing only. Default 0. */
  readonly bookedMs?: number;
}

/**
 * The charge of a lease from open time, price and billing rules, in nano-dollars, rounded up: granularity, minimum, prepaid
 * time and refund as {@link Billing} says. Final once the lease is closed. For backends whose seller names no amount but whose clock
 * is better known to the backend than to the runtime; where it is not, leave `charge` out and the runtime does the same sum.
 *
 * @param nowMs the time until which an open lease is charged, ms since 1970. A clock that went back counts as no time.
 */
export function meter(lease: MeteredLease, nowMs: number): Charge {
  const openMs = Math.max(0, (lease.closedAtMs ?? nowMs) - lease.openedAtMs);
  const amount = meterCharge({ openMs, bookedMs: lease.bookedMs ?? 0 }, lease.price, lease.billing);
  return { amount, final: lease.closedAtMs !== undefined };
}
