import { notFound, otherVersion } from "../../kit/objects/index.js";
import type { ReadOptions, TransferOptions } from "../../spec/artifact-store.js";
import { headObject } from "./head-object.js";
import { encodeKey, type Location, locationOf } from "./location.js";
import { abortUpload, beginUpload, finishUpload, type SentPart } from "./multipart.js";
import type { S3Client } from "./s3-client.js";
import { MOST_PARTS } from "./s3-config.js";
import { textOf } from "./xml.js";

const MIB = 1024 ** 2;
/** Size of a part of a copy. The bytes do not pass through here, so that it may be large; more parts than these go faster but are billed each. */
const COPY_PART_BYTES = 512 * MIB;

/**
 * Copies at the service, no byte passes through here. What is copied is the object that was there when the copy began, or of the
 * version that was asked for.
 */
export async function copyObject(client: S3Client, from: string, to: string, options: ReadOptions): Promise<void> {
  const [source, target] = [locationOf(from), locationOf(to)];
  const { host, signal, ifVersion } = options;
  const transfer: TransferOptions = { host, ...(signal === undefined ? {} : { signal }) };
  const object = await headObject(client, source, transfer);
  if (object === undefined) throw notFound(from);
  if (ifVersion !== undefined && object.version !== undefined && object.version !== ifVersion) throw otherVersion(from);
  // The service refuses to copy an object onto itself, and there is nothing to be done.
  if (source.bucket === target.bucket && source.key === target.key) return;
  const version = ifVersion ?? object.version;
  const sourceHeaders = {
    "x-amz-copy-source": `/${source.bucket}/${encodeKey(source.key)}`,
    ...(version === undefined ? {} : { "x-amz-copy-source-if-match": version }),
  };
  if (object.size <= client.config.singleCopyBytes) {
    await client.xml({ method: "PUT", at: target, headers: { ...client.config.encryption, ...sourceHeaders } }, transfer);
    return;
  }
  await copyInParts(
    client,
    { target, sourceHeaders, size: object.size, ...(object.recorded === undefined ? {} : { sha256: object.recorded }) },
    transfer,
  );
}

interface PartedCopy {
  readonly target: Location;
  readonly sourceHeaders: Readonly<Record<string, string>>;
  readonly size: number;
  readonly sha256?: string;
}

async function copyInParts(client: S3Client, copy: PartedCopy, options: TransferOptions): Promise<void> {
  const { target, size } = copy;
  // Equal parts but for the last: some services insist on it.
  const partBytes = Math.max(Math.min(COPY_PART_BYTES, client.config.singleCopyBytes), Math.ceil(size / MOST_PARTS / MIB) * MIB);
  const uploadId = await beginUpload(client, target, copy.sha256, options);
  try {
    const parts: SentPart[] = [];
    for (let from = 0; from < size; from += partBytes) {
      const number = parts.length + 1;
      const range = `bytes=${from}-${Math.min(from + partBytes, size) - 1}`;
      const headers = { ...copy.sourceHeaders, "x-amz-copy-source-range": range };
      const xml = await client.xml({ method: "PUT", at: target, query: { partNumber: number, uploadId }, headers }, options);
      parts.push({ number, etag: textOf(xml, "ETag") ?? "" });
    }
    await finishUpload(client, { at: target, uploadId, parts }, options);
  } catch (error) {
    await abortUpload(client, { at: target, uploadId }, { host: options.host }).catch(() => undefined);
    throw error;
  }
}
