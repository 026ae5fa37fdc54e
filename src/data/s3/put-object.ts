import { stat } from "node:fs/promises";
import { abortable, type Digest, digesting, piecesOf, sha256File } from "../../kit/transfer/index.js";
import type { Artifact } from "../../model/artifact.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { TransferOptions } from "../../spec/artifact-store.js";
import type { ByteSource } from "../../spec/launch.js";
import { cutParts } from "./cut-parts.js";
import { locationOf } from "./location.js";
import type { S3Client } from "./s3-client.js";
import { MOST_PARTS } from "./s3-config.js";
import { sendParts } from "./send-parts.js";
import { digestHeaders } from "./stored-digest.js";

/**
 * Stores bytes: in one request when they fit into a part, else in parts, of which only a few are in memory at a time. The object appears
 * complete or not at all.
 */
export async function putObject(client: S3Client, uri: string, body: ByteSource, options: TransferOptions): Promise<Artifact> {
  const { config } = client;
  const { host, signal } = options;
  const at = locationOf(uri);
  if (signal?.aborted) throw signal.reason;
  // Known beforehand, it can be stored with an object of several parts; a stream's is known when it is too late for that.
  const known = await digestBeforehand(body, config.partBytes, options);
  if (known !== undefined) checkSize(client, known.size);
  const { pieces, result } = digesting(abortable(limited(client, piecesOf(body)), signal), host);
  const parts = cutParts(pieces, partBytesFor(config.partBytes, known?.size));
  try {
    const first = await parts.next();
    const second = first.done === true ? first : await parts.next();
    if (first.done === true || second.done === true) {
      const digest = result();
      const headers = { ...config.encryption, ...digestHeaders(digest.sha256), "content-type": "application/octet-stream" };
      const bytes = first.done === true ? new Uint8Array() : first.value;
      await client.head({ method: "PUT", at, headers, body: bytes, sha256: digest.sha256 }, options);
      return { uri, ...digest };
    }
    const check = (): Digest => {
      const found = result();
      if (known !== undefined && found.sha256 !== known.sha256) throw changed(uri);
      return found;
    };
    const stored = known === undefined ? {} : { sha256: known.sha256 };
    return { uri, ...(await sendParts(client, at, joined([first.value, second.value], parts), { ...options, ...stored, check })) };
  } finally {
    // Lets the source go when it was not read to its end.
    await parts.return();
  }
}

/** Digest and size of what is too large for one part and can be read twice. */
async function digestBeforehand(body: ByteSource, partBytes: number, { host, signal }: TransferOptions): Promise<Digest | undefined> {
  if ("stream" in body) return undefined;
  if ("bytes" in body)
    return body.bytes.byteLength > partBytes ? { sha256: host.sha256(body.bytes), size: body.bytes.byteLength } : undefined;
  return (await stat(body.file)).size > partBytes ? sha256File(body.file, host, signal) : undefined;
}

/** Larger parts for what would need too many; rounded up to whole MiB. */
function partBytesFor(partBytes: number, size: number | undefined): number {
  if (size === undefined || size <= partBytes * MOST_PARTS) return partBytes;
  return Math.ceil(size / MOST_PARTS / 1024 ** 2) * 1024 ** 2;
}

async function* limited(client: S3Client, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const piece of source) {
    size += piece.byteLength;
    checkSize(client, size);
    yield piece;
  }
}

function checkSize({ config }: S3Client, size: number): void {
  if (size <= config.maxObjectBytes) return;
  throw new SchedulerError(
    "UNSUPPORTED_WORKLOAD",
    `${config.id}: the object is larger than ${config.maxObjectBytes} bytes. Split it, or raise \`maxObjectBytes\` if the service takes more.`,
    { details: { field: "maxObjectBytes", store: config.id } },
  );
}

async function* joined(head: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* head;
  yield* rest;
}

const changed = (uri: string): SchedulerError =>
  new SchedulerError(
    "INPUT_DIGEST_MISMATCH",
    `The bytes for ${uri} changed while they were being sent. Nothing was stored; send them again once they rest.`,
  );
