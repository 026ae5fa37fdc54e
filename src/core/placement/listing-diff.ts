import type { Offer } from "../../model/offer.js";

/** How far ahead a shifted offer is looked for before it counts as removed and added. */
const LOOK_AHEAD = 16;

/** What distinguishes two listings, by object identity. An offer on both lists has moved: take it out, then put it in. */
export interface ListingDiff {
  readonly removed: ReadonlySet<Offer>;
  readonly added: readonly Offer[];
}

/**
 * Compares two listings of a backend in one walk along both. Listings mostly keep their order and lose, gain or replace a few
 * offers; where they do not, the answer is longer than it need be. An offer occurs once in a listing: ids are unique within a
 * backend.
 */
export function changedOffers(before: readonly Offer[], after: readonly Offer[]): ListingDiff {
  if (before.length === 0) return { removed: new Set(), added: after };
  const removed = new Set<Offer>();
  const added: Offer[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length && j < after.length) {
    const old = before[i] as Offer;
    const young = after[j] as Offer;
    if (old === young) {
      i++;
      j++;
      continue;
    }
    const gone = distance(before, i, young);
    const come = distance(after, j, old);
    if (gone === 0 && come === 0) {
      // Replaced in place.
      removed.add(old);
      added.push(young);
      i++;
      j++;
    } else if (gone > 0 && (come === 0 || gone <= come)) {
      for (let k = 0; k < gone; k++) removed.add(before[i++] as Offer);
    } else {
      for (let k = 0; k < come; k++) added.push(after[j++] as Offer);
    }
  }
  while (i < before.length) removed.add(before[i++] as Offer);
  while (j < after.length) added.push(after[j++] as Offer);
  return { removed, added };
}

/** Steps from `from` to `wanted`, 0 when it is not near. */
function distance(offers: readonly Offer[], from: number, wanted: Offer): number {
  const end = Math.min(offers.length, from + LOOK_AHEAD);
  for (let k = from + 1; k < end; k++) if (offers[k] === wanted) return k - from;
  return 0;
}
