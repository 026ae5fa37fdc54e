import { z } from "zod";
import { isoToMs } from "../../kit/timestamp.js";
import { numeric, tolerantEnum } from "../../kit/tolerant.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";

/** States of a job. A state that is not here (a newer one, or none yet) becomes `unknown`. */
export const JOB_STATES = [
  "QUEUED",
  "SCHEDULED",
  "RUNNING",
  "SUCCEEDED",
  "FAILED",
  "CANCELLATION_IN_PROGRESS",
  "CANCELLED",
  "DELETION_IN_PROGRESS",
] as const;
/** {@link JOB_STATES}, or one that is not known. */
export type JobState = (typeof JOB_STATES)[number] | "unknown";

/** Reads a field that may be missing. */
function optional<T>(read: (value: unknown) => T | undefined) {
  return z.unknown().optional().transform(read);
}

/** A word of a list that may be missing, or new. */
const word = <const T extends string>(words: readonly T[]) =>
  tolerantEnum(words)
    .optional()
    .transform((found) => found ?? "unknown");

/** `{ seconds, nanos }` from gRPC, RFC 3339 text from REST; anything else is left out, since no decision hangs on a time. */
const time = optional((value): number | undefined => {
  if (typeof value === "string") return isoToMs(value);
  if (typeof value !== "object" || value === null || !("seconds" in value)) return undefined;
  const { seconds, nanos } = value as { readonly seconds: unknown; readonly nanos?: unknown };
  const ms = Number(seconds) * 1_000 + Math.floor(Number(nanos ?? 0) / 1e6);
  return Number.isFinite(ms) ? ms : undefined;
});

const duration = optional((value): number | undefined => {
  if (typeof value === "string") return /^\d+(\.\d+)?s$/.test(value) ? Number(value.slice(0, -1)) * 1_000 : undefined;
  if (typeof value !== "object" || value === null || !("seconds" in value)) return undefined;
  const ms = Number(value.seconds) * 1_000;
  return Number.isFinite(ms) ? ms : undefined;
});

const event = z.object({
  description: z.string().nullish(),
  eventTime: time,
  taskExecution: z.object({ exitCode: numeric() }).nullish(),
  taskState: word(["PENDING", "ASSIGNED", "RUNNING", "FAILED", "SUCCEEDED", "UNEXECUTED"]),
});

const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

/** A job as `getJob` and `listJobs` give it; only what is read here. It never includes the environment, which may hold secrets. */
export const jobSchema = z.object({
  // Decoders of protocol buffers make a message of almost any bytes: a name of the right form tells that it is a job.
  name: z.string().regex(/^projects\/[^/]+\/locations\/[^/]+\/jobs\/[a-z][a-z0-9-]*$/, "expected the full name of a job"),
  labels: z
    .record(z.string(), z.string())
    .nullish()
    .transform((labels) => labels ?? {}),
  updateTime: time,
  /** The service's own id; log entries have it. */
  uid: optional((value) => (typeof value === "string" && /^[\w-]+$/.test(value) ? value : undefined)),
  status: z
    .object({
      state: word(JOB_STATES),
      statusEvents: listOf(event),
      taskGroups: z.record(z.string(), z.object({ counts: z.record(z.string(), numeric()).nullish() })).nullish(),
      runDuration: duration,
    })
    .nullish(),
});

/** A task as `getTask` gives it. */
export const taskSchema = z.object({
  status: z.object({ state: word(["FAILED", "SUCCEEDED"]), statusEvents: listOf(event) }).nullish(),
});

/** The raw answer of `listJobs`. */
export const pageSchema = z.object({
  jobs: listOf(jobSchema),
  nextPageToken: z.string().nullish(),
  unreachable: listOf(z.string()),
});

/** Answers as they are read here. */
export type Job = z.output<typeof jobSchema>;
export type Task = z.output<typeof taskSchema>;
export type StatusEvent = z.output<typeof event>;
export type JobPage = z.output<typeof pageSchema>;

/** Parses an answer. @throws BACKEND_RESPONSE_INVALID naming the path, never the value. */
export function parseAnswer<S extends z.ZodType>(
  schema: S,
  value: unknown,
  about: { readonly backend: string; readonly what: string; readonly safe: boolean },
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new SchedulerError(
    "BACKEND_RESPONSE_INVALID",
    `${about.backend}: the answer to "${about.what}" has an unexpected form at "${path}".`,
    {
      effect: about.safe ? "none" : "unknown",
      details: { backend: about.backend },
    },
  );
}
