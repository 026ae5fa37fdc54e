import type { Offer } from "../../model/offer.js";
import type { CandidateCost } from "./cost.js";
import type { BackendTerms } from "./cost-terms.js";

/** A candidate with its sum. */
export interface Candidate {
  readonly offer: Offer;
  readonly backend: BackendTerms;
  readonly cost: CandidateCost;
}

/** Least total first; equal ones by offer id, then backend, so that the order of offers decides nothing. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  if (a.cost.totalUsd !== b.cost.totalUsd) return a.cost.totalUsd - b.cost.totalUsd;
  if (a.offer.id !== b.offer.id) return a.offer.id < b.offer.id ? -1 : 1;
  if (a.offer.backend === b.offer.backend) return 0;
  return a.offer.backend < b.offer.backend ? -1 : 1;
}

/** The best few of many candidates, best first. */
export class TopList {
  readonly #most: number;
  readonly #items: Candidate[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get items(): readonly Candidate[] {
    return this.#items;
  }

  add(candidate: Candidate): void {
    const items = this.#items;
    let at = items.length;
    while (at > 0 && compareCandidates(candidate, items[at - 1] as Candidate) < 0) at--;
    if (at >= this.#most) return;
    items.splice(at, 0, candidate);
    if (items.length > this.#most) items.pop();
  }
}
