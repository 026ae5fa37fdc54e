import { identityRandom } from "../seeded-random.js";

/** Bytes that an empty file is replaced with. */
const FROM_NOTHING_BYTES = 8;

/** A liar changes one byte in this many, and at least one. */
const ONE_IN = 64;

/**
 * What a lying node hands over instead of the right bytes: never the same, always the same for the same liar. Liars
 * that share a name (collusion) agree with each other.
 */
export function corrupt(content: Uint8Array, liar: string, path: string): Uint8Array {
  const random = identityRandom("corrupt", liar, path, content.length);
  if (content.length === 0) return Uint8Array.from({ length: FROM_NOTHING_BYTES }, () => random.int(0, 255));
  const wrong = Uint8Array.from(content);
  for (let changes = Math.ceil(content.length / ONE_IN); changes > 0; changes--) {
    const index = random.int(0, content.length - 1);
    // Counted from the right value, so that changing a byte a second time never makes it right again.
    const right = content[index] ?? 0;
    wrong[index] = (right + random.int(1, 255)) % 256;
  }
  return wrong;
}
