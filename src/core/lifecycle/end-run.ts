import type { OutputArtifact } from "../../model/artifact.js";
import type { SerializedError } from "../../model/errors/scheduler-error.js";
import { failureOf } from "../../model/errors/scheduler-error.js";
import type { Draft } from "./draft.js";
import { settleRunIfDone } from "./settle.js";
import { stopAttempt } from "./stop-attempt.js";
import { onCool } from "./warm-lease.js";

/** Ends a run that has no result. Terminal states absorb: a second call changes nothing. */
export function endRun(draft: Draft, status: "failed" | "cancelled", error: SerializedError, outputs?: readonly OutputArtifact[]): void {
  if (draft.over) return;
  draft.changeRun({ status, error, endedAtMs: draft.nowMs, ...(outputs === undefined ? {} : { outputs }) });
  draft.tell({ type: "run-ended", status, code: error.code, message: error.message });
  const why = status === "cancelled" ? "cancelled" : "superseded";
  for (const attempt of draft.attempts) stopAttempt(draft, attempt.number, why);
  onCool(draft, "unconfirmed");
  settleRunIfDone(draft);
}

/** A cancellation counts until a result has been accepted; afterwards it changes nothing. */
export function onCancel(draft: Draft, reason: string | undefined): void {
  if (draft.over || draft.run.status === "promoting") return;
  draft.changeRun({ cancelRequested: true });
  endRun(draft, "cancelled", failureOf("CANCELLED", reason ?? "The run was cancelled.", { details: { runId: draft.run.id } }));
}

export function succeed(draft: Draft, outputs: readonly OutputArtifact[]): void {
  if (draft.over) return;
  draft.changeRun({ status: "succeeded", outputs, endedAtMs: draft.nowMs });
  draft.tell({ type: "run-ended", status: "succeeded" });
  settleRunIfDone(draft);
}
