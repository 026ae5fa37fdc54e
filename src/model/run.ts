import type { OutputArtifact } from "./artifact.js";
import type { AttemptRow } from "./attempt.js";
import type { SerializedError } from "./errors/scheduler-error.js";
import type { LeaseRow } from "./lease.js";
import type { Workload } from "./workload.js";

/** Where a run stands; the last three are final. */
export type RunStatus = "queued" | "active" | "promoting" | "succeeded" | "failed" | "cancelled";

/** Whether a status is final. */
export const isTerminal = (status: RunStatus): boolean => status === "succeeded" || status === "failed" || status === "cancelled";

/** One accepted workload, as the store keeps it. */
export interface RunRow {
  readonly id: string;
  readonly version: number;
  readonly status: RunStatus;
  readonly workload: Workload;
  readonly acceptedAtMs: number;
  readonly groupId?: string;
  readonly idempotencyKey?: string;
  readonly deadlineAtMs?: number;
  readonly startByMs?: number;
  /** Number of attempts ever planned; the next one is `attempts + 1`. */
  readonly attempts: number;
  /** Attempts that ended badly. Reclaims of checkpointed work and launches that never took effect do not count. */
  readonly failures: number;
  /** Launches that never took effect: no capacity, expired offers, refused requests. */
  readonly launches: number;
  /** Number of events told so far; the next one has `eventCount + 1`. */
  readonly eventCount: number;
  /** Places that have failed this run and are not to be asked again. */
  readonly exclusions: Exclusions;
  /** No new placement before this time (backoff, retry later). */
  readonly notBeforeMs?: number;
  /** Since when nothing could be placed although something was wanted; absent while attempts are under way. */
  readonly waitingSinceMs?: number;
  readonly cancelRequested: boolean;
  /** Attempt whose result was accepted. */
  readonly winner?: number;
  /** The last failure, shown while the run retries and kept when it ends badly. */
  readonly lastError?: SerializedError;
  /** Why the run ended badly. */
  readonly error?: SerializedError;
  /** Promoted outputs, once succeeded; where they are kept if promotion failed. */
  readonly outputs?: readonly OutputArtifact[];
  readonly promotionTries: number;
  readonly promoteAtMs?: number;
  readonly endedAtMs?: number;
  /** All leases released and all charges final. */
  readonly settled: boolean;
  /** Due time of the run's next timer; whoever claims the run after a crash must wake it then. */
  readonly wakeAtMs?: number;
}

/** What retries have learnt to avoid. All but `backends` are qualified: `<backend>/<node>`, `<backend>/<offerId>` and so on. */
export interface Exclusions {
  readonly nodes: readonly string[];
  readonly operators: readonly string[];
  readonly providers: readonly string[];
  readonly backends: readonly string[];
  readonly offers: readonly string[];
}

/** Nothing is to be avoided. */
export const NO_EXCLUSIONS: Exclusions = { nodes: [], operators: [], providers: [], backends: [], offers: [] };

/** A run with everything that hangs on it: the unit the pure core works on. */
export interface RunState {
  readonly run: RunRow;
  readonly attempts: readonly AttemptRow[];
  readonly leases: readonly LeaseRow[];
}

/** Several runs accepted together. */
export interface GroupRow {
  readonly id: string;
  readonly version: number;
  readonly name?: string;
  readonly members: readonly string[];
  readonly acceptedAtMs: number;
  /** Most members that may be active at once; absent: no limit. */
  readonly parallelism?: number;
  /** `continue`: the others go on. `cancel`: the first failure cancels the rest. */
  readonly onFailure: "continue" | "cancel";
  readonly maxCost?: bigint;
  readonly idempotencyKey?: string;
}
