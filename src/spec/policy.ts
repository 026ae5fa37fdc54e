import type { AttemptRow } from "../model/attempt.js";
import type { ErrorCode, Retry } from "../model/errors/codes.js";
import type { Offer } from "../model/offer.js";
import type { VerificationRequest, Workload } from "../model/workload.js";
import type { Capabilities } from "./capabilities.js";

/** What a filter or penalty may look at. All of it is immutable; looking anything else up is a bug. */
export interface PolicyView {
  readonly workload: Workload;
  readonly offer: Offer;
  readonly capabilities: Capabilities;
  readonly nowMs: number;
  /** Time left until the deadline; absent without one. */
  readonly timeLeftMs?: number;
}

/** What a penalty sees in addition: the candidate's estimate. */
export interface PenaltyView extends PolicyView {
  readonly expectedHours: number;
  readonly expectedStartHours: number;
  readonly successProbability: number;
  /** Fully loaded cost before penalties, USD. */
  readonly costUsd: number;
}

/** A hard rule. Answers why the offer is out, or nothing. Pure. */
export interface Filter {
  /** kebab-case. */
  readonly name: string;
  /** The rule: a reason to leave the offer out, or `undefined`. Pure. */
  readonly test: (view: PolicyView) => string | undefined;
}

/** A soft rule in USD: what it is worth to the user to avoid this candidate. Pure, finite, >= 0 (a bonus is a penalty on the others). */
export interface Penalty {
  readonly name: string;
  /** The price of taking this candidate, USD. Pure. */
  readonly usd: (view: PenaltyView) => number;
}

/** What waiting and failing are worth, in USD. These turn latency and lateness into the same unit as the bill. */
export interface TimeValue {
  /** Per hour from acceptance to result. */
  readonly waitingUsdPerHour: number;
  /** Per hour to the *start* of the command, for interactive work. */
  readonly startUsdPerHour: number;
  /** Per hour of expected lateness after the deadline. */
  readonly latenessUsdPerHour: number;
  /** Once, times the probability of missing the deadline or never finishing. */
  readonly missUsd: number;
}

/** How often and how soon failures are tried again. */
export interface RetryPolicy {
  /** Most attempts that end badly. Reclaims of checkpointed work and launches without effect do not count. */
  readonly maxFailures: number;
  /** Most launches without effect (no capacity, expired offers) before the run fails; they cost nothing but time. */
  readonly maxLaunches: number;
  /** Longest time a run waits for a place without any attempt under way, ms; then it fails with the last obstacle. Default 24 h. */
  readonly maxWaitMs?: number;
  readonly backoff: { readonly initialMs: number; readonly factor: number; readonly maxMs: number };
  /** Overrides what {@link ErrorCode}'s table says; absent codes keep it. */
  readonly byCode: Readonly<Partial<Record<ErrorCode, RetryRule>>>;
}

/** What follows a failure with a certain code. */
export interface RetryRule {
  readonly retry: Retry;
  /** What `elsewhere` excludes. Default `node`; the next wider one known is taken when the node is unknown. */
  readonly exclude?: "offer" | "node" | "operator" | "provider" | "backend";
}

/** How uncertainty enters the choice. `draw`: Thompson draws from the posteriors, seeded. `quantile`: unfavourable quantiles, deterministic, no exploration. */
export type SelectionMode = { readonly kind: "draw" } | { readonly kind: "quantile"; readonly quantile: number };

/** A named way to choose. Everything in it is data or a pure function. Ready-made ones in `spillway/policies`. */
export interface Policy {
  readonly name: string;
  readonly filters: readonly Filter[];
  readonly penalties: readonly Penalty[];
  /** What time is worth for a workload. */
  readonly value: (workload: Workload) => TimeValue;
  readonly retry: RetryPolicy;
  readonly selection: SelectionMode;
  /** Verification that an offer needs at least, for workloads that ask for none. For instance quorum on permissionless nodes. */
  readonly verification?: (workload: Workload, offer: Offer) => VerificationRequest;
  /** Wanted number of simultaneous attempts beyond the verifier's, such as a hedge for a late primary. Pure. */
  readonly hedge?: (view: HedgeView) => "hedge" | undefined;
  /** Longest acceptable expected billed time as a multiple of the work: above it a placement is rejected as `too-long`. Default 20. */
  readonly maxBilledRatio: number;
}

/** What a hedging rule may look at. */
export interface HedgeView {
  readonly workload: Workload;
  readonly attempts: readonly AttemptRow[];
  readonly nowMs: number;
  readonly timeLeftMs?: number;
}
