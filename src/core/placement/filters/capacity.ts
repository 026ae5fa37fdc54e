import type { Offer } from "../../../model/offer.js";
import { type Denial, denial } from "./denial.js";

/** An offer whose known capacity is used up. Unknown capacity counts as some. */
export function hasCapacity(offer: Offer): Denial | undefined {
  return offer.capacity === undefined || offer.capacity >= 1 ? undefined : denial("no-capacity", "the offer takes no more placements now");
}
