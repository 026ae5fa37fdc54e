import type { Host } from "../../spec/host.js";
import { accessDenied, S3Failure } from "./s3-failure.js";
import type { S3TestCredentials } from "./s3-options.js";
import { queryOf, type S3Request } from "./s3-request.js";
import { signatureOf } from "./signature.js";

/** What the server lets in. */
export interface Guard {
  readonly host: Pick<Host, "now" | "sha256">;
  readonly credentials: readonly S3TestCredentials[];
  readonly region: string;
  readonly strictHeaders: boolean;
}

/** Whose request it is, and which body it may have. */
export interface Authorized {
  readonly credentials: S3TestCredentials;
  readonly signed: "header" | "presigned";
  /** The digest that the body must have, or `UNSIGNED-PAYLOAD`. */
  readonly payload: string;
}

/** How far a clock may be off. */
const SKEW_MS = 15 * 60_000;
/** Seven days. */
const LONGEST_EXPIRY_SECONDS = 604_800;

/** Where a signature was found. */
export const signedBy = (request: S3Request): "header" | "presigned" | "none" =>
  queryOf(request, "X-Amz-Signature") !== undefined ? "presigned" : request.headers.has("authorization") ? "header" : "none";

/** Checks signature, time, scope and signed headers. @throws S3Failure */
export function authorize(request: S3Request, guard: Guard): Authorized {
  const claim = signedBy(request) === "presigned" ? queryClaim(request) : headerClaim(request);
  const credentials = guard.credentials.find(({ accessKeyId }) => accessKeyId === claim.accessKeyId);
  if (credentials === undefined) {
    throw new S3Failure(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
  }
  checkScope(claim, guard);
  checkTime(claim, guard.host.now());
  if (claim.token !== credentials.sessionToken) {
    throw new S3Failure(400, "InvalidToken", "The provided token is malformed or otherwise invalid.");
  }
  checkSignedHeaders(request, claim, guard);
  const headers = claim.signedHeaders.map((name) => {
    const value = request.headers.get(name);
    if (value === undefined) throw mismatch();
    return [name, value] as const;
  });
  const query = request.query.filter(([name]) => name !== "X-Amz-Signature");
  const parts = { method: request.method, rawPath: request.rawPath, query, headers, payload: claim.payload };
  if (signatureOf(parts, credentials.secretAccessKey, claim, guard.host) !== claim.signature) throw mismatch();
  return { credentials, signed: claim.signed, payload: claim.payload };
}

interface Claim {
  readonly signed: "header" | "presigned";
  readonly accessKeyId: string;
  /** `20130524/us-east-1/s3/aws4_request`, split. */
  readonly scope: readonly string[];
  readonly region: string;
  readonly timestamp: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly token: string | undefined;
  readonly payload: string;
  readonly expirySeconds?: number;
}

function headerClaim(request: S3Request): Claim {
  const authorization = request.headers.get("authorization");
  if (authorization === undefined) throw accessDenied();
  const match = /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(authorization);
  if (match === null) throw new S3Failure(400, "AuthorizationHeaderMalformed", "The authorization header is malformed.");
  const [, credential = "", signedHeaders = "", signature = ""] = match;
  const payload = request.headers.get("x-amz-content-sha256");
  if (payload === undefined) throw new S3Failure(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  const [accessKeyId = "", ...scope] = credential.split("/");
  return {
    signed: "header",
    accessKeyId,
    scope,
    region: scope[1] ?? "",
    timestamp: request.headers.get("x-amz-date") ?? "",
    signedHeaders: signedHeaders.split(";"),
    signature,
    token: request.headers.get("x-amz-security-token"),
    payload,
  };
}

function queryClaim(request: S3Request): Claim {
  const parameter = (name: string): string => {
    const value = queryOf(request, name);
    if (value === undefined) throw malformedQuery(`Query-string authentication version 4 requires the ${name} parameter.`);
    return value;
  };
  if (parameter("X-Amz-Algorithm") !== "AWS4-HMAC-SHA256") throw malformedQuery('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  const expiry = parameter("X-Amz-Expires");
  if (!/^\d{1,10}$/.test(expiry)) throw malformedQuery("X-Amz-Expires should be a number");
  if (Number(expiry) > LONGEST_EXPIRY_SECONDS) throw malformedQuery("X-Amz-Expires must be less than a week (in seconds); 604800");
  const [accessKeyId = "", ...scope] = parameter("X-Amz-Credential").split("/");
  return {
    signed: "presigned",
    accessKeyId,
    scope,
    region: scope[1] ?? "",
    timestamp: parameter("X-Amz-Date"),
    signedHeaders: parameter("X-Amz-SignedHeaders").split(";"),
    signature: parameter("X-Amz-Signature"),
    token: queryOf(request, "X-Amz-Security-Token"),
    // Also when it is not among the signed headers: the signature then does not match, and that is the answer.
    payload: request.headers.get("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD",
    expirySeconds: Number(expiry),
  };
}

function checkScope(claim: Claim, guard: Guard): void {
  const [day, region, service, end] = claim.scope;
  const inOrder = claim.scope.length === 4 && service === "s3" && end === "aws4_request" && day === claim.timestamp.slice(0, 8);
  if (inOrder && region === guard.region) return;
  const message = inOrder
    ? `The authorization header is malformed; the region '${region}' is wrong; expecting '${guard.region}'`
    : "The credential scope is malformed.";
  const code = claim.signed === "header" ? "AuthorizationHeaderMalformed" : "AuthorizationQueryParametersError";
  throw new S3Failure(400, code, message, inOrder ? { Region: guard.region } : {});
}

function checkTime(claim: Claim, nowMs: number): void {
  const signedAtMs = parseTimestamp(claim.timestamp);
  if (claim.expirySeconds === undefined) {
    if (Math.abs(nowMs - signedAtMs) > SKEW_MS) {
      throw new S3Failure(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.");
    }
    return;
  }
  if (signedAtMs - nowMs > SKEW_MS) throw accessDenied("Request is not valid yet");
  if (nowMs > signedAtMs + claim.expirySeconds * 1_000) {
    throw accessDenied("Request has expired", { "X-Amz-Expires": String(claim.expirySeconds), ServerTime: new Date(nowMs).toISOString() });
  }
}

function parseTimestamp(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const [, year, month, day, hour, minute, second] = (match ?? []).map(Number);
  const atMs = Date.UTC(year ?? Number.NaN, (month ?? Number.NaN) - 1, day, hour, minute, second);
  if (Number.isNaN(atMs)) throw accessDenied("AWS authentication requires a valid Date or x-amz-date header");
  return atMs;
}

/** What is sent but not signed could have been added by anyone. */
function checkSignedHeaders(request: S3Request, claim: Claim, guard: Guard): void {
  if (!claim.signedHeaders.includes("host")) throw accessDenied("The host header must be signed", { HeadersNotSigned: "host" });
  if (!guard.strictHeaders) return;
  const unsigned = [...request.headers.keys()].filter(
    (name) =>
      (name.startsWith("x-amz-") || name === "content-md5") &&
      !claim.signedHeaders.includes(name) &&
      !(claim.signed === "presigned" && name === "x-amz-content-sha256"),
  );
  if (unsigned.length > 0) {
    throw accessDenied("There were headers present in the request which were not signed", { HeadersNotSigned: unsigned.join(", ") });
  }
}

const malformedQuery = (message: string): S3Failure => new S3Failure(400, "AuthorizationQueryParametersError", message);

const mismatch = (): S3Failure =>
  new S3Failure(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
  );
