import type { AttemptPurpose } from "../../model/attempt.js";
import type { DecisionRecord, RejectionExample } from "../../model/decision.js";
import type { SerializedError } from "../../model/errors/scheduler-error.js";
import type { NanoUsd } from "../../model/money.js";
import type { NodeIdentity, Offer } from "../../model/offer.js";
import type { Exclusions } from "../../model/run.js";
import type { VerificationRequest, Workload } from "../../model/workload.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { Policy } from "../../spec/policy.js";
import type { TrustReader } from "../trust/estimate.js";

/** What one backend contributes to a decision. */
export interface BackendOffers {
  readonly backend: string;
  readonly kind: string;
  readonly capabilities: Capabilities;
  /** The same array object as long as nothing changed: placement keeps what it computed per array and per offer. */
  readonly offers: readonly Offer[];
  /** The listing failed; the backend sits this decision out. */
  readonly error?: SerializedError;
}

/** An open, idle lease of the warm pool, offered at its marginal price. `offer.id` is `warm:<key>`. */
export interface WarmOffer {
  readonly leaseKey: string;
  readonly offer: Offer;
  readonly paidUntilMs: number;
}

/** Everything that one placement decision depends on. Immutable; the decision is a function of it. */
export interface PlacementInput {
  readonly runId: string;
  /** Number the attempt will get. */
  readonly attempt: number;
  readonly purpose: AttemptPurpose;
  readonly workload: Workload;
  readonly acceptedAtMs: number;
  readonly deadlineAtMs?: number;
  readonly nowMs: number;
  readonly policy: Policy;
  readonly backends: readonly BackendOffers[];
  /** Why other backends were not asked ({@link BackendAdmission}): told in the record, and counted as rejected. */
  readonly notAsked?: readonly RejectionExample[];
  readonly warm?: readonly WarmOffer[];
  readonly trust: TrustReader;
  readonly exclusions: Exclusions;
  /** Nodes of this run's other attempts that must not be used again, by what must differ. */
  readonly siblings: { readonly distinct: "operator" | "node" | "none"; readonly nodes: readonly NodeIdentity[] };
  /** Verification in force: replicas enter the cost of every candidate. */
  readonly verification: VerificationRequest;
  /** Most that may be reserved for this attempt, over all caps. Absent: unlimited (nothing paid is involved). */
  readonly available?: NanoUsd;
  /** Bytes of inputs and outputs, known or estimated, and the price of reading the inputs where they lie. */
  readonly data: {
    readonly inputBytes: number;
    readonly outputBytes: number;
    readonly inputEgressUsdPerGB: number;
    /** The same price where it differs between backends (id -> USD per GB), because some read a file in place and others a copy of it. */
    readonly inputEgressByBackend?: Readonly<Record<string, number>>;
  };
  /** Work that a checkpoint holds and that need not be done again, as time on the reference machine. Default 0. */
  readonly workDoneMs?: number;
  /** Failed attempts of this run so far; enters the chain. */
  readonly failures: number;
  /** Any string; draws and ties derive from it alone. Usually `<runId>/<attempt>`. */
  readonly seed: string;
}

export interface PricedCandidate {
  readonly offer: Offer;
  readonly backend: string;
  readonly totalUsd: number;
  /** To be reserved before bind. */
  readonly worstCase: NanoUsd;
  readonly priceCapUsdPerHour: number;
  readonly expectedHours: number;
  readonly successProbability: number;
}

export interface PlacementResult {
  readonly chosen?: PricedCandidate;
  /** Always complete; `failure` is set in it when nothing was chosen. */
  readonly record: DecisionRecord;
  /** When nothing was chosen: the earliest time at which a new try could go better (an offer or breaker changes), if known. */
  readonly retryAtMs?: number;
  /** When nothing was chosen: true if waiting cannot help (only the workload's own requirements stand in the way). */
  readonly hopeless: boolean;
}

/** Backends that a workload may be shown to, and why the others not. Asked before any backend hears of the workload. */
export interface BackendAdmission {
  readonly admitted: readonly string[];
  readonly rejections: readonly RejectionExample[];
}
