/**
 * The one place that touches the real clock, timers, randomness, cryptography and environment. Everything else gets
 * a {@link Host} by parameter, so that the whole engine also runs on virtual time.
 */

import { createHash, createHmac, randomBytes } from "node:crypto";
import type { Host, TimerHandle } from "../spec/host.js";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base 32: no i, l, o, u

/** Longest delay that setTimeout takes; longer ones are waited for in steps. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

/** The real world. Make one per process, or let the scheduler make its own; it holds no state but its timers. */
export function systemHost(): Host {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    setTimer,
    random: () => Math.random(),
    newId: () => timeOrderedId(Date.now(), randomBytes(10)),
    randomHex: (bytes) => randomBytes(bytes).toString("hex"),
    sha256: (data) => createHash("sha256").update(data).digest("hex"),
    createSha256: () => {
      const hash = createHash("sha256");
      return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
    },
    hmacSha256: (secret, data) => createHmac("sha256", secret).update(data).digest("hex"),
    env: (name) => process.env[name],
  };
}

function setTimer(delayMs: number, fire: () => void, options?: { readonly keepAlive?: boolean }): TimerHandle {
  let timer: NodeJS.Timeout | undefined;
  const arm = (leftMs: number): void => {
    const step = Math.min(leftMs, LONGEST_TIMEOUT_MS);
    timer = setTimeout(() => (leftMs > step ? arm(leftMs - step) : fire()), step);
    if (options?.keepAlive !== true) timer.unref();
  };
  arm(Math.max(0, delayMs));
  return { cancel: () => clearTimeout(timer) };
}

/** 48 bits of time in ten characters, then 80 random bits in sixteen: sorts by creation, cannot be guessed. */
function timeOrderedId(nowMs: number, entropy: Uint8Array): string {
  let time = "";
  for (let rest = nowMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
  let tail = "";
  let bits = 0;
  let held = 0;
  for (const byte of entropy) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      tail += ALPHABET[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return time + tail;
}
