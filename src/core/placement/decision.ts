import type { Offer } from "../../model/offer.js";
import type { Policy } from "../../spec/policy.js";
import { childSeed, seededRandom } from "../random.js";
import { drawParameters } from "../trust/draw.js";
import type { NodeEstimate, NodeParameters } from "../trust/estimate.js";
import { candidateCost } from "./cost.js";
import { type BackendTerms, type CostTerms, costTerms } from "./cost-terms.js";
import { bestParameters } from "./estimate-memo.js";
import { BreakerFilter } from "./filters/breaker.js";
import { availableUsdAtMost, fitsBudget } from "./filters/budget.js";
import { hasCapacity } from "./filters/capacity.js";
import { type Denial, denial } from "./filters/denial.js";
import { ExclusionFilter } from "./filters/excluded.js";
import { stillValid } from "./filters/expiry.js";
import { livesLongEnough } from "./filters/lifetime.js";
import { policyDenial } from "./filters/policy-filters.js";
import { SiblingFilter } from "./filters/siblings.js";
import { verificationFor } from "./guarded-policy.js";
import { leastCost } from "./least-cost.js";
import { RejectionTally } from "./rejection-tally.js";
import type { ReplicaMemo } from "./replica-memo.js";
import { type Candidate, TopList } from "./top-list.js";
import type { BackendOffers, PlacementInput } from "./types.js";

/** Candidates that a record shows. Exactly as many are priced before any offer is skipped for being beaten. */
export const TOP_CANDIDATES = 20;

/**
 * One decision under way: judges offers one after another, in any order, and keeps the best. What an offer is worth depends on the
 * offer and the seed alone, never on what was judged before it.
 */
export class Decision {
  readonly input: PlacementInput;
  readonly policy: Policy;
  readonly terms: CostTerms;
  readonly tally = new RejectionTally();
  /** Offers and whole backends looked at so far. */
  evaluated = 0;
  readonly #top: TopList;
  readonly #replicas: ReplicaMemo;
  readonly #exclusions: ExclusionFilter;
  readonly #siblings: SiblingFilter;
  readonly #breakers: BreakerFilter;
  readonly #seedPrefix: string;
  #priced = 0;

  /** `policy` is guarded. `most`: candidates to keep. */
  constructor(input: PlacementInput, policy: Policy, replicas: ReplicaMemo, most: number = TOP_CANDIDATES) {
    const { available } = input;
    this.input = input;
    this.policy = policy;
    this.terms = costTerms(
      input,
      policy,
      policy.value(input.workload),
      available === undefined ? undefined : availableUsdAtMost(available),
    );
    this.#top = new TopList(most);
    this.#replicas = replicas;
    this.#exclusions = new ExclusionFilter(input.exclusions);
    this.#siblings = new SiblingFilter(input.siblings);
    this.#breakers = new BreakerFilter(input.trust, input.seed, input.nowMs);
    this.#seedPrefix = childSeed(input.seed, "");
    for (const { code, example } of input.notAsked ?? []) {
      this.evaluated++;
      this.tally.add(denial(code, example.message), example.backend);
    }
  }

  /** Best first. */
  get candidates(): readonly Candidate[] {
    return this.#top.items;
  }

  /** An offer that cannot be below this need not be looked at: it could neither win nor would the record be poorer for it. */
  get limit(): number {
    return this.#priced < TOP_CANDIDATES ? Number.POSITIVE_INFINITY : (this.#top.items[0]?.cost.totalUsd ?? Number.POSITIVE_INFINITY);
  }

  /** Counts a whole backend out if its own state says so. Answers whether its offers are to be judged. */
  admits(backend: BackendOffers, denied: Denial | undefined): boolean {
    const found = denied ?? livesLongEnough(this.input.workload, backend.capabilities) ?? this.#backendDenial(backend);
    if (found === undefined) return true;
    this.evaluated++;
    this.tally.add(found, backend.backend);
    return false;
  }

  #backendDenial(backend: BackendOffers): Denial | undefined {
    const { error, offers } = backend;
    if (error !== undefined) return { code: "backend-failed", message: `listing its offers failed: ${error.message}` };
    if (offers.length === 0) return { code: "no-capacity", message: "it lists no offer for this now" };
    return this.avoidanceOf(backend.backend);
  }

  /** Why this run or anybody leaves a backend alone for now. */
  avoidanceOf(backend: string): Denial | undefined {
    return this.#exclusions.backendDenial(backend) ?? this.#breakers.backendDenial(backend);
  }

  /** Rejects what has been found out elsewhere. */
  reject(denied: Denial, offer: Offer): void {
    this.tally.add(denied, offer.backend, offer.id);
  }

  /** Judges an offer that passed the screen: filters of the moment, price, budget. */
  judge(offer: Offer, backend: BackendTerms, estimate: NodeEstimate): void {
    this.judgeBelow(Number.POSITIVE_INFINITY, offer, backend, estimate, undefined);
  }

  /** The same, but may give up without a word once it is certain that the offer's total is above `limit`. */
  judgeBelow(limit: number, offer: Offer, backend: BackendTerms, estimate: NodeEstimate, best: NodeParameters | undefined): void {
    const { input } = this;
    const bounded = limit < Number.POSITIVE_INFINITY;
    const asked = this.#replicas.of(input.verification, estimate.wrong);
    if (bounded && leastCost(this.terms, backend, offer, best ?? this.#bestOf(estimate), asked) * BOUND_SLACK > limit) return;

    const denied = this.#denial(offer, backend);
    if (denied !== undefined) {
      this.reject(denied, offer);
      return;
    }
    const request = verificationFor(this.policy, input.verification, input.workload, offer);
    const replicas = request === input.verification ? asked : this.#replicas.of(request, estimate.wrong);
    const parameters = this.#parametersOf(offer, estimate);
    if (bounded && leastCost(this.terms, backend, offer, parameters, replicas) * BOUND_SLACK > limit) return;

    const cost = candidateCost(this.terms, backend, offer, estimate, parameters, replicas);
    if ("code" in cost) {
      this.reject(cost, offer);
      return;
    }
    const unaffordable = fitsBudget(cost.worstCaseUsd, input.available);
    if (unaffordable !== undefined) {
      this.reject(unaffordable, offer);
      return;
    }
    this.#priced++;
    this.#top.add({ offer, backend, cost });
  }

  /** When the breaker that keeps an offer or backend out may let something through. */
  breakerUntilMs(who: Parameters<BreakerFilter["untilMs"]>[0]): number | undefined {
    return this.#breakers.untilMs(who);
  }

  #denial(offer: Offer, backend: BackendTerms): Denial | undefined {
    const { nowMs, workload } = this.input;
    const found =
      this.#exclusions.offerDenial(offer) ??
      this.#siblings.offerDenial(offer) ??
      stillValid(offer, nowMs) ??
      hasCapacity(offer) ??
      this.#breakers.offerDenial(offer);
    if (found !== undefined || this.policy.filters.length === 0) return found;
    const { capabilities } = backend;
    const { timeLeftMs } = this.terms;
    return policyDenial(this.policy, { workload, offer, capabilities, nowMs, ...(timeLeftMs === undefined ? {} : { timeLeftMs }) });
  }

  #bestOf(estimate: NodeEstimate): NodeParameters {
    return bestParameters(estimate, this.policy.selection);
  }

  #parametersOf(offer: Offer, estimate: NodeEstimate): NodeParameters {
    const { selection } = this.policy;
    if (selection.kind === "quantile") return bestParameters(estimate, selection);
    return drawParameters(estimate, seededRandom(`${this.#seedPrefix}${offer.backend}/${offer.id}`));
  }
}

/** Bounds and sums add the same numbers in different orders; this is far above the rounding error. */
const BOUND_SLACK = 1 - 1e-9;
