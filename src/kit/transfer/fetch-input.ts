import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { StagedInput } from "../../spec/launch.js";
import { platformSignal } from "./abort.js";
import { readPieces } from "./byte-source.js";
import { confinedPath, makeParents } from "./confine.js";
import type { Digest } from "./digest.js";
import { pathOfFileUri } from "./file-url.js";
import { requireOk, stagingFailed, type TransferSetting, withTries } from "./wire.js";
import { writeWhole } from "./write-file.js";

/** Where inputs go. */
export interface FetchInputOptions extends TransferSetting {
  /** Existing directory below which the input's path is meant. It is not made again if somebody removes it meanwhile. */
  readonly root: string;
}

/** An input in its place. */
export interface FetchedInput extends Digest {
  /** Absolute path. */
  readonly file: string;
}

/**
 * Brings one input to its place below `root`, from a `file:`, `http:` or `https:` URL, streaming, and checks size and
 * digest on the way. The file appears only when it is complete and right. Directories in between are made; a file that
 * is there already is replaced.
 *
 * @throws INPUT_DIGEST_MISMATCH when the bytes are not the promised ones.
 * @throws STAGING_FAILED when they cannot be had or written. URLs are shown without their query.
 * @throws INVALID_WORKLOAD when the path leads out of `root`.
 */
export async function fetchInput(input: StagedInput, options: FetchInputOptions): Promise<FetchedInput> {
  const file = confinedPath(options.root, input.path);
  try {
    await makeParents(options.root, file);
    const digest = input.url.startsWith("file:") ? await copyIn(input, file, options) : await download(input, file, options);
    return { file, ...digest };
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    if (SchedulerError.isInstance(error)) throw error;
    throw stagingFailed(`Input ${input.path} could not be put in place: ${reasonOf(error)}.`, error);
  }
}

async function copyIn(input: StagedInput, file: string, options: FetchInputOptions): Promise<Digest> {
  let from: string;
  try {
    from = pathOfFileUri(input.url);
  } catch (error) {
    throw stagingFailed(`Input ${input.path}: ${reasonOf(error)}`, error);
  }
  return writeChecked(input, file, readPieces(from), options);
}

async function download(input: StagedInput, file: string, options: FetchInputOptions): Promise<Digest> {
  if (!/^https?:\/\//i.test(input.url)) {
    throw stagingFailed(`Input ${input.path}: only file:, http: and https: URLs can be fetched here.`);
  }
  const what = `Input ${input.path} from`;
  return withTries(what, input.url, options, async () => {
    const link = platformSignal(options.signal);
    try {
      // Compressed transfer would be undone unseen, and a digest is meant of the bytes as they are stored.
      const response = await (options.fetch ?? fetch)(input.url, { headers: { "accept-encoding": "identity" }, signal: link.signal });
      await requireOk(response, what, input.url);
      if (/^https:/i.test(input.url) && response.url.startsWith("http:")) {
        await response.body?.cancel();
        throw stagingFailed(`${what} an https: URL was redirected to http:, where anybody could change it.`);
      }
      return await writeChecked(input, file, response.body ?? nothing(), options);
    } finally {
      link.dispose();
    }
  });
}

function writeChecked(input: StagedInput, file: string, source: AsyncIterable<Uint8Array>, options: FetchInputOptions): Promise<Digest> {
  const { size, sha256 } = input;
  return writeWhole(file, size === undefined ? source : noMoreThan(size, source, input.path), {
    ...options,
    check: (digest) => {
      if (size !== undefined && digest.size !== size) throw mismatch(input.path, `has ${digest.size} bytes where ${size} were promised`);
      if (sha256 !== undefined && digest.sha256 !== sha256.toLowerCase()) {
        throw mismatch(input.path, `has the digest ${digest.sha256} where ${sha256.toLowerCase()} was promised`);
      }
    },
  });
}

/** Stops reading as soon as there is more than was promised: an endless answer must not fill the disk. */
async function* noMoreThan(size: number, source: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array, void, undefined> {
  let seen = 0;
  for await (const piece of source) {
    seen += piece.byteLength;
    if (seen > size) throw mismatch(path, `has more than the ${size} bytes that were promised`);
    yield piece;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

function mismatch(path: string, what: string): SchedulerError {
  return new SchedulerError(
    "INPUT_DIGEST_MISMATCH",
    `Input ${path} ${what}: it was changed after the workload was made, or named wrongly.`,
    {
      details: { path },
    },
  );
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
