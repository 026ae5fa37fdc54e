import { NO_EXCLUSIONS, type RunState } from "../../model/run.js";
import { onAccepted, onPromoted, onPromotionFailed, onRejected } from "./accept-result.js";
import { onBindFailed, onBound, onFound, onProgress, onStartFailed } from "./bind-attempt.js";
import { onCollected } from "./collect-attempt.js";
import { Draft, type Transition } from "./draft.js";
import { withHistory } from "./end-attempt.js";
import { endRun, onCancel } from "./end-run.js";
import type { RunInput } from "./inputs.js";
import { planAttempt } from "./plan-attempt.js";
import { onRecover } from "./recover.js";
import { onCharged, onReleased, onReleaseFailed } from "./release-lease.js";
import type { LifecycleRules } from "./rules.js";
import { stopAttempt } from "./stop-attempt.js";
import { nextWakeMs, onTick } from "./tick.js";
import { onCool } from "./warm-lease.js";
import { onReport, onResultSeen } from "./watch-attempt.js";

/**
 * The life of a run as a function: state and inputs in, state and commands out. No clock, no randomness, no effect.
 * Inputs are applied in order; terminal states absorb; an input applied twice equals once.
 */
export function transition(state: RunState, inputs: readonly RunInput[], nowMs: number, rules: LifecycleRules): Transition {
  const draft = new Draft(state, nowMs, rules);
  for (const input of inputs) {
    apply(draft, input);
    if (draft.doom !== undefined) {
      endRun(draft, "failed", draft.doom);
      draft.doom = undefined;
    }
  }
  noteWake(draft);
  return draft.finish();
}

/** Kept with the run for whoever takes it up after a crash; written only when the run's row is written anyway. */
function noteWake(draft: Draft): void {
  if (!draft.runTouched) return;
  const wakeAtMs = nextWakeMs(draft, draft.nowMs);
  if (wakeAtMs !== draft.run.wakeAtMs) draft.changeRun({ wakeAtMs });
}

function apply(draft: Draft, input: RunInput): void {
  switch (input.type) {
    case "tick":
      onTick(draft);
      return;
    case "plan":
      planAttempt(draft, input.placement);
      return;
    case "bind-progress":
      onProgress(draft, input.key, input.partial);
      return;
    case "bound":
      onBound(draft, input.key, input.lease, input.offer);
      if (input.lease.report !== undefined) onReport(draft, input.lease.report);
      return;
    case "bind-failed":
      onBindFailed(draft, input.key, input.error);
      return;
    case "found":
      onFound(draft, input.finding, input.askedAtMs);
      return;
    case "start-failed":
      onStartFailed(draft, input.key, input.error);
      return;
    case "passed-on":
      draft.adoptLease(input.lease);
      return;
    case "cool":
      onCool(draft);
      return;
    case "reported":
      onReport(draft, input.report, input.askedAtMs);
      return;
    case "result-seen":
      onResultSeen(draft, input.key);
      return;
    case "collected":
      onCollected(draft, input.key, input);
      return;
    case "released":
      onReleased(draft, input.key, input.answer);
      return;
    case "release-failed":
      onReleaseFailed(draft, input.key, input.error);
      return;
    case "charged":
      onCharged(draft, input.key, input);
      return;
    case "accepted":
      onAccepted(draft, input);
      return;
    case "rejected":
      onRejected(draft, input.error, input.wrong);
      return;
    case "promoted":
      onPromoted(draft, input.outputs);
      return;
    case "promotion-failed":
      onPromotionFailed(draft, input.error);
      return;
    case "stop":
      stopAttempt(draft, input.attempt, input.why, input.error);
      return;
    case "cancel":
      onCancel(draft, input.reason);
      return;
    case "fail":
      endRun(draft, "failed", withHistory(draft, input.error));
      return;
    case "waiting":
      onWaiting(draft, input);
      return;
    case "recover":
      onRecover(draft);
      return;
  }
}

function onWaiting(draft: Draft, input: Extract<RunInput, { type: "waiting" }>): void {
  if (draft.over || draft.run.status === "promoting") return;
  draft.changeRun({
    lastError: input.error,
    waitingSinceMs: draft.run.waitingSinceMs ?? draft.nowMs,
    ...(input.forget ? { exclusions: NO_EXCLUSIONS, ...(input.untilMs === undefined ? {} : { notBeforeMs: input.untilMs }) } : {}),
  });
  if (input.tell) {
    draft.tell({
      type: "run-waiting",
      reason: input.error.code,
      message: input.error.message,
      ...(input.untilMs === undefined ? {} : { untilMs: input.untilMs }),
    });
  }
}
