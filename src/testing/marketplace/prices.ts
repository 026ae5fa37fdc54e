import { identityRandom } from "../seeded-random.js";
import type { MarketNode } from "./node.js";

/** Epochs that share the slow half of a price's movement. */
const SLOW_EPOCHS = 8;

/** Smallest price, USD per hour: a market does not give machines away. */
const LEAST_USD_PER_HOUR = 0.0001;

/**
 * Prices over time. A node's price is its base times exp(volatility * noise), where the noise is standard normal and
 * changes every epoch: half of its variance stays for eight epochs. A function of time, so nothing needs to be kept.
 */
export class Prices {
  readonly #seed: string;
  readonly #volatility: number;
  readonly #everyMs: number;
  /** Prices set by a test, by node, oldest first. */
  readonly #set = new Map<string, { readonly fromMs: number; readonly usdPerHour: number }[]>();

  constructor(seed: string, volatility: number, everyMs: number) {
    this.#seed = seed;
    this.#volatility = volatility;
    this.#everyMs = everyMs;
  }

  /** USD per hour at a moment. */
  at(node: MarketNode, atMs: number): number {
    const set = this.#set.get(node.id)?.findLast((change) => change.fromMs <= atMs);
    if (set !== undefined) return set.usdPerHour;
    const epoch = Math.floor(atMs / this.#everyMs);
    const fast = identityRandom(this.#seed, "price", node.id, epoch).normal(0, Math.SQRT1_2);
    const slow = identityRandom(this.#seed, "slow price", node.id, Math.floor(epoch / SLOW_EPOCHS)).normal(0, Math.SQRT1_2);
    const usd = node.baseUsdPerHour * Math.exp(this.#volatility * (fast + slow));
    return Math.max(LEAST_USD_PER_HOUR, Math.round(usd * 1e6) / 1e6);
  }

  /** From this moment on the node costs so much, without drift. Offers made before keep their price. */
  set(nodeId: string, atMs: number, usdPerHour: number): void {
    const changes = this.#set.get(nodeId) ?? [];
    changes.push({ fromMs: atMs, usdPerHour });
    this.#set.set(nodeId, changes);
  }

  /** Forgets prices that were set. */
  clear(): void {
    this.#set.clear();
  }
}
