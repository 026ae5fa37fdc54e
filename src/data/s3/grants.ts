import type { ReadOptions, TransferOptions, WriteGrant, WriteLimits } from "../../spec/artifact-store.js";
import { addressOf, locationOf } from "./location.js";
import type { S3Client } from "./s3-client.js";

/** A URL for GET. */
export async function grantRead(client: S3Client, uri: string, ttlMs: number, { host }: ReadOptions): Promise<string> {
  const url = addressOf(locationOf(uri), client.config);
  return (await client.signing.url({ method: "GET", url, headers: {} }, ttlMs, host)).url;
}

/** What a grant asks for by headers. */
export interface GrantOptions extends TransferOptions {
  /** Encryption as configured, and a content type that no browser shows; the PUT must then say so. */
  readonly fixed: boolean;
}

/**
 * A URL for PUT. Nothing but key, method and the limits of `enforced` is fixed: the length is not signed, since a node does not
 * know it beforehand.
 */
export async function grantWrite(
  client: S3Client,
  uri: string,
  ttlMs: number,
  limits: WriteLimits,
  { host, fixed }: GrantOptions,
): Promise<WriteGrant> {
  const { config } = client;
  const sha256 = limits.sha256?.toLowerCase();
  const once = limits.once === true && config.conditionalWrites;
  const headers = {
    ...(fixed ? { "content-type": "application/octet-stream", ...config.encryption } : {}),
    ...(sha256 === undefined ? {} : { "x-amz-content-sha256": sha256 }),
    ...(once ? { "if-none-match": "*" } : {}),
  };
  const url = addressOf(locationOf(uri), config);
  const signed = await client.signing.url({ method: "PUT", url, headers }, ttlMs, host);
  return { ...signed, headers, enforced: [...(sha256 === undefined ? [] : (["sha256"] as const)), ...(once ? (["once"] as const) : [])] };
}
