import type { AttemptRow } from "../../model/attempt.js";
import { failureOf } from "../../model/errors/scheduler-error.js";
import type { LeaseRow } from "../../model/lease.js";
import { isTerminal, type RunState } from "../../model/run.js";
import type { Draft } from "./draft.js";
import { beginRelease, bookAtLifetimeEnd } from "./release-lease.js";
import { settleRunIfDone } from "./settle.js";
import { stopAttempt } from "./stop-attempt.js";
import { isIdle } from "./warm-lease.js";

/** Does whatever is due at `draft.nowMs`. */
export function onTick(draft: Draft): void {
  const { nowMs, run } = draft;
  for (const { number, state, provisionByMs, timeoutAtMs, stopping } of draft.attempts) {
    if (stopping !== undefined) continue;
    if (state === "starting" && nowMs >= provisionByMs) {
      const error = failureOf("PROVISIONING_TIMED_OUT", "The machine did not start within the provisioning deadline.");
      stopAttempt(draft, number, "lost", error);
    } else if (state === "running" && timeoutAtMs !== undefined && nowMs >= timeoutAtMs) {
      stopAttempt(draft, number, "timed-out");
    }
  }
  for (const lease of draft.leases) {
    if (isIdle(lease) && nowMs >= (lease.idleUntilMs ?? 0)) beginRelease(draft, lease.key);
    if (mayOverstay(draft, lease) && nowMs >= (lease.paidUntilMs ?? 0)) endOverstay(draft, lease.key);
    doChores(draft, lease.key);
  }
  if (run.status === "promoting" && run.promoteAtMs !== undefined && nowMs >= run.promoteAtMs) {
    draft.changeRun({ promoteAtMs: nowMs + draft.rules.timing.retryMostMs });
    draft.command({ kind: "promote" });
  }
  settleRunIfDone(draft);
}

/** What is due of a lease that is on its way out, or that nobody knows yet. */
function doChores(draft: Draft, key: string): void {
  const { nowMs } = draft;
  const before = draft.lease(key);
  if (before !== undefined && !before.settled && before.state !== "open" && nowMs >= before.lifetimeEndMs) bookAtLifetimeEnd(draft, key);
  const lease = draft.lease(key);
  if (lease?.nextTryAtMs === undefined || nowMs < lease.nextTryAtMs) return;
  // Until the answer says better: should the effect get lost, it is tried again.
  draft.changeLease(key, { nextTryAtMs: nowMs + draft.rules.timing.retryMostMs });
  if (lease.state === "intended") draft.command({ kind: "find", key });
  else if (lease.state === "releasing") draft.command({ kind: "release", key });
  else if (lease.state === "released" && !lease.settled) draft.command({ kind: "ask-charge", key });
}

/** Work on a reused lease may be so slow to start that it is not over when the lease's paid time is. What would follow was never agreed to. */
const mayOverstay = ({ attempts }: RunState, { key, reused, state, owner }: LeaseRow): boolean =>
  reused !== undefined &&
  state === "open" &&
  owner.kind === "attempt" &&
  attempts.some((attempt) => attempt.key === key && isUnderWay(attempt));

const isUnderWay = ({ state, stopping }: AttemptRow): boolean => stopping === undefined && (state === "starting" || state === "running");

function endOverstay(draft: Draft, key: string): void {
  const attempt = draft.attemptOf(key);
  if (attempt === undefined) return;
  const error = failureOf("OFFER_EXPIRED", "The paid time of the lease that was used again is over.", { retry: "elsewhere" });
  stopAttempt(draft, attempt.number, "lost", error);
}

/**
 * When the next tick has something to do; `undefined`: only an answer from outside can move the run. Times of the run
 * that have passed are left out: every decision has already taken them into account.
 */
export function nextWakeMs(state: RunState, nowMs: number): number | undefined {
  const { run } = state;
  let next: number | undefined;
  if (run.status === "promoting") next = run.promoteAtMs;
  else if (!isTerminal(run.status)) {
    next = sooner(next, future(run.notBeforeMs, nowMs));
    next = sooner(next, future(run.startByMs, nowMs));
    next = sooner(next, future(run.deadlineAtMs, nowMs));
  }
  for (const attempt of state.attempts) {
    if (attempt.stopping !== undefined) continue;
    if (attempt.state === "starting") next = sooner(next, attempt.provisionByMs);
    else if (attempt.state === "running") next = sooner(next, attempt.timeoutAtMs);
  }
  for (const lease of state.leases) {
    next = sooner(next, lease.nextTryAtMs);
    if (isIdle(lease)) next = sooner(next, lease.idleUntilMs);
    else if (mayOverstay(state, lease)) next = sooner(next, lease.paidUntilMs);
    else if (!lease.settled && lease.state !== "open") next = sooner(next, lease.lifetimeEndMs);
  }
  return next;
}

const sooner = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

const future = (ms: number | undefined, nowMs: number): number | undefined => (ms !== undefined && ms > nowMs ? ms : undefined);

/** True once nothing of the run can move any more: it is over, and no lease may still exist. */
export function isAtRest(state: RunState): boolean {
  return state.run.settled && state.leases.every((lease) => lease.state === "released" || lease.state === "absent");
}
