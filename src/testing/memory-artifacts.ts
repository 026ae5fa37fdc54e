import { checkedBytes } from "../kit/objects/checked-bytes.js";
import { unusableUri } from "../kit/objects/store-errors.js";
import { abortable, piecesOf } from "../kit/transfer/index.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { ArtifactStore, TransferOptions } from "../spec/artifact-store.js";
import type { ByteSource } from "../spec/launch.js";

/** An {@link ArtifactStore} whose objects a test can look at. */
export interface MemoryArtifacts extends ArtifactStore {
  /** Every object, by URI. */
  readonly objects: ReadonlyMap<string, Uint8Array>;
}

/** An artifact store in memory, scheme `mem:`, for tests in virtual time. Takes bytes and streams, no files. */
export function memoryArtifacts(): MemoryArtifacts {
  const objects = new Map<string, Uint8Array>();
  const get = (uri: string): Uint8Array => {
    const bytes = objects.get(checked(uri));
    if (bytes === undefined) throw new SchedulerError("ARTIFACT_NOT_FOUND", `There is nothing at ${uri}.`);
    return bytes;
  };
  return {
    id: "memory",
    schemes: ["mem"],
    write: true,
    local: true,
    workspace: "mem://workspace/",
    prices: { egressUsdPerGB: 0, storageUsdPerGBMonth: 0 },
    objects,
    put: async (uri, body, { host, signal }) => {
      const object = checked(uri);
      if (signal?.aborted) throw signal.reason;
      const bytes = await bytesOf(body, signal);
      objects.set(object, bytes);
      return { uri, sha256: host.sha256(bytes), size: bytes.length };
    },
    read: async (uri, { host, signal, sha256 }) => {
      const bytes = abortable(once(get(uri)), signal);
      return sha256 === undefined ? bytes : checkedBytes(bytes, sha256, uri, host);
    },
    readUrl: async (uri) => checked(uri),
    writeUrl: async (uri) => checked(uri),
    stat: async (uri, { host }: TransferOptions) => {
      const bytes = objects.get(uri);
      return bytes === undefined ? undefined : { size: bytes.length, sha256: host.sha256(bytes) };
    },
    copy: async (from, to) => {
      objects.set(checked(to), get(from));
    },
    remove: async (uri) => {
      objects.delete(checked(uri));
    },
    list: async (prefix) => [...objects.keys()].filter((uri) => uri.startsWith(prefix)),
  };
}

/** Names are taken as they are, but for those by which an attempt could climb out of its prefix. */
function checked(uri: string): string {
  if (/\/(\.|%2e){2}(\/|$)/i.test(uri)) throw unusableUri(uri, "must not hold `..`");
  return uri;
}

/** A copy: sources may use their buffers again. */
async function bytesOf(body: ByteSource, signal: TransferOptions["signal"]): Promise<Uint8Array> {
  if ("file" in body)
    throw new SchedulerError("INVALID_CONFIG", "The memory artifact store takes no files.", { details: { field: "body" } });
  const chunks: Uint8Array[] = [];
  for await (const chunk of abortable(piecesOf(body), signal)) chunks.push(chunk.slice());
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
