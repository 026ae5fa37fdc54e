import type { AttemptRow, Outcome } from "../../model/attempt.js";
import { ERROR_CODES } from "../../model/errors/codes.js";
import { failureOf, type SerializedError } from "../../model/errors/scheduler-error.js";
import { seededRandom } from "../random.js";
import { backoffMs } from "./backoff.js";
import type { Draft, Patch } from "./draft.js";
import { beginRelease } from "./release-lease.js";
import { exclude, isTheirFault, retryRule } from "./retry.js";
import { spentText } from "./settle.js";
import { keepWarm } from "./warm-lease.js";

/**
 * Ends an attempt, lets its lease go and, if it ended badly, draws the consequences for the run. `reusable`: the work ended by itself and
 * its outputs are safe, so that the lease may be kept for other work.
 */
export function endAttempt(
  draft: Draft,
  number: number,
  outcome: Outcome,
  end: { error?: SerializedError; patch?: Patch<AttemptRow>; reusable?: boolean } = {},
): void {
  const before = draft.attempt(number);
  if (before === undefined || before.state === "done") return;
  const { error } = end;
  const attempt = draft.changeAttempt(number, {
    ...end.patch,
    state: "done",
    outcome,
    endedAtMs: before.endedAtMs ?? draft.nowMs,
    ...(error === undefined ? {} : { error }),
  });
  if (error !== undefined && (outcome === "lost" || outcome === "preempted") && attempt.boundAtMs !== undefined) {
    draft.tell({ type: "lease-lost", attempt: number, backend: attempt.offer.backend, code: error.code });
  }
  draft.tell({
    type: "attempt-ended",
    attempt: number,
    backend: attempt.offer.backend,
    outcome,
    ...(error === undefined ? {} : { code: error.code, message: error.message }),
    ...(attempt.exitCode === undefined ? {} : { exitCode: attempt.exitCode }),
  });
  if (end.reusable !== true || !keepWarm(draft, attempt)) beginRelease(draft, attempt.key);
  if (outcome === "succeeded") observeSuccess(draft, attempt);
  else if (error !== undefined && outcome !== "cancelled" && outcome !== "superseded") countFailure(draft, attempt, error);
}

function observeSuccess(draft: Draft, attempt: AttemptRow): void {
  draft.observe(attempt, { kind: "success", ok: true });
  const tookMs = (attempt.endedAtMs ?? draft.nowMs) - (attempt.startedAtMs ?? draft.nowMs);
  const expectedMs = draft.run.workload.expectedDurationMs / (attempt.offer.speed ?? 1);
  if (tookMs > 0) draft.observe(attempt, { kind: "speed", logRatio: Math.log(tookMs / expectedMs) });
}

function countFailure(draft: Draft, attempt: AttemptRow, error: SerializedError): void {
  const launched = attempt.startedAtMs !== undefined;
  if (!launched && isTheirFault(error.code))
    draft.observe(attempt, { kind: "launch", ok: false, hours: (draft.nowMs - attempt.plannedAtMs) / 3_600_000 });
  // An interruption is already an `uptime` observation; counting it as a failed attempt too would price it twice.
  else if (isTheirFault(error.code) && error.code !== "LEASE_LOST" && error.code !== "PREEMPTED")
    draft.observe(attempt, { kind: "success", ok: false });
  if (draft.over || draft.run.status === "promoting") return;

  const { retry: retryPolicy } = draft.rules;
  const rule = retryRule(error, retryPolicy);
  // No capacity is not a failure, whether the seller says so at once or lets a queue run full.
  const noCapacity = !launched && ERROR_CODES[error.code].fault === "market";
  const withoutEffect = noCapacity || (attempt.boundAtMs === undefined && error.code !== "BIND_UNRESOLVED");
  const reclaimed = attempt.outcome === "preempted" && draft.run.workload.checkpoint !== undefined;
  const failures = draft.run.failures + (withoutEffect || reclaimed ? 0 : 1);
  const launches = draft.run.launches + (withoutEffect ? 1 : 0);
  draft.changeRun({ failures, launches, lastError: error });

  // One replica's word is not enough to condemn the workload while others may still prove it wrong.
  const others = draft.attempts.some(
    (other) => other.number !== attempt.number && (other.state !== "done" || other.outcome === "succeeded"),
  );
  if (rule.retry === "never" && !others) {
    draft.doom = withHistory(draft, error);
    return;
  }
  if (failures >= retryPolicy.maxFailures || launches >= retryPolicy.maxLaunches) {
    const limit = failures >= retryPolicy.maxFailures ? `${failures} failed attempts` : `${launches} launches without effect`;
    draft.doom = withHistory(draft, failureOf("ATTEMPTS_EXHAUSTED", `Gave up after ${limit}; the last one: ${error.message}`), error);
    return;
  }
  if (rule.retry === "elsewhere" || rule.retry === "never") {
    draft.changeRun({ exclusions: exclude(draft.run.exclusions, rule.exclude, attempt.node, attempt.offer.id) });
    draft.tell({ type: "fallback", from: attempt.offer.backend, code: error.code, message: error.message });
  } else {
    const jitter = seededRandom(`${draft.run.id}/backoff/${failures + launches}`).next();
    const pause = Math.max(error.details?.retryAfterMs ?? 0, backoffMs(failures + launches, retryPolicy.backoff, jitter));
    draft.changeRun({ notBeforeMs: draft.nowMs + pause });
  }
}

/** The final error says what was tried and what it cost. */
export function withHistory(draft: Draft, error: SerializedError, last?: SerializedError): SerializedError {
  const attempts = draft.attempts.map((attempt) => ({
    attempt: attempt.number,
    backend: attempt.offer.backend,
    ...(attempt.node.node === undefined ? {} : { node: attempt.node.node }),
    outcome: attempt.outcome ?? attempt.state,
    ...(attempt.error === undefined ? {} : { code: attempt.error.code }),
  }));
  return {
    ...error,
    message: `${error.message.replace(/\.$/, "")} (${attempts.length} attempt${attempts.length === 1 ? "" : "s"}, ${spentText(draft.leases)} so far).`,
    details: { ...error.details, runId: draft.run.id, attempts, ...(last === undefined ? {} : { last: last.code }) },
  };
}
