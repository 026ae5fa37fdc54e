import type { Offer } from "../../model/offer.js";
import type { Workload } from "../../model/workload.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { RetryPolicy } from "../../spec/policy.js";

/** What transitions need to know besides state and input. Plain data and pure functions. */
export interface LifecycleRules {
  readonly retry: RetryPolicy;
  /** Capabilities of a backend; `undefined` when it is no longer configured. */
  readonly capabilities: (backend: string) => Capabilities | undefined;
  readonly timing: LifecycleTiming;
  /** Absent: every lease is released as soon as its attempt has ended. */
  readonly warm?: WarmRules | undefined;
}

/** When an open lease is kept for the next work. */
export interface WarmRules {
  /** Longest time that a lease stays open without work. */
  readonly idleMs: number;
  /** A lease that could wait no longer than this is not worth keeping. */
  readonly leastIdleMs: number;
  /** So long before the end of the paid time it is released: ending a lease takes a while. */
  readonly releaseMs: number;
  /** Whether a result from there counts without anybody's confirmation. If not, the lease waits for the verdict before it is offered. */
  readonly trusts: (workload: Workload, offer: Offer) => boolean;
}

/** Patience of the engine with itself and others. */
export interface LifecycleTiming {
  /** First and longest pause between two tries of `find`, `release` and charge questions, ms. */
  readonly retryFirstMs: number;
  readonly retryMostMs: number;
  /** After so many failed releases a lease is flagged as stuck. */
  readonly stuckAfterTries: number;
  /** How long a seller is asked for a final charge before the metered one is booked. */
  readonly chargePatienceMs: number;
  /** How long an unresolved bind may hold an attempt up before it counts as lost, beyond the bind deadline and visibility. */
  readonly unresolvedMs: number;
  /** Allowance for the backend's own timeout before the runtime ends an attempt. */
  readonly timeoutGraceMs: number;
  /** The same, in addition, where machines fetch inputs and store outputs within the time that the platform sees the container run. */
  readonly stagingGraceMs: number;
  readonly promotionTries: number;
}

export const DEFAULT_TIMING: LifecycleTiming = {
  retryFirstMs: 1_000,
  retryMostMs: 60_000,
  stuckAfterTries: 5,
  chargePatienceMs: 3_600_000,
  unresolvedMs: 60_000,
  timeoutGraceMs: 5_000,
  stagingGraceMs: 600_000,
  promotionTries: 8,
};
