import type { Offer } from "../../../model/offer.js";
import { type Denial, denial } from "./denial.js";

/** An offer that has expired cannot be bound any more. */
export function stillValid(offer: Offer, nowMs: number): Denial | undefined {
  if (offer.expiresAtMs > nowMs) return undefined;
  return denial("expired", `the offer expired ${Math.round((nowMs - offer.expiresAtMs) / 1000)} s ago`);
}
