import { platformSignal } from "../../kit/transfer/index.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { TransferOptions } from "../../spec/artifact-store.js";
import type { Location } from "./location.js";
import { abortUpload, beginUpload, finishUpload, type SentPart } from "./multipart.js";
import type { S3Client } from "./s3-client.js";
import { MOST_PARTS } from "./s3-config.js";

/** How parts are sent. */
export interface SendPartsOptions<T> extends TransferOptions {
  /** To be stored with the object. */
  readonly sha256?: string;
  /** Called when everything was sent, before the object appears; throw to keep it from appearing. */
  readonly check: () => T;
}

/**
 * Sends parts as they come, a few at once, and makes an object of them. When anything fails, also the source or the check, the parts
 * are dropped and nothing appears.
 */
export async function sendParts<T>(
  client: S3Client,
  at: Location,
  parts: AsyncIterable<Uint8Array>,
  options: SendPartsOptions<T>,
): Promise<T> {
  const { host } = options;
  const uploadId = await beginUpload(client, at, options.sha256, options);
  // One failure ends the others, whose answers are then waited for: nothing may be sent once the upload is given up.
  const link = platformSignal(options.signal);
  const failed = new AbortController();
  const signal = AbortSignal.any([link.signal, failed.signal]);
  const underWay = new Set<Promise<void>>();
  const sent: SentPart[] = [];
  try {
    let number = 0;
    for await (const body of parts) {
      number += 1;
      if (number > MOST_PARTS) throw tooManyParts(client);
      const part = number;
      const sending = sendPart(client, { at, uploadId, part, body }, { host, signal }).then(
        (etag) => void sent.push({ number: part, etag }),
      );
      const settled = sending.finally(() => underWay.delete(settled));
      // Seen when it is waited for; until then it must not count as unhandled.
      settled.catch(() => undefined);
      underWay.add(settled);
      while (underWay.size >= client.config.concurrency) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    const answer = options.check();
    sent.sort((a, b) => a.number - b.number);
    await finishUpload(client, { at, uploadId, parts: sent }, { host, signal });
    return answer;
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(underWay);
    // Without the caller's signal, which may be why it ends. What cannot be dropped now is left to the bucket's lifecycle rule.
    await abortUpload(client, { at, uploadId }, { host }).catch(() => undefined);
    throw error;
  } finally {
    link.dispose();
  }
}

async function sendPart(
  client: S3Client,
  part: { readonly at: Location; readonly uploadId: string; readonly part: number; readonly body: Uint8Array },
  options: TransferOptions,
): Promise<string> {
  const query = { partNumber: part.part, uploadId: part.uploadId };
  const response = await client.head({ method: "PUT", at: part.at, query, body: part.body }, options);
  return response.headers.get("etag") ?? "";
}

const tooManyParts = ({ config }: S3Client): SchedulerError =>
  new SchedulerError(
    "UNSUPPORTED_WORKLOAD",
    `${config.id}: the stream is longer than ${MOST_PARTS} parts of ${config.partBytes} bytes. Raise \`partBytes\`.`,
    { details: { field: "partBytes", store: config.id } },
  );
