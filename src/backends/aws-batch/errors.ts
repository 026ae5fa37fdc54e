import { defineErrorMap, type ErrorContext, type ErrorMap } from "../../kit/map-error.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";

/** What to wait after a throttle when the answer does not say, which Batch's never do. */
const THROTTLE_WAIT_MS = 1_000;

const THROTTLES = ["TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded", "SlowDown"];

const AUTH = [
  "AccessDenied",
  "AccessDeniedException",
  "ExpiredToken",
  "ExpiredTokenException",
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "SignatureDoesNotMatch",
  "IncompleteSignature",
  "MissingAuthenticationToken",
  "MissingAuthenticationTokenException",
  "NotAuthorized",
  "OptInRequired",
  "AuthFailure",
  "UnauthorizedOperation",
];

const CHECK_QUEUE = "The job queue does not exist in this region or takes no jobs. Check `queues` and `region`.";

const table = defineErrorMap([
  { name: THROTTLES, to: "BACKEND_RATE_LIMITED", effect: "none" },
  { status: 429, to: "BACKEND_RATE_LIMITED", effect: "none" },
  {
    name: ["ExpiredToken", "ExpiredTokenException"],
    to: "BACKEND_AUTH_FAILED",
    effect: "none",
    say: "The credentials have expired. Renew them (`credentials`, or the profile or role that the SDK finds).",
  },
  {
    name: "CredentialsProviderError",
    to: "BACKEND_AUTH_FAILED",
    effect: "none",
    say: "No credentials were found. Pass `credentials` or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role.",
  },
  {
    message: /scoped to a valid region/i,
    to: "BACKEND_AUTH_FAILED",
    effect: "none",
    say: "The request was signed for a region that this API does not stand in. The Pricing API stands in us-east-1, eu-central-1 and ap-south-1.",
  },
  {
    message: /iam:PassRole/i,
    to: "BACKEND_AUTH_FAILED",
    effect: "none",
    say: "The role of the job does not exist, or these credentials may not pass it. Check `jobRoleArn` and `executionRoleArn`, and allow iam:PassRole for them.",
  },
  { name: AUTH, to: "BACKEND_AUTH_FAILED", effect: "none" },
  { status: [401, 403], to: "BACKEND_AUTH_FAILED", effect: "none" },
  { message: /region is missing/i, to: "INVALID_CONFIG", effect: "none", say: "No region is set. Pass `region` or set AWS_REGION." },
  { name: "ClientException", message: /too many requests|throttl|rate exceeded/i, to: "BACKEND_RATE_LIMITED", effect: "none" },
  { name: "ClientException", message: /not authorized|access ?denied/i, to: "BACKEND_AUTH_FAILED", effect: "none" },
  {
    name: "ClientException",
    message: /share ?identifier/i,
    to: "BACKEND_REJECTED",
    effect: "none",
    say: "The queue and `shareIdentifier` do not fit: it is needed exactly for queues with a fair-share policy.",
  },
  { name: "ClientException", message: /job ?queue/i, to: "BACKEND_REJECTED", effect: "none", say: CHECK_QUEUE },
  { name: "ClientException", message: /quota|limit (was )?exceeded|maximum number/i, to: "QUOTA_EXCEEDED", effect: "none" },
  { name: ["ClientException", "ValidationException", "InvalidParameterException"], to: "BACKEND_REJECTED", effect: "none" },
  { status: [500, 502, 503, 504], to: "BACKEND_UNAVAILABLE" },
  // The answer came and cannot be read; what was asked for may have been done.
  { name: "SyntaxError", to: "BACKEND_RESPONSE_INVALID" },
  { name: "TimeoutError", to: "BACKEND_TIMEOUT" },
]);

/** What the SDK's errors mean. */
export const errors: ErrorMap = {
  match: table.match,
  toError(thrown, context: ErrorContext) {
    const error = table.toError(withStatus(thrown), context);
    if (error.code !== "BACKEND_RATE_LIMITED" || error.details.retryAfterMs !== undefined) return error;
    return new SchedulerError(error.code, error.message, {
      retry: error.retry,
      effect: error.effect,
      details: { ...error.details, retryAfterMs: THROTTLE_WAIT_MS },
      cause: error.cause,
    });
  },
};

/** An answer that is not JSON loses its status on the way through the SDK, except on the raw response that hangs on the error. */
function withStatus(thrown: unknown): unknown {
  if (SchedulerError.isInstance(thrown) || typeof thrown !== "object" || thrown === null) return thrown;
  const error = thrown as { readonly name?: unknown; readonly message?: unknown; readonly $response?: { readonly statusCode?: unknown } };
  const status = error.$response?.statusCode;
  return typeof status === "number" && status >= 400 && !("$metadata" in error && hasStatus(error.$metadata))
    ? { name: error.name, message: error.message, status }
    : thrown;
}

const hasStatus = (metadata: unknown): boolean =>
  typeof metadata === "object" &&
  metadata !== null &&
  typeof (metadata as { readonly httpStatusCode?: unknown }).httpStatusCode === "number";
