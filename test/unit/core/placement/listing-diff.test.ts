import { describe, expect, it } from "vitest";
import { changedOffers } from "../../../../src/core/placement/listing-diff.js";
import type { Offer } from "../../../../src/model/offer.js";
import { seededRandom } from "../../../../src/testing/seeded-random.js";
import { offerOf } from "./fixtures.js";

const offers = Array.from({ length: 100 }, (_, index) => offerOf(`o${index}`));

/** What a listing becomes when the diff is carried out. */
function applied(before: readonly Offer[], after: readonly Offer[]): ReadonlySet<Offer> {
  const { removed, added } = changedOffers(before, after);
  const kept = new Set(before.filter((offer) => !removed.has(offer)));
  for (const offer of added) {
    expect(kept.has(offer)).toBe(false);
    kept.add(offer);
  }
  return kept;
}

describe("changedOffers", () => {
  it("finds one removal, one arrival and one replacement, and nothing else", () => {
    const extra = offerOf("extra");
    const without = offers.filter((_, index) => index !== 40);
    expect(changedOffers(offers, without)).toEqual({ removed: new Set([offers[40]]), added: [] });
    const grown = [...offers.slice(0, 60), extra, ...offers.slice(60)];
    expect(changedOffers(offers, grown)).toEqual({ removed: new Set(), added: [extra] });
    const replaced = offers.with(7, extra);
    expect(changedOffers(offers, replaced)).toEqual({ removed: new Set([offers[7]]), added: [extra] });
  });

  it("leads from any listing to any other", () => {
    const random = seededRandom("diff");
    for (let round = 0; round < 300; round++) {
      const pick = (): Offer[] => random.shuffle(offers).slice(0, random.int(0, 100));
      const before = pick();
      const changed = before.filter(() => random.chance(0.95));
      if (random.chance(0.5) && changed.length > 1)
        changed.splice(random.int(0, changed.length), 0, ...changed.splice(random.int(0, changed.length - 1), 3));
      const after = random.chance(0.2) ? pick() : [...changed, ...offers.filter((offer) => !before.includes(offer) && random.chance(0.05))];
      expect(applied(before, after)).toEqual(new Set(after));
    }
  });
});
