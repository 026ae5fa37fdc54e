import type { ReportBody } from "../../kit/each.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { NodeIdentity } from "../../model/offer.js";
import { FIRST_RESERVED_EXIT_CODE, isImageFailure, type Reason, reasonInText, reservedExit } from "./reasons.js";
import type { Job, JobState, StatusEvent, Task } from "./wire.js";

/** Longest text of the service that is passed on, characters. */
const MOST_TEXT = 300;

/** The state that decides about everything else. */
export const stateOf = (job: Job): JobState => job.status?.state ?? "unknown";

/** A failed job's exit code stands on its task only. */
export const needsTask = (job: Job): boolean => stateOf(job) === "FAILED";

/**
 * What a job says about its lease. The state is trusted first: a job that succeeded may carry an old event of a failure.
 *
 * @param task of a failed job; absent when it never had one
 * @throws BACKEND_RESPONSE_INVALID for a state that is not known: it will be another one soon, or says nothing that we understand.
 */
export function toReport(backend: string, job: Job, task?: Task): ReportBody {
  const events = [...(job.status?.statusEvents ?? []), ...(task?.status?.statusEvents ?? [])];
  const node = nodeIn(backend, events);
  const state = stateOf(job);
  switch (state) {
    case "QUEUED":
    case "SCHEDULED":
      return omitUndefined({ kind: "status", phase: "pending", message: waitingFor(events) });
    case "RUNNING":
      return omitUndefined({ kind: "status", phase: isRunning(job) ? "running" : "starting", node });
    case "CANCELLATION_IN_PROGRESS":
      return omitUndefined({ kind: "status", phase: "running", message: "The job is being cancelled.", node });
    case "SUCCEEDED":
      return omitUndefined({ kind: "status", phase: "exited", exitCode: 0, node, ...timesOf(job, undefined) });
    case "FAILED":
      return omitUndefined({ ...failureOf(job, task), node, ...timesOf(job, task) });
    case "CANCELLED":
      return omitUndefined({
        kind: "status",
        phase: "ended",
        reason: "LEASE_LOST",
        message: "The job was cancelled.",
        node,
        ...timesOf(job, undefined),
      });
    case "DELETION_IN_PROGRESS":
      return omitUndefined({ kind: "status", phase: "ended", reason: "LEASE_LOST", message: "The job is being deleted.", node });
    case "unknown":
      throw new SchedulerError("BACKEND_RESPONSE_INVALID", `${backend}: the job is in a state that this version does not know.`, {
        effect: "none",
      });
  }
}

/** `ASSIGNED` is a machine that pulls the image. Without counts the job's own word has to do. */
function isRunning(job: Job): boolean {
  const counts = Object.values(job.status?.taskGroups ?? {}).map((group) => group.counts ?? {});
  const has = (name: string): boolean => counts.some((count) => (count[name] ?? 0) > 0);
  return has("RUNNING") || has("SUCCEEDED") || has("FAILED") || !(has("ASSIGNED") || has("PENDING"));
}

function failureOf(job: Job, task: Task | undefined): Extract<ReportBody, { readonly kind: "status" }> {
  const event = exitEvent(task);
  const exitCode = event?.taskExecution?.exitCode;
  if (event === undefined || exitCode === undefined) return ended(withoutTask(job, task));
  const text = event.description ?? "";
  if (isImageFailure(text)) return ended({ code: "IMAGE_PULL_FAILED", message: `The image could not be pulled: ${excerpt(text)}` });
  // Negative numbers and 0 are no failures of a command: the job's word counts.
  if (exitCode >= 1 && exitCode <= 255) return { kind: "status", phase: "exited", exitCode };
  if (exitCode >= FIRST_RESERVED_EXIT_CODE) return ended(reservedExit(exitCode));
  return ended({ code: "LEASE_LOST", message: `The job failed though exit code ${exitCode} was reported.` });
}

const ended = ({ code, message }: Reason) => ({ kind: "status", phase: "ended", reason: code, message }) as const;

/** A job that failed before its task could run. */
function withoutTask(job: Job, task: Task | undefined): Reason {
  const texts = newestFirst([...(job.status?.statusEvents ?? []), ...(task?.status?.statusEvents ?? [])]).flatMap(
    ({ description }) => description ?? [],
  );
  for (const text of texts) {
    const reason = reasonInText(text);
    if (reason !== undefined) return { code: reason.code, message: `${reason.message} Batch says: ${excerpt(text)}` };
  }
  const [latest] = texts;
  return {
    code: "PROVISIONING_FAILED",
    message: `The job failed before its command ran${latest === undefined ? "." : `: ${excerpt(latest)}`}`,
  };
}

/** Events come in any order: the newest one with an exit code counts. */
const exitEvent = (task: Task | undefined): StatusEvent | undefined =>
  newestFirst(task?.status?.statusEvents ?? []).find(({ taskExecution }) => taskExecution !== null && taskExecution !== undefined);

const newestFirst = (events: readonly StatusEvent[]): readonly StatusEvent[] =>
  [...events].sort((a, b) => (b.eventTime ?? 0) - (a.eventTime ?? 0));

/** What a waiting job waits for, where Batch says that stock or quota is missing. */
function waitingFor(events: readonly StatusEvent[]): string | undefined {
  for (const { description } of newestFirst(events)) {
    const reason = reasonInText(description ?? "");
    if (reason !== undefined) return `The job waits: ${reason.message}`;
  }
  return undefined;
}

/** By the task's events; without a task by the job's last update and how long it ran. */
function timesOf(job: Job, task: Task | undefined): { readonly startedAtMs: number | undefined; readonly endedAtMs: number | undefined } {
  const timeOf = (state: string): number | undefined =>
    newestFirst(task?.status?.statusEvents ?? []).find(({ taskState }) => taskState === state)?.eventTime;
  const endedAtMs = timeOf("FAILED") ?? job.updateTime;
  const ranMs = job.status?.runDuration;
  const startedAtMs = timeOf("RUNNING") ?? (endedAtMs === undefined || ranMs === undefined ? undefined : endedAtMs - ranMs);
  return startedAtMs !== undefined && endedAtMs !== undefined && startedAtMs > endedAtMs
    ? { startedAtMs: undefined, endedAtMs }
    : { startedAtMs, endedAtMs };
}

/** The machine stands in the text of events only. */
function nodeIn(backend: string, events: readonly StatusEvent[]): NodeIdentity | undefined {
  for (const { description } of newestFirst(events)) {
    const match = /zones\/([a-z0-9-]+)\/instances\/([A-Za-z0-9-]+)/.exec(description ?? "");
    if (match !== null) return { backend, operator: "google", node: `${match[1]}/${match[2]}` };
  }
  return undefined;
}

const excerpt = (text: string): string => (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}...` : text);
