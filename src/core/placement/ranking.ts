import type { Offer } from "../../model/offer.js";
import type { VerificationRequest } from "../../model/workload.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { SelectionMode } from "../../spec/policy.js";
import type { NodeEstimate, NodeParameters } from "../trust/estimate.js";
import { backendDenial } from "./admit-backends.js";
import { type BackendTerms, backendTerms, type CostTerms } from "./cost-terms.js";
import { bestParameters, type EstimateMemo } from "./estimate-memo.js";
import type { Denial } from "./filters/denial.js";
import { offerScreen } from "./filters/screen.js";
import { leastCost } from "./least-cost.js";
import { changedOffers } from "./listing-diff.js";
import type { Need } from "./need.js";
import { RejectionTally } from "./rejection-tally.js";
import type { ReplicaMemo } from "./replica-memo.js";

/** An offer that passed the screen, with a bound that no decision of this shape can price it below. */
export interface RankedOffer {
  readonly offer: Offer;
  readonly estimate: NodeEstimate;
  readonly best: NodeParameters;
  readonly bound: number;
}

/** What the bounds of a ranking were computed for. */
export interface BoundTerms {
  readonly cost: CostTerms;
  readonly verification: VerificationRequest;
  readonly selection: SelectionMode;
}

/**
 * One backend's offers as workloads of one need see them: who passes the filters that depend on nothing else, who does not and why,
 * and those who pass in order of what they must cost at least. Follows changes of the listing at the price of what changed.
 */
export class Ranking {
  readonly #need: Need;
  readonly #screen: (offer: Offer) => Denial | undefined;
  readonly #denials = new Map<Offer, Denial>();
  #backend: string;
  #offers: readonly Offer[] = [];
  #passed: Offer[] = [];
  #ranked: RankedOffer[] | undefined;
  /** Came since the last ranking. */
  #unranked: Offer[] = [];
  #estimates: EstimateMemo | undefined;
  #tally: RejectionTally | undefined;
  #capabilities: Capabilities;
  terms: BackendTerms;
  /** Set when the whole backend is out. */
  denial: Denial | undefined;

  constructor(need: Need, backend: string, capabilities: Capabilities) {
    this.#need = need;
    this.#screen = offerScreen(need);
    this.#backend = backend;
    this.#capabilities = capabilities;
    this.terms = backendTerms(capabilities);
    this.denial = backendDenial(need, capabilities);
  }

  get size(): number {
    return this.#offers.length;
  }

  /** Takes the present listing over. */
  follow(offers: readonly Offer[], capabilities: Capabilities): void {
    if (capabilities !== this.#capabilities) {
      this.#capabilities = capabilities;
      this.terms = backendTerms(capabilities);
      this.denial = backendDenial(this.#need, capabilities);
      this.#ranked = undefined;
    }
    if (offers === this.#offers || this.denial !== undefined) return;
    const { removed, added } = changedOffers(this.#offers, offers);
    this.#offers = offers;
    this.#tally = undefined;
    if (removed.size > 0) {
      for (const offer of removed) this.#denials.delete(offer);
      this.#passed = this.#passed.filter((offer) => !removed.has(offer));
      this.#unranked = this.#unranked.filter((offer) => !removed.has(offer));
      this.#ranked = this.#ranked?.filter(({ offer }) => !removed.has(offer));
    }
    for (const offer of added) {
      const denied = this.#screen(offer);
      if (denied !== undefined) {
        this.#denials.set(offer, denied);
        continue;
      }
      this.#passed.push(offer);
      if (this.#ranked !== undefined) this.#unranked.push(offer);
    }
  }

  /** Offers that passed the screen, in no order. */
  get passed(): readonly Offer[] {
    return this.#passed;
  }

  /** Those that did not. */
  get tally(): RejectionTally {
    if (this.#tally === undefined) {
      this.#tally = new RejectionTally();
      for (const [offer, denied] of this.#denials) this.#tally.add(denied, this.#backend, offer.id);
    }
    return this.#tally;
  }

  /** Offers that passed the screen, the lowest bound first, equal ones by id. Computed anew when `estimates` is another object. */
  ranked(bounds: BoundTerms, estimates: EstimateMemo, replicas: ReplicaMemo): readonly RankedOffer[] {
    const rank = (offer: Offer): RankedOffer => {
      const estimate = estimates.of(offer);
      const best = bestParameters(estimate, bounds.selection);
      const bound = leastCost(bounds.cost, this.terms, offer, best, replicas.of(bounds.verification, estimate.wrong));
      // A price that is no number sorts first: it will be looked at and refused.
      return { offer, estimate, best, bound: Number.isNaN(bound) ? Number.NEGATIVE_INFINITY : bound };
    };
    if (this.#ranked === undefined || this.#estimates !== estimates) {
      // In the order of before, which is nearly that of now, sorting takes little more than a look.
      const offers = this.#ranked === undefined ? this.#passed : this.#ranked.map(({ offer }) => offer).concat(this.#unranked);
      this.#ranked = offers.map(rank).sort(compareRanked);
      this.#estimates = estimates;
    } else if (this.#unranked.length > 0) {
      this.#ranked = merged(this.#ranked, this.#unranked.map(rank).sort(compareRanked));
    }
    this.#unranked = [];
    return this.#ranked;
  }
}

function compareRanked(a: RankedOffer, b: RankedOffer): number {
  if (a.bound !== b.bound) return a.bound < b.bound ? -1 : 1;
  return a.offer.id < b.offer.id ? -1 : a.offer.id > b.offer.id ? 1 : 0;
}

function merged(a: readonly RankedOffer[], b: readonly RankedOffer[]): RankedOffer[] {
  const all: RankedOffer[] = [];
  let i = 0;
  for (const item of b) {
    for (let next = a[i]; next !== undefined && compareRanked(next, item) <= 0; next = a[++i]) all.push(next);
    all.push(item);
  }
  for (let next = a[i]; next !== undefined; next = a[++i]) all.push(next);
  return all;
}
