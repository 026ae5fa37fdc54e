import type { WarmRules } from "../core/lifecycle/rules.js";
import { isIdle, reuseKeyOf } from "../core/lifecycle/warm-lease.js";
import type { WarmOffer } from "../core/placement/types.js";
import type { AttemptRow } from "../model/attempt.js";
import type { LeaseRow } from "../model/lease.js";
import type { Billing, Offer } from "../model/offer.js";
import type { Workload } from "../model/workload.js";
import type { Host } from "../spec/host.js";
import type { Policy } from "../spec/policy.js";

/** An idle lease whose wait would be shorter than this is released at once, ms. */
const LEAST_IDLE_MS = 60_000;
/** Idle leases are released so long before their paid time is over, ms: a release may have to be asked for twice. */
const RELEASE_MS = 60_000;
/** Time that starting the next launch may take, ms: the work after it must still fit into what is paid for. */
const START_MS = 60_000;

/** Open time costs nothing more; what a launch costs in itself it still costs. */
const PAID: Billing = { granularityMs: 1, minimumMs: 0, prepaid: false, refund: "unused" };

interface Idle {
  readonly lease: LeaseRow;
  readonly offer: WarmOffer;
}

/**
 * Open leases without work, of this process and of others on the same store, as candidates for the next placement. The rows in the store
 * are the truth: whoever takes a lease over writes its row, and only one can. What is here may be outdated, and then costs a second look.
 */
export class WarmPool {
  readonly #host: Host;
  readonly #rules: WarmRules | undefined;
  readonly #idle = new Map<string, Idle>();
  /** Leases that a placement of this process is about to take over. */
  readonly #taken = new Set<string>();
  #closed = false;

  /** `idleMs` 0: no lease is ever kept. */
  constructor(host: Host, policy: Policy, idleMs: number) {
    this.#host = host;
    const trusts = (workload: Workload, offer: Offer): boolean =>
      workload.verification.kind === "none" && (policy.verification?.(workload, offer).kind ?? "none") === "none";
    this.#rules = idleMs === 0 ? undefined : { idleMs, leastIdleMs: LEAST_IDLE_MS, releaseMs: RELEASE_MS, trusts };
  }

  /** Rules by which leases enter; none once the pool is closed. */
  get rules(): WarmRules | undefined {
    return this.#closed ? undefined : this.#rules;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** From now on nothing enters and nothing is offered. */
  close(): void {
    this.#closed = true;
    this.#idle.clear();
  }

  /** What is known of a lease now: idle, it is offered from here on; otherwise it is not. */
  note(lease: LeaseRow, attempt: AttemptRow | undefined): void {
    if (attempt === undefined || !isIdle(lease) || lease.reuseKey === undefined) this.#idle.delete(lease.key);
    else if (!this.#closed) this.#idle.set(lease.key, { lease, offer: offerOf(lease, attempt) });
  }

  /** Whether a row of the store is new here. */
  isNews(lease: LeaseRow): boolean {
    return this.#idle.get(lease.key)?.lease.version !== lease.version;
  }

  forget(key: string): void {
    this.#idle.delete(key);
  }

  /** Forgets what the store does not show any more of one backend. */
  keepOnly(backend: string, keys: ReadonlySet<string>): void {
    for (const { lease } of [...this.#idle.values()]) if (lease.backend === backend && !keys.has(lease.key)) this.#idle.delete(lease.key);
  }

  /** Idle leases that the workload may take over: same image, tenant and data class. */
  offersFor(workload: Workload): readonly WarmOffer[] {
    if (this.#idle.size === 0) return [];
    const nowMs = this.#host.now();
    const key = reuseKeyOf(workload);
    const fitting: WarmOffer[] = [];
    for (const { lease, offer } of this.#idle.values()) {
      if (lease.reuseKey === key && nowMs < (lease.idleUntilMs ?? 0) && !this.#taken.has(lease.key)) fitting.push(offer);
    }
    return fitting;
  }

  /** The row of a lease that a placement takes over; nobody else in this process is offered it until it is given back or gone. */
  take(key: string): LeaseRow | undefined {
    const idle = this.#idle.get(key);
    if (idle === undefined || this.#taken.has(key)) return undefined;
    this.#taken.add(key);
    return idle.lease;
  }

  /** The placement came to nothing, or the lease has gone over. */
  giveBack(key: string): void {
    this.#taken.delete(key);
  }
}

function offerOf(lease: LeaseRow, { offer, node }: AttemptRow): WarmOffer {
  const paidUntilMs = lease.paidUntilMs ?? 0;
  const { setupMs: _, capacity: __, ...rest } = offer;
  return {
    leaseKey: lease.key,
    paidUntilMs: paidUntilMs - START_MS,
    offer: {
      ...rest,
      ...(node.provider === undefined ? {} : { provider: node.provider }),
      ...(node.operator === undefined ? {} : { operator: node.operator }),
      ...(node.node === undefined ? {} : { node: node.node }),
      id: `warm:${lease.key}`,
      binding: "firm",
      price: { ...lease.price, usdPerHour: 0, source: "an open lease that is paid for" },
      billing: PAID,
      expiresAtMs: lease.idleUntilMs ?? 0,
      reuses: { leaseKey: lease.key, paidUntilMs },
    },
  };
}
