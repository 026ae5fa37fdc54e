import type { AttemptRow, Outcome } from "../../model/attempt.js";
import { failureOf, type SerializedError } from "../../model/errors/scheduler-error.js";
import { movesFiles } from "../../model/moves-files.js";
import type { Draft } from "./draft.js";
import { endAttempt } from "./end-attempt.js";
import { beginRelease } from "./release-lease.js";

const OUTCOME: Readonly<Record<NonNullable<AttemptRow["stopping"]>, Outcome>> = {
  cancelled: "cancelled",
  superseded: "superseded",
  "timed-out": "timed-out",
  lost: "lost",
};

/**
 * Ends an attempt from our side. An attempt that ran on a machine which stores results by itself passes `collecting`
 * once more after a timeout, because its result may already be there.
 */
export function stopAttempt(draft: Draft, number: number, why: NonNullable<AttemptRow["stopping"]>, error?: SerializedError): void {
  const attempt = draft.attempt(number);
  if (attempt === undefined || attempt.state === "done" || attempt.stopping !== undefined) return;
  const reason = error ?? defaultReason(why);
  const capabilities = draft.rules.capabilities(attempt.offer.backend);
  const leavesManifest = capabilities !== undefined && movesFiles(draft.run.workload, capabilities);
  if (attempt.state === "running" && why === "timed-out" && leavesManifest) {
    draft.changeAttempt(number, { state: "collecting", stopping: why, error: reason, endedAtMs: draft.nowMs });
    beginRelease(draft, attempt.key);
    draft.command({ kind: "collect", key: attempt.key });
    return;
  }
  endAttempt(draft, number, OUTCOME[why], { error: reason, patch: { stopping: why } });
}

function defaultReason(why: NonNullable<AttemptRow["stopping"]>): SerializedError {
  switch (why) {
    case "cancelled":
      return failureOf("CANCELLED", "The run was cancelled.");
    case "superseded":
      return failureOf("SUPERSEDED", "Its result is no longer needed.");
    case "timed-out":
      return failureOf("WORKLOAD_TIMED_OUT", "The command ran longer than the workload's timeout.");
    case "lost":
      return failureOf("LEASE_LOST", "The lease was given up.");
  }
}
