import type { LeaseRef } from "../../model/lease.js";
import type { MarketLease } from "./market-lease.js";
import type { MarketNode } from "./node.js";

/** An order in an indicative market: asks for bids until it is closed. Costs nothing, but is there until somebody closes it. */
export interface MarketOrder {
  readonly key: string;
  readonly namespace: string;
  readonly openedAtMs: number;
  closed: boolean;
}

/** One thing that happened at the seller's side. Times are ms since the market's first call. */
export interface MarketEvent {
  readonly atMs: number;
  readonly event:
    | "order-opened"
    | "order-closed"
    | "bids"
    | "lease-opened"
    | "launch-started"
    | "release-asked"
    | "released"
    | "collected"
    | "node-killed"
    | "price-set"
    | "outage";
  readonly key?: string;
  readonly node?: string;
  readonly detail?: string | number;
}

/** Everything the simulated market has agreed to. */
export class LeaseBook {
  readonly leases = new Map<string, MarketLease>();
  readonly orders = new Map<string, MarketOrder>();
  readonly history: MarketEvent[] = [];
  readonly #byNode = new Map<string, Set<MarketLease>>();

  add(lease: MarketLease): void {
    this.leases.set(lease.key, lease);
    const onNode = this.#byNode.get(lease.node.id) ?? new Set();
    onNode.add(lease);
    this.#byNode.set(lease.node.id, onNode);
  }

  /** Launches that the node can still take. */
  freeOn(node: MarketNode, atMs: number): number {
    const onNode = this.#byNode.get(node.id);
    if (onNode === undefined) return node.capacity;
    for (const lease of onNode) if (!lease.occupiesAt(atMs)) onNode.delete(lease);
    return node.capacity - onNode.size;
  }

  /** Leases that occupy the node. */
  on(nodeId: string, atMs: number): readonly MarketLease[] {
    return [...(this.#byNode.get(nodeId) ?? [])].filter((lease) => lease.occupiesAt(atMs));
  }

  note(event: MarketEvent): void {
    this.history.push(event);
  }

  clear(): void {
    this.leases.clear();
    this.orders.clear();
    this.history.length = 0;
    this.#byNode.clear();
  }
}

/** How the market recognises a lease or order again. Says that it is a simulation to whoever sees the stored reference. */
export function refOf(backend: string, key: string, data: { readonly node: string } | { readonly order: string }): LeaseRef {
  return { backend, key, data: { simulated: true, ...data } };
}
