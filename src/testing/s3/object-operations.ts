import { noSuchKey, preconditionFailed, S3Failure } from "./s3-failure.js";
import type { S3TestObject } from "./s3-options.js";
import type { S3Call, S3Reply } from "./s3-reply.js";
import { queryOf } from "./s3-request.js";
import { checkWriteCondition, storedHeaders } from "./stored-headers.js";

/** Query parameters by which a signed GET chooses headers of its answer. */
const OVERRIDES: Readonly<Record<string, string>> = {
  "response-content-type": "content-type",
  "response-content-encoding": "content-encoding",
  "response-content-disposition": "content-disposition",
  "response-content-language": "content-language",
  "response-cache-control": "cache-control",
  "response-expires": "expires",
};

/** GetObject and HeadObject. */
export function getObject(call: S3Call): S3Reply {
  const { request, buckets } = call;
  const object = buckets.objects(request.bucket).get(request.key);
  if (object === undefined) throw noSuchKey(request.key);
  const match = request.headers.get("if-match");
  if (match !== undefined && match !== "*" && match !== object.etag) throw preconditionFailed("If-Match");
  if (request.headers.get("if-none-match") === object.etag) return { status: 304, headers: { etag: object.etag } };
  const headers: Record<string, string> = {
    ...object.headers,
    etag: object.etag,
    "last-modified": new Date(object.modifiedAtMs).toUTCString(),
    "accept-ranges": "bytes",
  };
  for (const [parameter, header] of Object.entries(OVERRIDES)) {
    const value = queryOf(request, parameter);
    if (value !== undefined) headers[header] = value;
  }
  const range = rangeOf(request.headers.get("range"), object.bytes.length);
  if (range === undefined) return { status: 200, headers, body: object.bytes };
  const [from, to] = range;
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${from}-${to}/${object.bytes.length}` },
    body: object.bytes.subarray(from, to + 1),
  };
}

/** First and last byte; `undefined`: all of it. @throws S3Failure when nothing of it is there. */
function rangeOf(header: string | undefined, size: number): readonly [number, number] | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (first === "" && last === "") return undefined;
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (from >= size || from > to) {
    throw new S3Failure(416, "InvalidRange", "The requested range is not satisfiable", { ActualObjectSize: String(size) });
  }
  return [from, to];
}

/** PutObject. */
export function putObject(call: S3Call): S3Reply {
  const { request, buckets, body } = call;
  checkWriteCondition(call);
  const headers = storedHeaders(call);
  const object = buckets.put(request.bucket, request.key, body, headers);
  return { status: 200, headers: { etag: object.etag, ...encryptionOf(headers) } };
}

/** Encryption is confirmed in the answer. */
export const encryptionOf = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("x-amz-server-side-encryption")));

/** DeleteObject: also right when nothing is there. */
export function deleteObject({ request, buckets }: S3Call): S3Reply {
  buckets.objects(request.bucket).delete(request.key);
  return { status: 204 };
}

/** Finds what a copy begins with, held to its conditions. @throws S3Failure */
export function copySource({ request, buckets, credentials }: S3Call): S3TestObject & { readonly bucket: string; readonly key: string } {
  const source = decode(request.headers.get("x-amz-copy-source") ?? "");
  const [, bucket = "", key = ""] = /^\/?([^/]+)\/(.+)$/s.exec(source) ?? [];
  if (key === "") throw new S3Failure(400, "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  if (credentials.buckets !== undefined && !credentials.buckets.includes(bucket)) throw new S3Failure(403, "AccessDenied", "Access Denied");
  const object = buckets.objects(bucket).get(key);
  if (object === undefined) throw noSuchKey(key);
  const match = request.headers.get("x-amz-copy-source-if-match");
  if (match !== undefined && match !== object.etag) throw preconditionFailed("x-amz-copy-source-If-Match");
  return { ...object, bucket, key };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Failure(400, "InvalidArgument", "The copy source is not encoded properly");
  }
}

/** CopyObject, without its XML. */
export function copyObject(call: S3Call): S3TestObject {
  const { request, buckets, habits } = call;
  const source = copySource(call);
  if (source.bytes.length > habits.maxCopyBytes) {
    throw new S3Failure(
      400,
      "InvalidRequest",
      `The specified copy source is larger than the maximum allowable size for a copy source: ${habits.maxCopyBytes}`,
    );
  }
  const replaces = request.headers.get("x-amz-metadata-directive") === "REPLACE";
  if (!replaces && source.bucket === request.bucket && source.key === request.key) {
    throw new S3Failure(400, "InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself.");
  }
  const own = storedHeaders(call);
  const headers = replaces ? own : { ...withoutEncryption(source.headers), ...encryptionOf(own) };
  return buckets.put(request.bucket, request.key, source.bytes, headers);
}

/** A copy is encrypted as it is asked for, whatever its source was. */
const withoutEncryption = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("x-amz-server-side-encryption")));
