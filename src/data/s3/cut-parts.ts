/** Size of the first block that a part is collected in; it grows by doubling, so that small objects take little memory. */
const FIRST_BLOCK_BYTES = 64 * 1024;

/**
 * Cuts a stream into parts of exactly `partBytes`, the last one shorter or, for an empty stream, empty. The bytes are copied, since
 * a source may use its buffers again.
 */
export async function* cutParts(source: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  let block = Buffer.allocUnsafe(Math.min(FIRST_BLOCK_BYTES, partBytes));
  let filled = 0;
  let given = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.byteLength; ) {
      if (filled === block.length) {
        if (filled < partBytes) block = grown(block, partBytes);
        else {
          yield block;
          given += 1;
          block = Buffer.allocUnsafe(partBytes);
          filled = 0;
        }
      }
      const count = Math.min(piece.byteLength - at, block.length - filled);
      block.set(piece.subarray(at, at + count), filled);
      filled += count;
      at += count;
    }
  }
  if (filled > 0 || given === 0) yield block.subarray(0, filled);
}

function grown(block: Buffer, most: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafe(Math.min(block.length * 2, most));
  larger.set(block);
  return larger;
}
