import type { ErrorCode } from "./errors/codes.js";
import type { SerializedError } from "./errors/scheduler-error.js";
import type { NanoUsd } from "./money.js";
import type { Billing, NodeIdentity, Price } from "./offer.js";

/** How a backend recognises a lease again. Plain JSON, stored, without secrets. */
export interface LeaseRef {
  readonly backend: string;
  /** The placement key under which it was bound: `[a-z][a-z0-9-]{0,47}`. */
  readonly key: string;
  /** The backend's own identifiers, opaque to everyone else. */
  readonly data: unknown;
}

/**
 * - `pending`: accepted, no machine yet.
 * - `starting`: a machine is there, the command does not run yet (image pull, staging).
 * - `running`: the command runs.
 * - `exited`: the command ended by itself and `exitCode` says how; the lease may still be open and cost money.
 * - `ended`: the seller's side is over without a trustworthy exit (reclaimed, lost, closed); `reason` says why.
 */
export type LeasePhase = "pending" | "starting" | "running" | "exited" | "ended";

/** What a lease has cost so far, by the seller's word. */
export interface Charge {
  readonly amount: NanoUsd;
  /** No later report will change it. */
  readonly final: boolean;
}

/** What a backend says about one lease. Silence is not an answer: one report per asked ref, in any order. */
export type LeaseReport =
  | {
      readonly kind: "status";
      readonly key: string;
      readonly phase: LeasePhase;
      /** Present when `exited`. */
      readonly exitCode?: number;
      /** Why, for `ended`, and for `exited` where more is known than a number (out of memory, timed out). */
      readonly reason?: ErrorCode;
      /** For people, from the backend. */
      readonly message?: string;
      /** Key of the attempt the report speaks of; absent: the one the lease was bound for. Matters for reused leases. */
      readonly attempt?: string;
      /** May become known late and may change. */
      readonly node?: NodeIdentity;
      /** The runner's HTTP address, where one is reachable. */
      readonly endpoint?: string;
      /** Cost so far; absent: the runtime meters from open time and price. */
      readonly charge?: Charge;
      readonly startedAtMs?: number;
      readonly endedAtMs?: number;
    }
  | { readonly kind: "gone"; readonly key: string; readonly charge?: Charge }
  | { readonly kind: "unknown"; readonly key: string; readonly error: SerializedError };

/** Answer of `find` for one intent. `unknown` is an answer like any other and leads to asking again, never to guessing. */
export type Finding =
  | { readonly kind: "bound"; readonly key: string; readonly lease: Lease }
  | { readonly kind: "partial"; readonly key: string; readonly ref: LeaseRef }
  | { readonly kind: "absent"; readonly key: string }
  | { readonly kind: "unknown"; readonly key: string; readonly error?: SerializedError };

/** What `bind` answers: a commitment exists. */
export interface Lease {
  readonly ref: LeaseRef;
  /** The agreed price, when it differs from the offer's (a bid). Never above the placement's cap. */
  readonly price?: Price;
  readonly node?: NodeIdentity;
  /** A first report, when the backend knows it already; saves one `inspect`. */
  readonly report?: LeaseReport;
}

/**
 * `intended`: committed before bind, nothing known yet. `absent`: certainly never came to be. `open`: costs run.
 * `releasing`: to be ended, retried until it is. `released`: over.
 */
export type LeaseState = "intended" | "absent" | "open" | "releasing" | "released";

/** What had become of a lease before an attempt took it over idle. Everything its own share of the bill is computed from. */
export interface ReusedLease {
  /** Row from which it was taken; that row's part is over. The backend goes on calling the lease by `ref.key`. */
  readonly from: string;
  /** When the lease was opened. */
  readonly openedAtMs: number;
  /** Time that was booked when it was opened, ms. */
  readonly bookedMs: number;
  readonly billing: Billing;
  /** Launches before this one. */
  readonly launches: number;
  /** What earlier attempts on it were charged, all together. */
  readonly charged: NanoUsd;
}

/** A lease as the store keeps it. Written under the claim of the run that owns it. */
export interface LeaseRow {
  readonly key: string;
  readonly version: number;
  readonly backend: string;
  /** Run and attempt that use it; `warm` once the pool owns it, with the run whose attempt used it last. */
  readonly owner:
    | { readonly kind: "attempt"; readonly runId: string; readonly attempt: number }
    | { readonly kind: "warm"; readonly runId: string };
  readonly state: LeaseState;
  /** Set as soon as `bind`, `find` or `progress` named it. */
  readonly ref?: LeaseRef;
  /** The ref came from `progress`: something exists but was never completed. It is released, never resumed. */
  readonly partial: boolean;
  readonly price: Price;
  readonly intendedAtMs: number;
  /** Until when an unanswered bind counts as possibly still happening. */
  readonly bindDeadlineMs: number;
  readonly openedAtMs?: number;
  readonly releasingAtMs?: number;
  readonly releasedAtMs?: number;
  /** At this time the lease has to be over, whatever happens; the backend enforces it where it can. */
  readonly lifetimeEndMs: number;
  /** Money held for it: the worst case. */
  readonly hold: NanoUsd;
  /** Accounts the hold was taken from. */
  readonly accounts: readonly string[];
  readonly charge?: Charge;
  /** What artifact stores bill for reading the inputs, should the attempt get so far; part of `hold`. Absent: nothing. */
  readonly inputReading?: NanoUsd;
  /** The part of it that was booked, beside `charge`: the inputs were read. */
  readonly read?: NanoUsd;
  /** Settled: the hold is gone and the charge is booked. */
  readonly settled: boolean;
  /** The release keeps failing; still retried. */
  readonly stuck: boolean;
  readonly releaseTries: number;
  /** When `find`, `release` or the question for the final charge is due again; absent: nothing is planned. */
  readonly nextTryAtMs?: number;
  readonly lastError?: SerializedError;
  /** Settled once already, while it was idle: what was booked then. The final charge books the difference. */
  readonly booked?: NanoUsd;
  /** The attempt did not open the lease but took an idle one over. */
  readonly reused?: ReusedLease;
  /** Warm: which workloads may take it over. Absent: none yet, the result of the last one has still to be confirmed. */
  readonly reuseKey?: string;
  /** Warm or reused: until then everything is paid for; releasing it earlier would save nothing. */
  readonly paidUntilMs?: number;
  /** Warm: released then, unless somebody takes it over before. */
  readonly idleUntilMs?: number;
  /** Key of the row under which another attempt goes on with the lease. Such a row is `released`: the lease itself is open. */
  readonly passedTo?: string;
}
