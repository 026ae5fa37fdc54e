import { accessDenied, invalidArgument, preconditionFailed, S3Failure } from "./s3-failure.js";
import type { S3Call } from "./s3-reply.js";

/** Headers that are kept with an object as they are. */
const KEPT = new Set(["content-type", "content-encoding", "content-disposition", "content-language", "cache-control", "expires"]);
const ENCRYPTION = "x-amz-server-side-encryption";
const ENCRYPTION_KEY = "x-amz-server-side-encryption-aws-kms-key-id";

/** What of a request's headers is stored with the object. @throws S3Failure */
export function storedHeaders({ request, habits }: S3Call): Readonly<Record<string, string>> {
  const encryption = request.headers.get(ENCRYPTION);
  if (encryption !== undefined && encryption !== "AES256" && encryption !== "aws:kms") {
    throw invalidArgument(ENCRYPTION, "The encryption method specified is not supported");
  }
  if (request.headers.has(ENCRYPTION_KEY) && encryption !== "aws:kms") {
    throw invalidArgument(ENCRYPTION_KEY, "Server Side Encryption with AWS KMS managed key requires the aws:kms method");
  }
  if (habits.requireEncryption && encryption === undefined) throw accessDenied();
  return {
    "content-type": "binary/octet-stream",
    ...Object.fromEntries(
      [...request.headers].filter(
        ([name]) => KEPT.has(name) || name.startsWith("x-amz-meta-") || name === ENCRYPTION || name === ENCRYPTION_KEY,
      ),
    ),
  };
}

/** Holds a write to `if-none-match: *` and `if-match`. @throws S3Failure */
export function checkWriteCondition({ request, buckets, habits }: S3Call): void {
  const noneMatch = request.headers.get("if-none-match");
  const match = request.headers.get("if-match");
  if (noneMatch === undefined && match === undefined) return;
  if (!habits.conditionalWrites || (noneMatch !== undefined && noneMatch !== "*")) {
    throw new S3Failure(501, "NotImplemented", "A header you provided implies functionality that is not implemented");
  }
  const existing = buckets.objects(request.bucket).get(request.key);
  if (noneMatch !== undefined && existing !== undefined) throw preconditionFailed("If-None-Match");
  if (match !== undefined && existing?.etag !== match) throw preconditionFailed("If-Match");
}
