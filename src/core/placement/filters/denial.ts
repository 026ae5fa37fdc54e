import type { RejectionCode } from "../../../model/decision.js";
import type { Offer } from "../../../model/offer.js";
import type { Need } from "../need.js";

/** Why an offer is out: names the missing attribute and what was found instead. */
export interface Denial {
  readonly code: RejectionCode;
  readonly message: string;
}

/**
 * A hard rule that depends on nothing but the offer and what the workload needs, so that its answer can be kept for as
 * long as both stay. Answers nothing when the offer may stay in.
 */
export type OfferFilter = (offer: Offer, need: Need) => Denial | undefined;

export const denial = (code: RejectionCode, message: string): Denial => ({ code, message });

/** A list for people: `iso27001, soc2`, or `none`. */
export const listed = (items: readonly string[]): string => (items.length === 0 ? "none" : items.join(", "));
