import { defineErrorMap, type ErrorMap } from "../../kit/map-error.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { DEFAULT_RETRY_AFTER_MS } from "./unverified.js";

const table = defineErrorMap([
  {
    message: /could not load the default credentials|unable to detect a project id/i,
    to: "BACKEND_AUTH_FAILED",
    effect: "none",
    say: "there are no Google credentials: run `gcloud auth application-default login`, set GOOGLE_APPLICATION_CREDENTIALS, or pass `keyFilename`.",
  },
  {
    message: /metadata from plugin failed.*(invalid_grant|invalid_client|unauthorized_client|invalid_rapt|40[013])/is,
    to: "BACKEND_AUTH_FAILED",
    effect: "none",
    say: "the credentials were refused when a token was asked for: renew them.",
  },
  // No token, no request.
  { message: /metadata from plugin failed/i, to: "BACKEND_UNAVAILABLE", effect: "none" },
  { message: /response message parsing error/i, to: "BACKEND_RESPONSE_INVALID", effect: "unknown", say: "its answer cannot be read." },
  {
    code: [7, 403],
    message: /has not been used|it is disabled|SERVICE_DISABLED/i,
    to: "BACKEND_AUTH_FAILED",
    effect: "none",
    say: "the Batch API is not enabled in this project: run `gcloud services enable batch.googleapis.com`.",
  },
  {
    code: [7, 403],
    message: /actAs|iam\.serviceAccounts|serviceAccountUser/i,
    to: "BACKEND_AUTH_FAILED",
    effect: "none",
    say: "the caller may not use the job's service account: grant roles/iam.serviceAccountUser on it.",
  },
  {
    code: [7, 403],
    to: "BACKEND_AUTH_FAILED",
    effect: "none",
    say: "permission denied: check `project`, and that the caller has roles/batch.jobsEditor in it.",
  },
  { code: [16, 401], to: "BACKEND_AUTH_FAILED", effect: "none", say: "the credentials were refused: they are invalid or have expired." },
  { code: [8, 429], to: "BACKEND_RATE_LIMITED", effect: "none" },
  // gRPC's numbers end at 16, so those of HTTP cannot be taken for one of them. What REST calls 400 is INVALID_ARGUMENT or FAILED_PRECONDITION.
  { code: [3, 9, 11, 12, 400, 501], to: "BACKEND_REJECTED", effect: "none" },
  {
    code: [5, 404],
    to: "BACKEND_REJECTED",
    effect: "none",
    say: "there is no such project, or Batch is not in this location: check `project` and `location`.",
  },
  { code: [4, 504], to: "BACKEND_TIMEOUT", effect: "unknown" },
  { code: [1, 2, 10, 13, 14, 15, 409, 500, 502, 503], to: "BACKEND_UNAVAILABLE", effect: "unknown" },
]);

/** What the SDK's errors mean, on both transports: `code` is gRPC's (0 to 16) or, with `fallback: true`, the HTTP status. */
export const gcpBatchErrors: ErrorMap = {
  match: table.match,
  toError(thrown, context) {
    const error = table.toError(thrown, context);
    if (error.code !== "BACKEND_RATE_LIMITED" || error === thrown) return error;
    return new SchedulerError(error.code, error.message, {
      retry: error.retry,
      effect: error.effect,
      details: { ...error.details, retryAfterMs: retryDelayMs(thrown) ?? DEFAULT_RETRY_AFTER_MS },
      cause: error.cause,
    });
  },
};

/** Whether the service says that something of the name is there already. REST says 409 for ABORTED too. */
export const isAlreadyThere = (thrown: unknown): boolean => hasCode(thrown, 6) || (hasCode(thrown, 409) && !says(thrown, "ABORTED"));

/** Whether the service says that there is nothing of the name. */
export const isMissing = (thrown: unknown): boolean => hasCode(thrown, 5) || hasCode(thrown, 404);

/** Whether the service says that the job is in no state for what was asked. */
export const isWrongState = (thrown: unknown): boolean =>
  hasCode(thrown, 9) || hasCode(thrown, 10) || (hasCode(thrown, 400) && says(thrown, "FAILED_PRECONDITION")) || hasCode(thrown, 409);

const hasCode = (thrown: unknown, code: number): boolean =>
  typeof thrown === "object" && thrown !== null && "code" in thrown && thrown.code === code;

const says = (thrown: unknown, word: string): boolean => thrown instanceof Error && thrown.message.includes(word);

/** `google.rpc.RetryInfo` among the details of an error, ms. */
function retryDelayMs(thrown: unknown): number | undefined {
  const details: unknown = typeof thrown === "object" && thrown !== null && "statusDetails" in thrown ? thrown.statusDetails : undefined;
  if (!Array.isArray(details)) return undefined;
  for (const detail of details as readonly unknown[]) {
    const delay: unknown = typeof detail === "object" && detail !== null && "retryDelay" in detail ? detail.retryDelay : undefined;
    if (typeof delay !== "object" || delay === null) continue;
    const { seconds = 0, nanos = 0 } = delay as { readonly seconds?: unknown; readonly nanos?: unknown };
    const ms = Number(seconds) * 1_000 + Number(nanos) / 1e6;
    if (ms > 0) return ms;
  }
  return undefined;
}
