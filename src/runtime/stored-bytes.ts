import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { ArtifactStore, TransferOptions } from "../spec/artifact-store.js";

/** What an object is, wherever it lies. */
export interface StoredDigest {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Of the object that has this digest, where the store tells one. */
  readonly version?: string;
}

/**
 * A small object, whole. Nothing when there is none. Of a larger one no more than a byte above the limit is kept, so that whoever reads the
 * answer sees that it is too long.
 */
export async function readSmall(
  store: ArtifactStore,
  uri: string,
  maxBytes: number,
  options: TransferOptions,
): Promise<Uint8Array | undefined> {
  if ((await store.stat(uri, options)) === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  let size = 0;
  const source = await store.read(uri, options).catch(absent);
  if (source === undefined) return undefined;
  for await (const piece of source) {
    pieces.push(piece);
    size += piece.length;
    if (size > maxBytes) break;
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes.subarray(0, maxBytes + 1);
}

/**
 * Digest and size of an object: the store's word where it has one, else by reading it all. Nothing when there is none.
 *
 * @throws OUTPUT_DIGEST_MISMATCH when it becomes another one meanwhile and the store tells.
 */
export async function digestOf(store: ArtifactStore, uri: string, options: TransferOptions): Promise<StoredDigest | undefined> {
  const stat = await store.stat(uri, options);
  if (stat === undefined) return undefined;
  const { version } = stat;
  const seen = version === undefined ? {} : { version };
  if (stat.sha256 !== undefined) return { sha256: stat.sha256, size: stat.size, ...seen };
  const source = await store.read(uri, { ...options, ...(version === undefined ? {} : { ifVersion: version }) }).catch(absent);
  if (source === undefined) return undefined;
  const hash = options.host.createSha256();
  let size = 0;
  for await (const piece of source) {
    hash.update(piece);
    size += piece.length;
  }
  return { sha256: hash.hex(), size, ...seen };
}

function absent(thrown: unknown): undefined {
  if (SchedulerError.isInstance(thrown) && thrown.code === "ARTIFACT_NOT_FOUND") return undefined;
  throw thrown;
}
