import type { Offer } from "../../model/offer.js";
import type { RankedBid } from "../../spec/launch.js";
import type { Policy } from "../../spec/policy.js";
import { backendDenial } from "./admit-backends.js";
import { backendTerms } from "./cost-terms.js";
import { Decision } from "./decision.js";
import { toResult } from "./decision-record.js";
import { type EstimateMemo, estimateOf } from "./estimate-memo.js";
import { warmLongEnough } from "./filters/lifetime.js";
import { offerScreen } from "./filters/screen.js";
import { guardedPolicy } from "./guarded-policy.js";
import { type Need, needOf } from "./need.js";
import { PlacementMemo } from "./placement-memo.js";
import { priceCapUsdPerHour } from "./price-cap.js";
import { rankBids } from "./rank-bids.js";
import type { RankedOffer, Ranking } from "./ranking.js";
import { ReplicaMemo } from "./replica-memo.js";
import type { BackendOffers, PlacementInput, PlacementResult } from "./types.js";

/** With fewer offers than this all are priced: cheaper than keeping order, and nothing is hidden from the record. */
const PRICE_ALL_BELOW = 64;

/**
 * Chooses places. Every answer is a function of its input alone; what a placer keeps between calls only makes the next one faster.
 */
export interface Placer {
  /**
   * Decides on one attempt. Serial and pure: no clock, no randomness but the seed's.
   * @throws INVALID_POLICY when a function of the policy throws or answers nonsense
   */
  place(input: PlacementInput): PlacementResult;
  /**
   * Orders binding answers to an order, best first, by the same filters and the same sum. Bids above the cap, excluded, taken by a
   * sibling's operator or otherwise not allowed are left out; an empty answer means that nothing fits.
   */
  rankBids(input: PlacementInput, bids: readonly Offer[], priceCapUsdPerHour: number): readonly RankedBid[];
  /** Highest price per hour at which an offer may be bound; a placement that had to fit a budget carries a lower one of its own. */
  priceCap(offer: Offer): number;
}

/** A placer with an empty memory. One per scheduler. */
export function createPlacer(): Placer {
  const memo = new PlacementMemo();
  return {
    place: (input) => placeWith(memo, input),
    rankBids: (input, bids, cap) => rankBids(input, memo.guarded(input.policy), memo.needOf(input.workload), memo.replicas, bids, cap),
    priceCap: priceCapUsdPerHour,
  };
}

/** The same decision with every offer priced in full and nothing kept: what {@link Placer.place} is measured against. */
export function placeNaively(input: PlacementInput): PlacementResult {
  const need = needOf(input.workload);
  const decision = new Decision(input, guardedPolicy(input.policy), new ReplicaMemo());
  const screen = offerScreen(need);
  for (const backend of input.backends) {
    if (!decision.admits(backend, backendDenial(need, backend.capabilities))) continue;
    const terms = backendTerms(backend.capabilities);
    for (const offer of backend.offers) {
      decision.evaluated++;
      const denied = screen(offer);
      if (denied === undefined) decision.judge(offer, terms, estimateOf(offer, input.trust, input.nowMs));
      else decision.reject(denied, offer);
    }
  }
  judgeWarm(decision, need);
  return toResult(decision);
}

function placeWith(memo: PlacementMemo, input: PlacementInput): PlacementResult {
  const policy: Policy = memo.guarded(input.policy);
  const need = memo.needOf(input.workload);
  const decision = new Decision(input, policy, memo.replicas);
  const shape = memo.shapeOf(need, decision.terms, input.verification, policy.selection);

  const open: { readonly ranking: Ranking; readonly estimates: EstimateMemo }[] = [];
  let offers = 0;
  for (const backend of input.backends) {
    const ranking = memo.rankingOf(shape, backend);
    if (!decision.admits(backend, ranking.denial)) continue;
    open.push({ ranking, estimates: memo.estimatesOf(backend.backend, input.trust, input.nowMs) });
    offers += ranking.size;
    decision.tally.addAll(ranking.tally);
  }
  decision.evaluated += offers;
  judgeWarm(decision, need);
  if (offers < PRICE_ALL_BELOW) {
    for (const { ranking, estimates } of open) {
      for (const offer of ranking.passed) decision.judge(offer, ranking.terms, estimates.of(offer));
    }
  } else {
    scan(
      decision,
      open.map(({ ranking, estimates }) => ({ ranking, offers: ranking.ranked(shape.bounds, estimates, memo.replicas), next: 0 })),
    );
  }
  return toResult(decision);
}

interface Stream {
  readonly ranking: Ranking;
  readonly offers: readonly RankedOffer[];
  next: number;
}

/**
 * Visits offers in order of what they must cost at least, over all backends, until the next one cannot be below the best so far.
 * There are few backends, so the next stream is found by looking at all of them.
 */
function scan(decision: Decision, streams: readonly Stream[]): void {
  for (;;) {
    let stream: Stream | undefined;
    let first: RankedOffer | undefined;
    for (const other of streams) {
      const head = other.offers[other.next];
      if (head === undefined || (first !== undefined && !isBefore(head, first))) continue;
      stream = other;
      first = head;
    }
    if (stream === undefined || first === undefined) return;
    const { limit } = decision;
    if (first.bound * (1 - 1e-9) > limit) return;
    stream.next++;
    decision.judgeBelow(limit, first.offer, stream.ranking.terms, first.estimate, first.best);
  }
}

// Equal bounds go by name, so that the order in which backends come decides nothing, not even which offers a record shows.
function isBefore(a: RankedOffer, b: RankedOffer): boolean {
  if (a.bound !== b.bound) return a.bound < b.bound;
  return a.offer.id === b.offer.id ? a.offer.backend < b.offer.backend : a.offer.id < b.offer.id;
}

/** Open leases of the warm pool: few, so all are judged in full. */
function judgeWarm(decision: Decision, need: Need): void {
  const { warm = [], workload, nowMs, trust, backends } = decision.input;
  if (warm.length === 0) return;
  const screen = offerScreen(need);
  for (const item of warm) {
    const { offer } = item;
    const backend: BackendOffers | undefined = backends.find(({ backend: id }) => id === offer.backend);
    if (backend === undefined) continue;
    decision.evaluated++;
    const denied =
      backendDenial(need, backend.capabilities) ??
      screen(offer) ??
      warmLongEnough(workload, item, nowMs) ??
      decision.avoidanceOf(offer.backend);
    if (denied === undefined) decision.judge(offer, backendTerms(backend.capabilities), estimateOf(offer, trust, nowMs));
    else decision.reject(denied, offer);
  }
}
