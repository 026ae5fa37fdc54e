import type { AttemptRow } from "../../model/attempt.js";
import { ERROR_CODES, type ErrorCode } from "../../model/errors/codes.js";
import { failureOf, type SerializedError } from "../../model/errors/scheduler-error.js";
import type { LeaseReport } from "../../model/lease.js";
import { movesFiles } from "../../model/moves-files.js";
import type { NodeIdentity } from "../../model/offer.js";
import { markOver } from "./collect-attempt.js";
import type { Draft } from "./draft.js";
import { noteCharge } from "./settle.js";

/** A backend's word about a lease. Reports may come late, twice, in the wrong order, or speak of something that is over. */
export function onReport(draft: Draft, report: LeaseReport, askedAtMs = draft.nowMs): void {
  const lease = draft.lease(report.key);
  if (lease === undefined || report.kind === "unknown") return;
  noteCharge(draft, report.key, report.charge);
  // A reused lease may still show the end of its former command; that the lease itself is over concerns whoever uses it.
  const attempt = draft.attemptOf(report.kind === "status" && report.phase !== "ended" ? (report.attempt ?? report.key) : report.key);
  if (attempt === undefined || lease.state !== "open") return;
  if (attempt.state !== "starting" && attempt.state !== "running") return;

  if (report.kind === "gone") {
    const visibleFrom = (lease.openedAtMs ?? draft.nowMs) + (draft.rules.capabilities(lease.backend)?.visibilityMs ?? 0);
    if (askedAtMs < visibleFrom) return;
    markOver(draft, attempt.number, { error: problem("LEASE_LOST", "The backend no longer knows the lease.") });
    return;
  }
  if (report.node !== undefined && !sameNode(report.node, attempt.node)) draft.changeAttempt(attempt.number, { node: report.node });
  switch (report.phase) {
    case "pending":
    case "starting":
      return;
    case "running":
      markStarted(draft, attempt, report.startedAtMs);
      return;
    case "exited": {
      markStarted(draft, attempt, report.startedAtMs ?? report.endedAtMs);
      // Without an exit code, only what the command left behind tells how it ended.
      const silent = report.exitCode === undefined && draft.rules.capabilities(lease.backend)?.exitCode === false;
      const failed = report.reason ?? (report.exitCode === 0 || silent ? undefined : "WORKLOAD_FAILED");
      markOver(draft, attempt.number, {
        ...(report.exitCode === undefined ? {} : { exitCode: report.exitCode }),
        ...(report.endedAtMs === undefined ? {} : { endedAtMs: report.endedAtMs }),
        ...(failed === undefined ? {} : { error: problem(failed, report.message ?? exitText(failed, report.exitCode), report.exitCode) }),
      });
      return;
    }
    case "ended": {
      const code = report.reason ?? "LEASE_LOST";
      markOver(draft, attempt.number, {
        ...(report.endedAtMs === undefined ? {} : { endedAtMs: report.endedAtMs }),
        error: problem(code, report.message ?? ERROR_CODES[code].meaning),
      });
      return;
    }
  }
}

/** The result of a command was seen in the artifact store, whatever the platform says of its container. */
export function onResultSeen(draft: Draft, key: string): void {
  const attempt = draft.attemptOf(key);
  if (attempt === undefined || draft.lease(key)?.state !== "open") return;
  if (attempt.state !== "starting" && attempt.state !== "running") return;
  markStarted(draft, attempt, undefined);
  markOver(draft, attempt.number, {});
}

function markStarted(draft: Draft, attempt: AttemptRow, reportedAtMs: number | undefined): void {
  if (attempt.startedAtMs !== undefined) return;
  // A node's clock may be off: its word counts only between bind and now.
  const startedAtMs = Math.min(draft.nowMs, Math.max(attempt.boundAtMs ?? draft.nowMs, reportedAtMs ?? draft.nowMs));
  const started = draft.changeAttempt(attempt.number, {
    state: "running",
    startedAtMs,
    timeoutAtMs: startedAtMs + draft.run.workload.timeoutMs + graceMs(draft, attempt),
  });
  draft.tell({
    type: "attempt-started",
    attempt: attempt.number,
    backend: attempt.offer.backend,
    ...(started.node.node === undefined ? {} : { node: started.node.node }),
  });
  draft.observe(started, { kind: "launch", ok: true, hours: (startedAtMs - (attempt.boundAtMs ?? startedAtMs)) / 3_600_000 });
}

/** Where the machine moves files, the container runs longer than the command in it, which the runner ends in time. */
function graceMs(draft: Draft, attempt: AttemptRow): number {
  const { timeoutGraceMs, stagingGraceMs } = draft.rules.timing;
  const capabilities = draft.rules.capabilities(attempt.offer.backend);
  const staged = capabilities !== undefined && movesFiles(draft.run.workload, capabilities);
  return timeoutGraceMs + (staged ? stagingGraceMs : 0);
}

const sameNode = (a: NodeIdentity, b: NodeIdentity): boolean =>
  a.node === b.node && a.operator === b.operator && a.provider === b.provider && a.backend === b.backend;

function problem(code: ErrorCode, message: string, exitCode?: number): SerializedError {
  return failureOf(code, message, exitCode === undefined ? {} : { details: { exitCode } });
}

const exitText = (code: ErrorCode, exitCode: number | undefined): string =>
  code === "WORKLOAD_FAILED" ? `The command ended with exit code ${exitCode ?? "unknown"}.` : ERROR_CODES[code].meaning;
