import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { ObjectStat, PartedUpload, PartedUploads, TransferOptions } from "../../spec/artifact-store.js";
import { headObject } from "./head-object.js";
import { listUploads } from "./list-objects.js";
import { addressOf, locationOf, uriOf } from "./location.js";
import { abortUpload, beginUpload, finishUpload, type ListedPart, listParts } from "./multipart.js";
import { UploadGone } from "./refusal.js";
import { type S3Client, withQuery } from "./s3-client.js";
import { LEAST_PART_BYTES, MOST_PARTS } from "./s3-config.js";

/** Uploads in parts by nodes: they get one URL for each part; who completes needs no word of theirs, since the service knows its parts. */
export function partedUploads(client: S3Client): PartedUploads {
  const { config } = client;
  return {
    async create(uri, limits, options) {
      const at = locationOf(uri);
      const partBytes = Math.max(LEAST_PART_BYTES, Math.ceil(limits.partBytes ?? config.partBytes));
      const parts = Math.max(1, Math.ceil(limits.maxBytes / partBytes));
      if (!(parts <= MOST_PARTS)) {
        throw new SchedulerError(
          "UNSUPPORTED_WORKLOAD",
          `${config.id}: ${limits.maxBytes} bytes would need more than ${MOST_PARTS} parts of ${partBytes} bytes. Use larger parts.`,
          { details: { field: "partBytes", store: config.id } },
        );
      }
      return { uri, uploadId: await beginUpload(client, at, undefined, options), partBytes, parts };
    },

    async partUrls(upload, ttlMs, { host }) {
      const address = addressOf(locationOf(upload.uri), config);
      const urls: string[] = [];
      for (let partNumber = 1; partNumber <= upload.parts; partNumber++) {
        const url = withQuery(address, { partNumber, uploadId: upload.uploadId });
        urls.push((await client.signing.url({ method: "PUT", url, headers: {} }, ttlMs, host)).url);
      }
      return urls;
    },

    async complete(upload, { parts, ...options }) {
      const at = locationOf(upload.uri);
      try {
        const sent = await listParts(client, { at, uploadId: upload.uploadId }, options);
        checkParts(upload, sent, parts);
        await finishUpload(client, { at, uploadId: upload.uploadId, parts: sent }, options);
      } catch (error) {
        // Completed by an earlier call whose answer, or whose caller, was lost.
        if (!(error instanceof UploadGone)) throw error;
        return completed(client, upload, options);
      }
      return completed(client, upload, options);
    },

    abort: (upload, options) => abortUpload(client, { at: locationOf(upload.uri), uploadId: upload.uploadId }, options),

    async list(prefix, options) {
      return (await listUploads(client, prefix, options)).map(({ at, uploadId }) => ({ uri: uriOf(at), uploadId }));
    },
  };
}

async function completed(client: S3Client, { uri }: PartedUpload, options: TransferOptions): Promise<ObjectStat> {
  const object = await headObject(client, locationOf(uri), options);
  if (object === undefined) throw stagingFailed(uri, "the upload does not exist any more and made no object");
  const { size, version } = object;
  return { size, ...(version === undefined ? {} : { version }) };
}

function checkParts({ uri }: PartedUpload, sent: readonly ListedPart[], wanted: number | undefined): void {
  if (sent.length === 0) throw stagingFailed(uri, "no part was sent");
  const gap = sent.findIndex(({ number }, index) => number !== index + 1);
  if (gap >= 0) throw stagingFailed(uri, `part ${gap + 1} is missing`);
  if (wanted !== undefined && sent.length !== wanted)
    throw stagingFailed(uri, `${sent.length} parts were sent where ${wanted} were announced`);
}

const stagingFailed = (uri: string, what: string): SchedulerError =>
  new SchedulerError("STAGING_FAILED", `The upload to ${uri} cannot be completed: ${what}.`);
