import type { ErrorCode } from "../../model/errors/codes.js";
import type { Charge } from "../../model/lease.js";
import type { Billing, Price } from "../../model/offer.js";
import type { Launch } from "../../spec/launch.js";
import { bill, billedMs, type Usage } from "./billing.js";
import type { Execution, ExecutionState } from "./execution.js";
import type { Fate } from "./fate.js";
import type { MarketNode } from "./node.js";
import type { UpTime } from "./weather.js";

/** One launch on a lease; a reused lease has several, one after the other. */
export interface Stint {
  readonly launch: Launch;
  readonly fate: Fate;
  readonly begunAtMs: number;
  readonly execution: Execution;
}

/** Why and when the seller's side of a lease is over. */
export interface Ending {
  readonly atMs: number;
  readonly reason: ErrorCode;
  readonly message: string;
  /** Nobody announces it: for so long it looks as before, for as long again nobody knows, then the lease is gone. */
  readonly silentMs: number;
}

/** What the market's book says when it matters for billing. */
export interface LeaseTerms {
  readonly billsDeadNodes: boolean;
  readonly enforcesLifetime: boolean;
  readonly finalChargeMs: number;
}

/** A lease as the seller knows it. Everything that only takes time is computed from the moment asked about. */
export class MarketLease {
  readonly stints: Stint[] = [];
  /** Bytes handed over, by output file. */
  readonly egress = new Map<string, number>();
  releaseAskedAtMs = Number.POSITIVE_INFINITY;
  releasedAtMs = Number.POSITIVE_INFINITY;
  /** How often it was asked about, for draws by identity. */
  asked = 0;

  readonly key: string;
  readonly namespace: string;
  readonly node: MarketNode;
  readonly up: UpTime;
  readonly price: Price;
  readonly billing: Billing;
  readonly boundAtMs: number;
  readonly bookedMs: number;
  readonly #terms: LeaseTerms;

  constructor(
    facts: Pick<MarketLease, "key" | "namespace" | "node" | "up" | "price" | "billing" | "boundAtMs" | "bookedMs">,
    terms: LeaseTerms,
  ) {
    this.key = facts.key;
    this.namespace = facts.namespace;
    this.node = facts.node;
    this.up = facts.up;
    this.price = facts.price;
    this.billing = facts.billing;
    this.boundAtMs = facts.boundAtMs;
    this.bookedMs = facts.bookedMs;
    this.#terms = terms;
  }

  get stint(): Stint {
    return this.stints[this.stints.length - 1] as Stint;
  }

  /** The earliest thing that ends the lease at the seller's side, unless it is released before. */
  ending(): Ending {
    const { fate, begunAtMs } = this.stint;
    const endings: Ending[] = [
      { atMs: this.up.endMs, reason: "LEASE_LOST", message: "The simulated node died.", silentMs: this.up.silent ? this.up.silentMs : 0 },
      { atMs: begunAtMs + fate.reclaimAfterMs, reason: "PREEMPTED", message: "The simulated seller took the machine back.", silentMs: 0 },
    ];
    if (this.#terms.enforcesLifetime) {
      endings.push({
        atMs: this.boundAtMs + this.bookedMs,
        reason: "LEASE_LOST",
        message: "The simulated market ended the lease at its lifetime limit.",
        silentMs: 0,
      });
    }
    const startMs = begunAtMs + fate.startMs;
    if (fate.startError !== undefined)
      endings.push({ atMs: startMs, reason: fate.startError, message: "The simulated machine never became ready.", silentMs: 0 });
    if (fate.dieAfterMs !== undefined) {
      const fromMs = Number.isFinite(startMs) ? startMs : begunAtMs;
      endings.push({ atMs: fromMs + fate.dieAfterMs, reason: "LEASE_LOST", message: "The simulated node died.", silentMs: fate.silentMs });
    }
    const { breakage } = this.stint.execution;
    if (breakage !== undefined) endings.push({ ...breakage, silentMs: 0 });
    return endings.reduce((first, ending) => (ending.atMs < first.atMs ? ending : first));
  }

  /** When the seller forgets about it: never, unless it died in silence. */
  goneAtMs(): number {
    const ending = this.ending();
    return ending.silentMs > 0 ? ending.atMs + 2 * ending.silentMs : Number.POSITIVE_INFINITY;
  }

  /** The command as it really was at a moment: nothing goes on after the end of the node or the release. */
  stateAt(atMs: number): ExecutionState {
    return this.stint.execution.at(Math.min(atMs, this.ending().atMs, this.releaseAskedAtMs));
  }

  /** The node is taken by it. */
  occupiesAt(atMs: number): boolean {
    return atMs < this.releasedAtMs && atMs < this.ending().atMs;
  }

  /** Usage until a moment, by the terms of the market. */
  usageAt(atMs: number): Usage {
    const deadMs = this.#terms.billsDeadNodes ? this.goneAtMs() : this.ending().atMs;
    return {
      billing: this.billing,
      price: this.price,
      openMs: Math.max(0, Math.min(atMs, this.releaseAskedAtMs, deadMs) - this.boundAtMs),
      bookedMs: this.bookedMs,
      closed: atMs >= this.releasedAtMs || atMs >= this.goneAtMs(),
      launches: this.stints.length,
      egressBytes: [...this.egress.values()].reduce((sum, bytes) => sum + bytes, 0),
    };
  }

  billedMsAt(atMs: number): number {
    return billedMs(this.usageAt(atMs));
  }

  chargeAt(atMs: number): Charge {
    const final = atMs >= Math.min(this.releasedAtMs + this.#terms.finalChargeMs, this.goneAtMs());
    return { amount: bill(this.usageAt(atMs)), final };
  }
}
