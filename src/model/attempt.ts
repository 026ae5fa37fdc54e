import type { ResultManifest } from "./artifact.js";
import type { SerializedError } from "./errors/scheduler-error.js";
import type { NodeIdentity, Offer } from "./offer.js";

/** Why an attempt exists. */
export type AttemptPurpose = "primary" | "replica" | "hedge" | "migration" | "audit";

/** How far an attempt has got; `done` is the end, whatever the outcome. */
export type AttemptState = "planned" | "binding" | "starting" | "running" | "collecting" | "done";

/** How an attempt ended. */
export type Outcome = "succeeded" | "workload-failed" | "lost" | "preempted" | "timed-out" | "cancelled" | "superseded";

/** What verification says of an attempt's result. */
export type AttemptVerdict = "none" | "agreed" | "wrong";

/** One try of a run on one placement, as the store keeps it. `number` counts from 1. */
export interface AttemptRow {
  readonly runId: string;
  readonly number: number;
  readonly version: number;
  readonly purpose: AttemptPurpose;
  readonly state: AttemptState;
  /** Placement key, equal to the key of its lease. */
  readonly key: string;
  /** Attempt whose checkpoint this one resumes. */
  readonly after?: number;
  /** The offer as it was chosen, priced then. */
  readonly offer: Offer;
  /** Expected fully loaded cost at the decision, USD, and the money reserved for the worst case. */
  readonly expectedCostUsd: number;
  /** No agreement above this: what the hold was computed from. */
  readonly priceCapUsdPerHour: number;
  readonly node: NodeIdentity;
  readonly plannedAtMs: number;
  readonly boundAtMs?: number;
  readonly startedAtMs?: number;
  /** When the command ended or the attempt was given up. */
  readonly endedAtMs?: number;
  /** Must be running by then (no capacity is not a failure, but must not wait for ever). */
  readonly provisionByMs: number;
  /** The command must have ended by then; known once it started. */
  readonly timeoutAtMs?: number;
  /** Set once the engine wants it to end: why. */
  readonly stopping?: "cancelled" | "superseded" | "timed-out" | "lost";
  readonly outcome?: Outcome;
  readonly error?: SerializedError;
  readonly exitCode?: number;
  readonly verdict: AttemptVerdict;
  readonly manifest?: ResultManifest;
  readonly decisionId: string;
}
