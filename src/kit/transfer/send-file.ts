import { createReadStream } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { platformSignal } from "./abort.js";
import { readPieces } from "./byte-source.js";
import { pathOfFileUri } from "./file-url.js";
import { requireOk, shownUrl, stagingFailed, type TransferSetting, withTries } from "./wire.js";
import { writeWhole } from "./write-file.js";

/** How {@link sendFile} sends. */
export interface SendFileOptions extends TransferSetting {
  /** Further headers of the PUT, such as those a presigned URL was signed with. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Sends a file to a URL: PUT with its length for `http:` and `https:` (what presigned URLs want; redirects are not followed), a
 * copy for `file:`, whose directories are made. Repeating it does no harm, so it is tried up to three times.
 *
 * @throws STAGING_FAILED, with the URL shown without its query.
 */
export async function sendFile(url: string, file: string, options: SendFileOptions): Promise<void> {
  try {
    if (url.startsWith("file:")) await copyOut(url, file, options);
    else await upload(url, file, options);
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    if (SchedulerError.isInstance(error) && error.code === "STAGING_FAILED") throw error;
    throw stagingFailed(`A file could not be sent to ${shownUrl(url)}: ${error instanceof Error ? error.message : String(error)}.`, error);
  }
}

async function copyOut(url: string, file: string, options: SendFileOptions): Promise<void> {
  const target = pathOfFileUri(url);
  await mkdir(dirname(target), { recursive: true });
  await writeWhole(target, readPieces(file), options);
}

async function upload(url: string, file: string, options: SendFileOptions): Promise<void> {
  if (!/^https?:\/\//i.test(url)) throw stagingFailed("Files can be sent to file:, http: and https: URLs only.");
  const { size } = await stat(file);
  await withTries("A file to", url, options, async () => {
    const link = platformSignal(options.signal);
    const stream = createReadStream(file);
    try {
      const response = await (options.fetch ?? fetch)(url, {
        method: "PUT",
        // With the length the body is not sent in chunks, which S3 and its kin refuse.
        headers: { "content-type": "application/octet-stream", ...options.headers, "content-length": String(size) },
        body: Readable.toWeb(stream),
        duplex: "half",
        redirect: "error",
        signal: link.signal,
      });
      await requireOk(response, "A file to", url);
      await response.body?.cancel();
    } finally {
      link.dispose();
      stream.destroy();
    }
  });
}
