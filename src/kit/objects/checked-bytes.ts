import type { Host } from "../../spec/host.js";
import { otherBytes } from "./store-errors.js";

/**
 * The same bytes, digested on the way; one piece is always held back, so that nobody gets all of them before they are known
 * to be right.
 *
 * @param what names them in messages.
 * @throws INPUT_DIGEST_MISMATCH at the end, instead of the last piece.
 */
export async function* checkedBytes(
  source: AsyncIterable<Uint8Array>,
  sha256: string,
  what: string,
  host: Host,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = host.createSha256();
  let held: Uint8Array | undefined;
  for await (const piece of source) {
    hash.update(piece);
    if (held !== undefined) yield held;
    held = piece;
  }
  const found = hash.hex();
  if (found !== sha256.toLowerCase()) throw otherBytes(what, sha256.toLowerCase(), found);
  if (held !== undefined) yield held;
}
