import { denied, notFound, otherVersion, PassingFailure } from "../../kit/objects/index.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { uriOf } from "./location.js";
import type { S3Request } from "./s3-client.js";
import type { S3Config } from "./s3-config.js";
import { textOf } from "./xml.js";

/** Errors are short. */
export const MOST_ERROR_BYTES = 256 * 1024;

/** The upload in parts does not exist any more. Never leaves this folder. */
export class UploadGone extends Error {}

/** What to do about refusals of the credentials. Never the service's own message: it quotes the request. */
const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied: "The credentials do not allow it (or the object does not exist and they do not allow listing).",
  InvalidAccessKeyId: "The access key is not known there. Check `credentials` and `endpoint`.",
  SignatureDoesNotMatch: "The secret access key is wrong, or something on the way changes requests.",
  ExpiredToken: "The temporary credentials have ended. Pass `credentials` as a function that gives fresh ones.",
  InvalidToken: "The session token does not belong to the access key.",
  TokenRefreshRequired: "The temporary credentials have ended. Pass `credentials` as a function that gives fresh ones.",
  RequestTimeTooSkewed: "The clock of this machine is off by more than the service accepts.",
};

/** The error for an answer that is a refusal. */
export function refusalOf(request: S3Request, response: Response, body: string, config: S3Config): Error {
  const { status } = response;
  const { at } = request;
  const code = textOf(body, "Code") ?? "";
  const details = {
    status,
    ...(code === "" ? {} : { reason: code }),
    ...(response.headers.has("x-amz-request-id") ? { requestId: response.headers.get("x-amz-request-id") } : {}),
  };
  const what = `${request.method} ${uriOf(at)} was refused with ${status}${code === "" ? "" : ` ${code}`}.`;

  if (code === "NoSuchUpload") return new UploadGone();
  if (code === "NoSuchBucket") return noSuchBucket(at.bucket, config);
  if (status === 404) return notFound(uriOf(at));
  if (status === 412) return otherVersion(uriOf(at));
  if (/^(RequestTimeout|ConditionalRequestConflict|OperationAborted|XAmzContentSHA256Mismatch|BadDigest|IncompleteBody)$/.test(code)) {
    return new PassingFailure(`the server answered ${code}`);
  }
  const region = elsewhere(code, response, body, config);
  if (region !== undefined) {
    return new SchedulerError(
      "INVALID_CONFIG",
      `${config.id}: the bucket ${at.bucket} is not in the region ${config.region}. ${region === "" ? "Set `region` to where it is." : `Set \`region\` to ${region}.`}`,
      { details: { field: "region", ...details } },
    );
  }
  if (status === 401 || status === 403 || code in ADVICE) {
    return denied(config.id, `${what} ${ADVICE[code] ?? "Check `credentials` and what they allow."}`, details);
  }
  return new SchedulerError("ARTIFACT_STORE_DENIED", `${config.id}: ${what}`, {
    // Asking again for the same would be refused again.
    retry: "never",
    details: { store: config.id, ...details },
  });
}

function noSuchBucket(bucket: string, config: S3Config): SchedulerError {
  if (bucket !== config.bucket) return new SchedulerError("ARTIFACT_NOT_FOUND", `${config.id}: there is no bucket ${bucket}.`);
  return new SchedulerError(
    "INVALID_CONFIG",
    `${config.id}: the bucket ${bucket} does not exist at ${config.endpoint.host}. Check \`bucket\` and \`endpoint\`.`,
    {
      details: { field: "bucket" },
    },
  );
}

/** The region that the bucket is in, when it is another one; empty when only that is known. Answers to HEAD have no body, only a header. */
function elsewhere(code: string, response: Response, body: string, config: S3Config): string | undefined {
  const named = textOf(body, "Region") ?? response.headers.get("x-amz-bucket-region") ?? "";
  if (response.status === 301 || code === "PermanentRedirect" || code === "IllegalLocationConstraintException") return named;
  const isScope = code === "AuthorizationHeaderMalformed" || (code === "" && response.status === 400);
  return isScope && named !== "" && named !== config.region ? named : undefined;
}
