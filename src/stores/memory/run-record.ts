import type { AttemptRow } from "../../model/attempt.js";
import type { DecisionRecord } from "../../model/decision.js";
import type { RunEvent } from "../../model/event.js";
import type { LeaseRow } from "../../model/lease.js";
import type { RunRow } from "../../model/run.js";
import type { ClaimState } from "./claim-state.js";

/** Shared by all records that have none, so that a queued run costs no empty arrays. Never written to. */
const NONE: readonly never[] = Object.freeze([]);

/**
 * A run with everything of its own. The arrays are replaced, never changed, wherever `load` hands them out: a state
 * that a caller still holds must not change under it. Events and decisions are only appended to and are copied on reading.
 */
export interface RunRecord {
  /** Order of acceptance within the store, for listings. */
  readonly order: number;
  readonly claim: ClaimState;
  run: RunRow;
  attempts: readonly AttemptRow[];
  leases: readonly LeaseRow[];
  events: RunEvent[] | undefined;
  decisions: DecisionRecord[] | undefined;
}

export const newRecord = (order: number, run: RunRow): RunRecord => ({
  order,
  claim: { owner: undefined, fence: 0, untilMs: 0 },
  run,
  attempts: NONE,
  leases: NONE,
  events: undefined,
  decisions: undefined,
});

/** The attempts with one put in the place of its predecessor, or inserted by its number. */
export function withAttempt(attempts: readonly AttemptRow[], attempt: AttemptRow): readonly AttemptRow[] {
  const at = attempts.findIndex(({ number }) => number >= attempt.number);
  if (at < 0) return [...attempts, attempt];
  return attempts[at]?.number === attempt.number ? attempts.with(at, attempt) : attempts.toSpliced(at, 0, attempt);
}

/** The leases with one put in the place of its predecessor, or appended. */
export function withLease(leases: readonly LeaseRow[], lease: LeaseRow): readonly LeaseRow[] {
  const at = leases.findIndex(({ key }) => key === lease.key);
  return at < 0 ? [...leases, lease] : leases.with(at, lease);
}
