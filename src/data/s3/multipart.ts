import { unavailable } from "../../kit/objects/index.js";
import type { TransferOptions } from "../../spec/artifact-store.js";
import { headObject } from "./head-object.js";
import { type Location, uriOf } from "./location.js";
import { UploadGone } from "./refusal.js";
import type { S3Client } from "./s3-client.js";
import { digestHeaders } from "./stored-digest.js";
import { blocksOf, escapeXml, textOf } from "./xml.js";

/** A part that the service has. */
export interface SentPart {
  readonly number: number;
  readonly etag: string;
}

/** A part with its size, as a listing shows it. */
export interface ListedPart extends SentPart {
  readonly size: number;
}

export interface UploadRef {
  readonly at: Location;
  readonly uploadId: string;
}

/** Begins an upload in parts. A repetition after a lost answer leaves one more behind, which costs nothing as long as it has no parts. */
export async function beginUpload(client: S3Client, at: Location, sha256: string | undefined, options: TransferOptions): Promise<string> {
  const headers = { ...client.config.encryption, ...digestHeaders(sha256), "content-type": "application/octet-stream" };
  const xml = await client.xml({ method: "POST", at, query: { uploads: true }, headers }, options);
  const uploadId = textOf(xml, "UploadId");
  if (uploadId === undefined || uploadId === "")
    throw unavailable(client.config.id, `the answer for a new upload to ${uriOf(at)} names none.`);
  return uploadId;
}

/**
 * Makes the object. When the upload is gone because an earlier try did it and its answer was lost, that is found out by looking at
 * the object.
 *
 * @throws UploadGone when the upload does not exist and the object is not of so many parts.
 */
export async function finishUpload(
  client: S3Client,
  upload: UploadRef & { readonly parts: readonly SentPart[] },
  options: TransferOptions,
): Promise<void> {
  const { at, uploadId, parts } = upload;
  const inner = parts.map(({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`);
  const body = new TextEncoder().encode(`<CompleteMultipartUpload>${inner.join("")}</CompleteMultipartUpload>`);
  try {
    await client.xml({ method: "POST", at, query: { uploadId }, headers: { "content-type": "application/xml" }, body }, options);
  } catch (error) {
    if (!(error instanceof UploadGone)) throw error;
    const object = await headObject(client, at, options);
    if (object?.version === undefined || !object.version.endsWith(`-${parts.length}"`)) throw error;
  }
}

/** Drops an upload and its parts. Idempotent. */
export async function abortUpload(client: S3Client, { at, uploadId }: UploadRef, options: TransferOptions): Promise<void> {
  await client.head({ method: "DELETE", at, query: { uploadId }, accept: [404] }, options);
}

/** The parts that the service has, ascending. @throws UploadGone */
export async function listParts(client: S3Client, { at, uploadId }: UploadRef, options: TransferOptions): Promise<readonly ListedPart[]> {
  const parts: ListedPart[] = [];
  for (let marker: string | undefined; ; ) {
    const xml = await client.xml({ method: "GET", at, query: { uploadId, "part-number-marker": marker } }, options);
    for (const block of blocksOf(xml, "Part")) {
      parts.push({ number: Number(textOf(block, "PartNumber")), etag: textOf(block, "ETag") ?? "", size: Number(textOf(block, "Size")) });
    }
    const next = textOf(xml, "NextPartNumberMarker");
    if (textOf(xml, "IsTruncated") !== "true" || next === undefined || next === marker) break;
    marker = next;
  }
  return parts.sort((a, b) => a.number - b.number);
}
