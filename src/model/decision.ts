import type { AttemptPurpose } from "./attempt.js";
import type { ErrorCode } from "./errors/codes.js";

/** One term of a candidate's sum. */
export interface CostPart {
  /** Stable kebab-case name: `compute`, `lost-work`, `set-up`, `launch`, `input-egress`, `output-egress`, `verification`, `waiting`, `lateness`, or a penalty's name. */
  readonly name: string;
  readonly usd: number;
  /** One short phrase for people, such as `3.2 h at $0.45/h`. */
  readonly why?: string;
}

/** A candidate as it was seen by a decision: its worth is the sum of its parts, in USD. */
export interface CandidateRecord {
  readonly offerId: string;
  readonly backend: string;
  readonly provider?: string;
  readonly operator?: string;
  readonly node?: string;
  readonly usdPerHour: number;
  /** An open lease of the warm pool, paid for until then. */
  readonly reuses?: { readonly leaseKey: string; readonly paidUntilMs: number };
  /** Expected fully loaded cost plus penalties; the smallest wins. */
  readonly totalUsd: number;
  readonly parts: readonly CostPart[];
  /** Most money this placement may take: what is reserved before bind. */
  readonly worstCaseUsd: number;
  /** Probability that one attempt here succeeds. */
  readonly successProbability: number;
  /** Expected time from now to the result, hours. */
  readonly expectedHours: number;
}

/** Codes for why an offer, or a whole backend, is out. */
export type RejectionCode =
  | "no-images" // the backend cannot run container images
  | "image-required"
  | "too-small" // cpu, memory, disk
  | "wrong-gpu"
  | "wrong-arch"
  | "not-interruptible" // the workload must not be reclaimed
  | "untrusted-operator"
  | "sensitivity"
  | "residency"
  | "certification"
  | "agreement"
  | "tee"
  | "secrets"
  | "staging" // inputs or outputs cannot be moved there
  | "expired"
  | "excluded" // failed before for this run
  | "same-operator" // a sibling attempt already uses this operator
  | "breaker-open"
  | "backend-failed" // no offers: the listing failed
  | "no-capacity"
  | "unsupported" // needs something the backend does not declare
  | "over-budget" // the worst case does not fit the cap
  | "too-long" // expected billed hours out of all proportion: too volatile without checkpoints
  | "lifetime" // the backend cannot keep a lease long enough
  | "policy"; // a policy's own filter

/** How many offers or backends fell to one rule, with one example. */
export interface RejectionExample {
  readonly code: RejectionCode;
  readonly count: number;
  readonly example: {
    readonly backend: string;
    readonly offerId?: string;
    /** What was missing and what was found instead, for people. Never the workload's data. */
    readonly message: string;
  };
}

/** Why this placement and not the others. Small, readable as a sum, replayable through `snapshot`. */
export interface DecisionRecord {
  readonly id: string;
  readonly runId: string;
  readonly attempt: number;
  readonly purpose: AttemptPurpose;
  readonly atMs: number;
  readonly policy: string;
  readonly seed: string;
  /** Offers and backends looked at = rejected + priced. */
  readonly evaluated: number;
  readonly rejected: number;
  readonly priced: number;
  readonly chosen?: CandidateRecord;
  /** At most the best 20, best first, the chosen one included. */
  readonly candidates: readonly CandidateRecord[];
  /** Expected cost and success of the chosen candidate followed by the fallback order. */
  readonly chain?: { readonly expectedUsd: number; readonly successProbability: number; readonly order: readonly string[] };
  readonly rejections: readonly RejectionExample[];
  /** sha256 of the canonical snapshot. */
  readonly snapshot?: string;
  /** Set when nothing was chosen. */
  readonly failure?: { readonly code: ErrorCode; readonly message: string };
  /** What the bids said, for indicative offers; filled after bind. */
  readonly bids?: readonly { readonly offerId: string; readonly usdPerHour: number; readonly verdict: string }[];
}
