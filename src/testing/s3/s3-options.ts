import type { Host } from "../../spec/host.js";

/** A key pair that the server accepts. */
export interface S3TestCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials: requests must carry it. */
  readonly sessionToken?: string;
  /** Buckets it may use. Default: all. */
  readonly buckets?: readonly string[];
  /** It may only GET, HEAD and list. Default false. */
  readonly readOnly?: boolean;
}

/** Options of {@link startS3Server}. */
export interface S3ServerOptions {
  /** Its clock judges expiry and skew, its digests check the signatures. Wait faults run on its timers. */
  readonly host: Host;
  /** Buckets that exist. Default `["test-bucket"]`. */
  readonly buckets?: readonly string[];
  /** Who may come in. Default: one key pair, made at random and shown as {@link S3TestServer.credentials}. */
  readonly credentials?: readonly S3TestCredentials[];
  /** Signatures for another region are refused. Default `us-east-1`. */
  readonly region?: string;
  /** Least size of a part that is not the last. Default 5 MiB, as at AWS. @unit bytes */
  readonly minPartBytes?: number;
  /** Largest single PUT or part. Default 5 GiB. @unit bytes */
  readonly maxPutBytes?: number;
  /** Largest source of a copy in one request. Default 5 GiB. @unit bytes */
  readonly maxCopyBytes?: number;
  /** Most entries in one page of a listing. Default 1,000. */
  readonly pageSize?: number;
  /** Answers `if-none-match` on writes with 501 when false, as some clones do. Default true. */
  readonly conditionalWrites?: boolean;
  /** Refuses requests whose `x-amz-*` headers are not all signed, as AWS does; some clones do not. Default true. */
  readonly strictHeaders?: boolean;
  /** Refuses writes that do not ask for encryption at rest, like a bucket policy. Default false. */
  readonly requireEncryption?: boolean;
}

/** What a request wanted, by the service's own names. */
export type S3Operation =
  | "GetObject"
  | "HeadObject"
  | "PutObject"
  | "CopyObject"
  | "DeleteObject"
  | "ListObjectsV2"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "UploadPartCopy"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "ListParts"
  | "ListMultipartUploads"
  | "Unknown";

/** One request, as the access log keeps it. */
export interface S3LogEntry {
  readonly method: string;
  readonly bucket: string;
  /** Decoded; empty for requests to the bucket. */
  readonly key: string;
  readonly operation: S3Operation;
  /** Where the signature was; `none`: there was none. */
  readonly signed: "header" | "presigned" | "none";
  /** The answer's status; 0: the connection was cut instead. */
  readonly status: number;
  /** The service's word for a failure. */
  readonly error?: string;
  /** When it came, ms since 1970. */
  readonly at: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/**
 * Something that goes wrong.
 *
 * - `status`: this answer instead of the real one; nothing was done. Default 503 SlowDown.
 * - `reset`: the connection is cut; `done` says whether the request was carried out first.
 * - `cut-upload`: the connection is cut after so many bytes of the request's body; nothing was done.
 * - `truncate`: the connection is cut after so many bytes of the answer's body.
 * - `hang`: no answer until the server closes; nothing was done.
 * - `error-in-ok`: status 200 with an error as its body, as copies and completions may answer; nothing was done.
 */
export type S3TestFault =
  | { readonly kind: "status"; readonly status?: number; readonly code?: string; readonly retryAfterSeconds?: number }
  | { readonly kind: "reset"; readonly done: boolean }
  | { readonly kind: "cut-upload"; readonly afterBytes: number }
  | { readonly kind: "truncate"; readonly afterBytes: number }
  | { readonly kind: "hang" }
  | { readonly kind: "error-in-ok"; readonly code?: string };

/** When a fault strikes. The first rule that matches and is not used up applies. Only requests that were let in are struck. */
export interface S3FaultRule {
  readonly operation?: S3Operation;
  /** The key is equal to the text, or matches. Default: any. */
  readonly key?: string | RegExp;
  /** Matching requests that pass first. Default 0. */
  readonly skip?: number;
  /** How many it strikes after those. Default 1. */
  readonly times?: number;
  readonly fault: S3TestFault;
}

/** An object that is there. */
export interface S3TestObject {
  readonly bytes: Uint8Array;
  /** With its quotes. Opaque: not the MD5 that AWS happens to use. */
  readonly etag: string;
  readonly modifiedAtMs: number;
  /** Headers that were stored with it: `content-type`, `content-encoding`, `x-amz-meta-*`, `x-amz-server-side-encryption`... */
  readonly headers: Readonly<Record<string, string>>;
}

/** An upload in parts that has begun and not ended. */
export interface S3TestUpload {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  /** Numbers of the parts that are there, ascending. */
  readonly parts: readonly number[];
}

/** A running server. */
export interface S3TestServer {
  /** `http://127.0.0.1:port`, for path-style addresses. */
  readonly url: string;
  readonly region: string;
  /** The first key pair, as a client wants it. */
  readonly credentials: Pick<S3TestCredentials, "accessKeyId" | "secretAccessKey" | "sessionToken">;
  /** Every request that was answered or cut, in the order in which it came to its end. */
  readonly log: readonly S3LogEntry[];
  readonly uploads: readonly S3TestUpload[];
  /** The objects of a bucket, by key. Default: the first bucket. */
  objects(bucket?: string): ReadonlyMap<string, S3TestObject>;
  /** Puts an object there without a request. */
  seed(key: string, bytes: Uint8Array, options?: { readonly bucket?: string; readonly headers?: Readonly<Record<string, string>> }): void;
  /** Orders a fault. */
  inject(rule: S3FaultRule): void;
  /** Forgets the log and the faults. */
  reset(): void;
  /** Cuts all connections. Idempotent. */
  close(): Promise<void>;
}
