import type { Offer } from "../../model/offer.js";
import type { RankedBid } from "../../spec/launch.js";
import type { Policy } from "../../spec/policy.js";
import { backendDenial } from "./admit-backends.js";
import { backendTerms } from "./cost-terms.js";
import { Decision } from "./decision.js";
import { estimateOf } from "./estimate-memo.js";
import { offerScreen } from "./filters/screen.js";
import type { Need } from "./need.js";
import type { ReplicaMemo } from "./replica-memo.js";
import type { PlacementInput } from "./types.js";

/**
 * Judges binding answers like offers. Filters hold for bids as they hold for offers: an order says what is wanted, but whoever
 * answers it may be anybody. Bids of a backend that the decision did not know are left out.
 */
export function rankBids(
  input: PlacementInput,
  policy: Policy,
  need: Need,
  replicas: ReplicaMemo,
  bids: readonly Offer[],
  priceCapUsdPerHour: number,
): readonly RankedBid[] {
  const decision = new Decision(input, policy, replicas, bids.length);
  const screen = offerScreen(need);
  for (const bid of bids) {
    const backend = input.backends.find(({ backend: id }) => id === bid.backend);
    if (backend === undefined || !(bid.price.usdPerHour <= priceCapUsdPerHour)) continue;
    if (backendDenial(need, backend.capabilities) !== undefined || decision.avoidanceOf(bid.backend) !== undefined) continue;
    if (screen(bid) === undefined) decision.judge(bid, backendTerms(backend.capabilities), estimateOf(bid, input.trust, input.nowMs));
  }
  return decision.candidates.map(({ offer, cost }) => ({ offerId: offer.id, totalUsd: cost.totalUsd, price: offer.price }));
}
