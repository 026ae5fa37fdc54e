import type { RejectionCode, RejectionExample } from "../../model/decision.js";
import type { Denial } from "./filters/denial.js";

interface Entry {
  count: number;
  backend: string;
  offerId: string | undefined;
  message: string;
}

/**
 * Counts rejections by code and keeps one example of each: that of the first backend and offer by name, so that the record does
 * not depend on the order in which offers came.
 */
export class RejectionTally {
  readonly #entries = new Map<RejectionCode, Entry>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(denial: Denial, backend: string, offerId?: string): void {
    this.#count(denial.code, 1, backend, offerId, denial.message);
  }

  /** Takes over what another tally has counted. */
  addAll(other: RejectionTally): void {
    for (const [code, entry] of other.#entries) this.#count(code, entry.count, entry.backend, entry.offerId, entry.message);
  }

  has(code: RejectionCode): boolean {
    return this.#entries.has(code);
  }

  /** The most frequent first, equal ones by code. */
  toExamples(): readonly RejectionExample[] {
    return [...this.#entries]
      .map(([code, { count, backend, offerId, message }]) => ({
        code,
        count,
        example: { backend, ...(offerId === undefined ? {} : { offerId }), message },
      }))
      .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
  }

  #count(code: RejectionCode, count: number, backend: string, offerId: string | undefined, message: string): void {
    this.#total += count;
    const entry = this.#entries.get(code);
    if (entry === undefined) {
      this.#entries.set(code, { count, backend, offerId, message });
      return;
    }
    entry.count += count;
    if (isBefore(backend, offerId, entry)) {
      entry.backend = backend;
      entry.offerId = offerId;
      entry.message = message;
    }
  }
}

// A whole backend's rejection says more than that of one of its offers.
function isBefore(backend: string, offerId: string | undefined, entry: Entry): boolean {
  if (backend !== entry.backend) return backend < entry.backend;
  if (offerId === undefined || entry.offerId === undefined) return offerId === undefined && entry.offerId !== undefined;
  return offerId < entry.offerId;
}
