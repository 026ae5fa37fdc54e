import type { Charge } from "../../model/lease.js";
import { type AttoGlm, glmToNanoUsd } from "./glm.js";

/** What a released lease came to. */
export interface Settled {
  readonly amount: AttoGlm;
  readonly usdPerGlm: number;
}

/** How many released leases are remembered. */
const MOST = 10_000;

/** The last words on charges. They do not change: the allocation is gone. */
export class SettledBook {
  readonly #settled = new Map<string, Settled>();

  set(key: string, settled: Settled): void {
    const earlier = this.#settled.get(key);
    // A second release finds nothing any more, and must not take the bill back.
    if (earlier !== undefined && earlier.amount >= settled.amount) return;
    const [oldest] = this.#settled.keys();
    if (this.#settled.size >= MOST && oldest !== undefined) this.#settled.delete(oldest);
    this.#settled.set(key, settled);
  }

  charge(key: string): Charge | undefined {
    const settled = this.#settled.get(key);
    return settled && { amount: glmToNanoUsd(settled.amount, settled.usdPerGlm), final: true };
  }
}
