import { createReadStream } from "node:fs";
import type { ByteSource } from "../../spec/launch.js";

const READ_BYTES = 256 * 1024;

/** A file's bytes in pieces. Opened when the first one is asked for. Fails with Node's own error when it cannot be read. */
export async function* readPieces(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield* createReadStream(file, { highWaterMark: READ_BYTES });
}

/** The bytes of a {@link ByteSource} in pieces, whatever form it has. */
export function piecesOf(body: ByteSource): AsyncIterable<Uint8Array> {
  if ("file" in body) return readPieces(body.file);
  return "stream" in body ? body.stream : single(body.bytes);
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
