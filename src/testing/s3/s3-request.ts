import type { IncomingMessage } from "node:http";
import { S3Failure } from "./s3-failure.js";
import type { S3Operation } from "./s3-options.js";
import { parseQuery, percentDecode } from "./signature.js";

/** A request's head, taken apart. */
export interface S3Request {
  readonly method: string;
  readonly rawPath: string;
  readonly bucket: string;
  readonly key: string;
  /** All of it, in order. */
  readonly query: readonly (readonly [string, string])[];
  /** Lower-case names; several of one name joined by a comma, as for signatures. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Longest key, bytes of UTF-8. */
const LONGEST_KEY = 1_024;

/** @throws S3Failure when the address cannot be read. */
export function parseRequest(message: IncomingMessage): S3Request {
  const target = message.url ?? "/";
  const mark = target.indexOf("?");
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  try {
    const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(rawPath) ?? [];
    const request: S3Request = {
      method: message.method ?? "GET",
      rawPath,
      bucket: percentDecode(bucket),
      key: percentDecode(key),
      query: mark < 0 ? [] : parseQuery(target.slice(mark + 1)),
      headers: mergedHeaders(message),
    };
    if (Buffer.byteLength(request.key) > LONGEST_KEY) throw new S3Failure(400, "KeyTooLongError", "Your key is too long");
    return request;
  } catch (error) {
    if (error instanceof S3Failure) throw error;
    throw new S3Failure(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
}

function mergedHeaders(message: IncomingMessage): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const raw = message.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    // Node gives bytes of headers as Latin-1; the service takes them for UTF-8.
    const value = Buffer.from(raw[index + 1] ?? "", "latin1").toString("utf8");
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}

/** The first value of a query parameter; names count case, but for those of signatures. */
export const queryOf = (request: S3Request, name: string): string | undefined => request.query.find(([found]) => found === name)?.[1];

/** What the request wants. */
export function operationOf(request: S3Request): S3Operation {
  const has = (name: string): boolean => queryOf(request, name) !== undefined;
  if (request.bucket === "") return "Unknown";
  if (request.key === "") {
    if (request.method !== "GET") return "Unknown";
    if (has("uploads")) return "ListMultipartUploads";
    return queryOf(request, "list-type") === "2" ? "ListObjectsV2" : "Unknown";
  }
  const copies = request.headers.has("x-amz-copy-source");
  switch (request.method) {
    case "GET":
      return has("uploadId") ? "ListParts" : "GetObject";
    case "HEAD":
      return "HeadObject";
    case "PUT":
      if (has("uploadId")) return copies ? "UploadPartCopy" : "UploadPart";
      return copies ? "CopyObject" : "PutObject";
    case "POST":
      if (has("uploads")) return "CreateMultipartUpload";
      return has("uploadId") ? "CompleteMultipartUpload" : "Unknown";
    case "DELETE":
      return has("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
    default:
      return "Unknown";
  }
}
