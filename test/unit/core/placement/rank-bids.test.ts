import { describe, expect, it } from "vitest";
import { createPlacer } from "../../../../src/core/placement/place.js";
import type { PlacementInput } from "../../../../src/core/placement/types.js";
import { nanoUsd } from "../../../../src/model/money.js";
import type { Offer } from "../../../../src/model/offer.js";
import { NO_EXCLUSIONS } from "../../../../src/model/run.js";
import { cheapest, compose } from "../../../../src/policies/index.js";
import { dataOf, inputOf, offerOf, trustOf, workloadOf } from "./fixtures.js";

const steady = compose(cheapest(), { selection: { kind: "quantile", quantile: 0.5 } });
const priced = (id: string, usdPerHour: number, changes: Partial<Offer> = {}): Offer => offerOf(id, { price: { usdPerHour }, ...changes });

describe("ranking bids", () => {
  const order = priced("order", 1, { binding: "indicative" });
  const bid = (id: string, usdPerHour: number, changes: Partial<Offer> = {}): Offer =>
    priced(id, usdPerHour, { binding: "firm", ...changes });
  const rank = (bids: readonly Offer[], changes: Partial<PlacementInput> = {}, cap = 1.25) =>
    createPlacer().rankBids(inputOf([order], { policy: steady, ...changes }), bids, cap);

  it("puts the best first by total cost, not by price", () => {
    const ranked = rank([bid("slow", 0.9, { speed: 0.5 }), bid("quick", 1, { speed: 1 }), bid("mid", 1.1)]);
    expect(ranked.map(({ offerId }) => offerId)).toEqual(["quick", "mid", "slow"]);
    expect(ranked[0]).toMatchObject({ price: { usdPerHour: 1 } });
    expect(ranked.map(({ totalUsd }) => totalUsd)).toEqual([...ranked.map(({ totalUsd }) => totalUsd)].sort((a, b) => a - b));
  });

  it("keeps more than a record shows", () => {
    expect(rank(Array.from({ length: 50 }, (_, i) => bid(`b${i}`, 1)))).toHaveLength(50);
  });

  it("leaves out bids above the cap, of siblings' operators, of the excluded, of strangers, and of backends it does not know", () => {
    const bids = [
      bid("dear", 1.26),
      bid("just", 1.25),
      bid("sibling", 1),
      bid("excluded", 1),
      bid("stranger", 1, { trust: trustOf("permissionless") }),
      bid("alien", 1, { backend: "alien" }),
      bid("nan", Number.NaN),
    ];
    const ranked = rank(bids, {
      workload: workloadOf({ data: dataOf("internal") }),
      siblings: { distinct: "operator", nodes: [{ backend: "cloud", operator: "operator-of-sibling" }] },
      exclusions: { ...NO_EXCLUSIONS, nodes: ["cloud/node-of-excluded"] },
    });
    expect(ranked.map(({ offerId }) => offerId)).toEqual(["just"]);
    expect(rank(bids, { exclusions: { ...NO_EXCLUSIONS, backends: ["cloud"] } })).toEqual([]);
  });

  it("leaves out bids whose other charges do not fit the money", () => {
    const available = nanoUsd(5, "up");
    expect(
      rank([bid("fees", 1, { price: { usdPerHour: 1, usdPerLaunch: 3 } }), bid("plain", 1)], { available }).map(({ offerId }) => offerId),
    ).toEqual(["plain"]);
  });

  it("caps by the kind of offer", () => {
    const { priceCap } = createPlacer();
    expect(priceCap(order)).toBe(1.25);
    expect(priceCap(priced("firm", 1))).toBe(1.05);
  });
});
