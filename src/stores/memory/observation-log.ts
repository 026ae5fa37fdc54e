import type { Observation } from "../../model/observation.js";

/**
 * Observations in the order of their commits. Bounded, because estimates forget with time anyway and a process may
 * make thousands a second for months: once the log holds twice the limit, its older half goes. Cursors keep counting.
 */
export class ObservationLog {
  readonly #limit: number;
  #kept: Observation[] = [];
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  append(observations: readonly Observation[]): void {
    for (const observation of observations) this.#kept.push(observation);
    const excess = this.#kept.length - this.#limit;
    if (excess >= this.#limit) {
      this.#kept = this.#kept.slice(excess);
      this.#dropped += excess;
    }
  }

  after(cursor: number): { readonly observations: readonly Observation[]; readonly cursor: number } {
    return { observations: this.#kept.slice(Math.max(0, cursor - this.#dropped)), cursor: this.#dropped + this.#kept.length };
  }
}
