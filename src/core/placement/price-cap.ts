import type { Offer } from "../../model/offer.js";

/** A firm price may move a little between listing and bind. */
const FIRM_MARGIN = 1.05;

/** An indicative price is a guess at what a market will bid. */
const INDICATIVE_MARGIN = 1.25;

/**
 * Highest price per hour at which an offer may be bound: 5 % above a firm price, 25 % above an indicative one. Placement takes
 * less when the worst case at this price would not fit into what is available, but never less than the offer's own price.
 */
export function priceCapUsdPerHour(offer: Pick<Offer, "price" | "binding">): number {
  return offer.price.usdPerHour * (offer.binding === "firm" ? FIRM_MARGIN : INDICATIVE_MARGIN);
}

/** A price cap and the most that a placement under it may take. */
export interface CappedWorstCase {
  readonly usdPerHour: number;
  readonly worstCaseUsd: number;
}

/**
 * The cap and its worst case, lowered to what is available. The worst case is linear in the price, so the highest price that fits
 * is found by one division. When not even the offer's own price fits, the answer shows that price, and its worst case exceeds
 * what is available.
 *
 * @param worstCaseAt worst case in USD at a price per hour
 * @param availableUsd absent: unlimited
 */
export function cappedWorstCase(
  offer: Pick<Offer, "price" | "binding">,
  worstCaseAt: (usdPerHour: number) => number,
  availableUsd: number | undefined,
): CappedWorstCase {
  const cap = priceCapUsdPerHour(offer);
  const atCap = worstCaseAt(cap);
  if (availableUsd === undefined || atCap <= availableUsd) return { usdPerHour: cap, worstCaseUsd: atCap };
  const own = offer.price.usdPerHour;
  const atOwn = worstCaseAt(own);
  if (atOwn >= availableUsd) return { usdPerHour: own, worstCaseUsd: atOwn };
  // A hair below the exact solution, so that rounding cannot take it above.
  const fitting = own + (cap - own) * ((availableUsd - atOwn) / (atCap - atOwn)) * (1 - 1e-9);
  const atFitting = worstCaseAt(fitting);
  return atFitting <= availableUsd ? { usdPerHour: fitting, worstCaseUsd: atFitting } : { usdPerHour: own, worstCaseUsd: atOwn };
}
