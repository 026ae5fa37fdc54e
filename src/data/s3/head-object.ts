import { unavailable } from "../../kit/objects/index.js";
import type { ObjectStat, TransferOptions } from "../../spec/artifact-store.js";
import { type Location, uriOf } from "./location.js";
import type { S3Client } from "./s3-client.js";
import { storedDigest } from "./stored-digest.js";

/** What the service says of an object; `undefined`: it does not exist. `recorded` is the digest in its metadata, to be believed or not. */
export async function headObject(
  client: S3Client,
  at: Location,
  options: TransferOptions,
): Promise<(ObjectStat & { readonly recorded?: string }) | undefined> {
  const { status, headers } = await client.head({ method: "HEAD", at, accept: [404] }, options);
  if (status === 404) return undefined;
  const size = headers.get("content-length");
  if (size === null || !/^\d{1,15}$/.test(size)) throw unavailable(client.config.id, `the answer for ${uriOf(at)} does not tell its size.`);
  const recorded = storedDigest(headers);
  const version = headers.get("etag");
  return {
    size: Number(size),
    ...(recorded !== undefined && client.config.digestMetadata ? { sha256: recorded } : {}),
    ...(version === null ? {} : { version }),
    ...(recorded === undefined ? {} : { recorded }),
  };
}
