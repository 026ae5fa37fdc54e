import type { AbortSignalLike, Host } from "../../spec/host.js";
import { abortable } from "./abort.js";
import { readPieces } from "./byte-source.js";

/** What bytes are, wherever they lie. */
export interface Digest {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** Pieces on their way, digested in passing. */
export interface Digesting {
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Of all pieces; ask once they have all passed. */
  result(): Digest;
}

/** Digests a stream while somebody else consumes it. */
export function digesting(source: AsyncIterable<Uint8Array>, host: Host): Digesting {
  const hash = host.createSha256();
  let size = 0;
  return {
    pieces: (async function* () {
      for await (const piece of source) {
        hash.update(piece);
        size += piece.byteLength;
        yield piece;
      }
    })(),
    result: () => ({ sha256: hash.hex(), size }),
  };
}

/** Digest and size of a file of any length. Fails with Node's own error when it cannot be read. */
export async function sha256File(file: string, host: Host, signal?: AbortSignalLike): Promise<Digest> {
  const hash = host.createSha256();
  let size = 0;
  for await (const piece of abortable(readPieces(file), signal)) {
    hash.update(piece);
    size += piece.byteLength;
  }
  return { sha256: hash.hex(), size };
}
