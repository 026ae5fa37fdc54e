import type { ResultManifest } from "../../model/artifact.js";
import type { AttemptRow, Outcome } from "../../model/attempt.js";
import type { ErrorCode } from "../../model/errors/codes.js";
import { failureOf, type SerializedError } from "../../model/errors/scheduler-error.js";
import { movesFiles } from "../../model/moves-files.js";
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
    const error = cause(found.error, attempt.error);
    const reusable = endedByItself(attempt) && error.code === "WORKLOAD_FAILED" && manifest !== undefined;
    endAttempt(draft, attempt.number, outcomeOf(error.code, attempt), { error, patch, reusable });
  } else if (manifest !== undefined && manifest.exitCode === 0 && (leavesManifest(draft, attempt) || !disbelieves(attempt.error))) {
    endAttempt(draft, attempt.number, "succeeded", { patch: { ...patch, error: undefined }, reusable: endedByItself(attempt) });
  } else {
    const error = attempt.error ?? failure(exitCode);
    const reusable = endedByItself(attempt) && error.code === "WORKLOAD_FAILED" && manifest !== undefined;
    endAttempt(draft, attempt.number, outcomeOf(error.code, attempt), { error, patch, reusable });
  }
}

/** Nothing is known against the machine: nobody ended the command, and the lease was there until the end. */
function endedByItself({ stopping, error }: AttemptRow): boolean {
  return stopping === undefined && (error === undefined || error.code === "WORKLOAD_FAILED");
}

/** A runner says that somebody ended its container; whoever ended it knows better why. */
function cause(found: SerializedError, known: SerializedError | undefined): SerializedError {
  return found.code === "PREEMPTED" && known !== undefined && known.code !== "WORKLOAD_FAILED" ? known : found;
}

/** A manifest that the machine stored by itself is complete before its lease ends: how the lease ended no longer matters. */
function leavesManifest(draft: Draft, attempt: AttemptRow): boolean {
  const capabilities = draft.rules.capabilities(attempt.offer.backend);
  return capabilities !== undefined && movesFiles(draft.run.workload, capabilities);
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
    case "IMAGE_UNSUITABLE":
    case "ENCRYPTION_UNAVAILABLE":
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
