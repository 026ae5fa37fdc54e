import { bad, good, type Reading } from "../reading.js";
import { readText } from "./schema.js";

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** The checksum of Bech32 (BIP 173), 1 for a text that is whole. */
function polymod(values: readonly number[]): number {
  return values.reduce((sum, value) => {
    const top = sum >>> 25;
    return GENERATOR.reduce((left, word, bit) => ((top >>> bit) & 1 ? left ^ word : left), ((sum & 0x1ffffff) << 5) ^ value);
  }, 1);
}

/**
 * Reads a public key of age: an X25519 recipient, which every version of age understands. Its checksum is looked at, so that a mistyped key is
 * found before anything is paid for.
 */
export function readAgeRecipient(value: unknown): Reading<string> {
  const written = readText(value, { max: 128 });
  if (!written.ok) return written;
  const recipient = written.value.trim();
  if (/^AGE-SECRET-KEY-/i.test(recipient))
    return bad("is a secret key, which must never be sent anywhere: give the public one, which begins with `age1`");
  if (!/^age1[02-9ac-hj-np-z]{58}$/.test(recipient))
    return bad("must be a public key of age: `age1` and 58 letters and digits, as `age-keygen` prints it");
  const data = [...recipient.slice(4)].map((letter) => ALPHABET.indexOf(letter));
  const prefix = [..."age"].map((letter) => letter.charCodeAt(0));
  const whole = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...data];
  return polymod(whole) === 1 ? good(recipient) : bad("is mistyped: the checksum of the key is wrong");
}
