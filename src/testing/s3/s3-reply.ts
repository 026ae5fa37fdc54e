import type { Host } from "../../spec/host.js";
import type { Buckets } from "./buckets.js";
import type { S3TestCredentials } from "./s3-options.js";
import type { S3Request } from "./s3-request.js";

/** What is answered. */
export interface S3Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Limits and habits of the server, complete. */
export interface S3Habits {
  readonly minPartBytes: number;
  readonly maxPutBytes: number;
  readonly maxCopyBytes: number;
  readonly pageSize: number;
  readonly conditionalWrites: boolean;
  readonly requireEncryption: boolean;
}

/** A request that was let in, and everything that answers it. */
export interface S3Call {
  readonly request: S3Request;
  readonly body: Uint8Array;
  readonly credentials: S3TestCredentials;
  readonly buckets: Buckets;
  readonly habits: S3Habits;
  readonly host: Host;
}

/** An XML answer. */
export const xmlReply = (body: string): S3Reply => ({ status: 200, headers: { "content-type": "application/xml" }, body });
