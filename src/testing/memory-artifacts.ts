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
    const bytes = objects.get(uri);
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
    put: async (uri, body, { host }) => {
      const bytes = await bytesOf(body);
      objects.set(uri, bytes);
      return { uri, sha256: host.sha256(bytes), size: bytes.length };
    },
    read: async (uri) => once(get(uri)),
    readUrl: async (uri) => uri,
    writeUrl: async (uri) => uri,
    stat: async (uri, { host }: TransferOptions) => {
      const bytes = objects.get(uri);
      return bytes === undefined ? undefined : { size: bytes.length, sha256: host.sha256(bytes) };
    },
    copy: async (from, to) => {
      objects.set(to, get(from));
    },
    remove: async (uri) => {
      objects.delete(uri);
    },
    list: async (prefix) => [...objects.keys()].filter((uri) => uri.startsWith(prefix)),
  };
}

async function bytesOf(body: ByteSource): Promise<Uint8Array> {
  if ("bytes" in body) return body.bytes;
  if ("file" in body)
    throw new SchedulerError("INVALID_CONFIG", "The memory artifact store takes no files.", { details: { field: "body" } });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.stream) chunks.push(chunk);
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
