import { SchedulerError } from "../../model/errors/scheduler-error.js";

/** Before the digest: CID version 1, codec `raw`, hash function sha2-256, length 32 (multiformats table). */
const RAW_SHA256 = [0x01, 0x55, 0x12, 0x20] as const;
const DIGEST_BYTES = 32;
/** Base 32 of RFC 4648 in lower case, without padding; multibase prefix `b`. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/**
 * The CID of a file that is one raw block: version 1, base 32. It is the file's sha256 written otherwise, so it can be had
 * without any node. Files of more than one block (by default more than 256 KiB or 1 MiB, depending on the program) have another CID, which
 * depends on how they were cut.
 *
 * @throws INVALID_WORKLOAD for what is not 64 hex digits.
 */
export function cidOfSha256(sha256: string): string {
  if (!/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new SchedulerError("INVALID_WORKLOAD", "A sha256 has 64 hexadecimal digits.", { details: { field: "sha256" } });
  }
  const digest = Array.from({ length: DIGEST_BYTES }, (_, index) => Number.parseInt(sha256.slice(2 * index, 2 * index + 2), 16));
  return `b${base32([...RAW_SHA256, ...digest])}`;
}

/** The sha256 of the file that a CID stands for, if it is one raw block by that hash; `undefined` for all other CIDs, which cannot be compared with it. */
export function sha256OfCid(cid: string): string | undefined {
  const bytes = cid.startsWith("b") ? unbase32(cid.slice(1)) : undefined;
  if (bytes === undefined || bytes.length !== RAW_SHA256.length + DIGEST_BYTES) return undefined;
  if (!RAW_SHA256.every((byte, index) => bytes[index] === byte)) return undefined;
  return bytes
    .slice(RAW_SHA256.length)
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function base32(bytes: readonly number[]): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31];
      held &= (1 << bits) - 1;
    }
  }
  return bits === 0 ? text : text + ALPHABET[(held << (5 - bits)) & 31];
}

/** Refuses texts that `base32` would not write, so that no two texts stand for the same bytes. */
function unbase32(text: string): number[] | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 255);
      held &= (1 << bits) - 1;
    }
  }
  return bits >= 5 || held !== 0 ? undefined : bytes;
}
