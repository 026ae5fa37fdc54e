import type { ResultManifest } from "../../model/artifact.js";
import type { AttemptRow, Outcome } from "../../model/attempt.js";
import type { ErrorCode } from "../../model/errors/codes.js";
import { failureOf, type SerializedError } from "../../model/errors/scheduler-error.js";
import type { Draft } from "./draft.js";
import { endAttempt } from "./end-attempt.js";

/** The command is over, well or badly: its outputs are looked for before the lease goes. */
export function markOver(draft: Draft, number: number, end: { exitCode?: number; endedAtMs?: number; error?: SerializedError }): void {
  const attempt = draft.attempt(number);
  if (attempt === undefined || (attempt.state !== "starting" && attempt.state !== "running")) return;
  const endedAtMs = Math.min(draft.nowMs, Math.max(attempt.startedAtMs ?? 0, end.endedAtMs ?? draft.nowMs));
  draft.changeAttempt(number, {
    state: "collecting",
    endedAtMs,
    ...(end.exitCode === undefined ? {} : { exitCode: end.exitCode }),
    ...(end.error === undefined ? {} : { error: end.error }),
  });
  draft.command({ kind: "collect", key: attempt.key });
}

/** What was found of an ended attempt decides its outcome. A complete manifest with exit code 0 is a success whatever the lease's end looked like. */
export function onCollected(draft: Draft, key: string, found: { manifest?: ResultManifest; error?: SerializedError }): void {
  const attempt = draft.attemptOf(key);
  if (attempt === undefined || attempt.state !== "collecting") return;
  const { manifest } = found;
  const exitCode = manifest?.exitCode ?? attempt.exitCode;
  const patch = { ...(manifest === undefined ? {} : { manifest }), ...(exitCode === undefined ? {} : { exitCode }) };
  if (found.error !== undefined) {
    endAttempt(draft, attempt.number, outcomeOf(found.error.code, attempt), { error: found.error, patch });
  } else if (manifest !== undefined && manifest.exitCode === 0 && !disbelieves(attempt.error)) {
    endAttempt(draft, attempt.number, "succeeded", { patch: { ...patch, error: undefined } });
  } else {
    const error = attempt.error ?? failure(exitCode);
    endAttempt(draft, attempt.number, outcomeOf(error.code, attempt), { error, patch });
  }
}

/** An exit of 0 after these is not a success: the platform ended the command, or its time was up. */
function disbelieves(error: SerializedError | undefined): boolean {
  return error !== undefined && (error.code === "PREEMPTED" || error.code === "WORKLOAD_OUT_OF_MEMORY");
}

function outcomeOf(code: ErrorCode, attempt: AttemptRow): Outcome {
  switch (code) {
    case "PREEMPTED":
      return "preempted";
    case "WORKLOAD_TIMED_OUT":
      return "timed-out";
    case "WORKLOAD_FAILED":
    case "WORKLOAD_OUT_OF_MEMORY":
    case "OUTPUT_MISSING":
    case "INPUT_DIGEST_MISMATCH":
      return "workload-failed";
    default:
      return attempt.stopping === "timed-out" ? "timed-out" : "lost";
  }
}

const failure = (exitCode: number | undefined): SerializedError =>
  exitCode === undefined
    ? failureOf("LEASE_LOST", "The lease ended without a result.")
    : failureOf("WORKLOAD_FAILED", `The command ended with exit code ${exitCode}.`, { details: { exitCode } });
