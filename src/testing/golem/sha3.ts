/**
 * SHA3-256 (FIPS 202), by which a provider seals what it uploads. Written out here since a host offers SHA-2 only. Lanes of 64 bits are
 * two halves of 32, the lower one first.
 */
export function sha3Of256Bits(data: Uint8Array): string {
  const padded = new Uint8Array(data.length + RATE - (data.length % RATE));
  padded.set(data);
  padded[data.length] = 0x06;
  padded[padded.length - 1] = (padded.at(-1) ?? 0) | 0x80;
  const state = new Uint32Array(2 * LANES);
  const view = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += RATE) {
    for (let word = 0; word < RATE / 4; word++) state[word] = at(state, word) ^ view.getUint32(block + 4 * word, true);
    permute(state);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (let word = 0; word < 8; word++) digest.setUint32(4 * word, at(state, word), true);
  return [...new Uint8Array(digest.buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const RATE = 136;
const LANES = 25;

/** Step mappings rho and pi: how far a lane turns, and where it goes. */
const TURNS = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];
const PLACES = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

/** Step mapping iota: lower and upper halves of the round constants. */
const ROUNDS: readonly (readonly [low: number, high: number])[] = [
  [0x00000001, 0],
  [0x00008082, 0],
  [0x0000808a, 0x80000000],
  [0x80008000, 0x80000000],
  [0x0000808b, 0],
  [0x80000001, 0],
  [0x80008081, 0x80000000],
  [0x00008009, 0x80000000],
  [0x0000008a, 0],
  [0x00000088, 0],
  [0x80008009, 0],
  [0x8000000a, 0],
  [0x8000808b, 0],
  [0x0000008b, 0x80000000],
  [0x00008089, 0x80000000],
  [0x00008003, 0x80000000],
  [0x00008002, 0x80000000],
  [0x00000080, 0x80000000],
  [0x0000800a, 0],
  [0x8000000a, 0x80000000],
  [0x80008081, 0x80000000],
  [0x00008080, 0x80000000],
  [0x80000001, 0],
  [0x80008008, 0x80000000],
];

const at = (words: Uint32Array, index: number): number => words[index] ?? 0;

function permute(state: Uint32Array): void {
  const columns = new Uint32Array(10);
  const row = new Uint32Array(10);
  for (const [low, high] of ROUNDS) {
    for (let word = 0; word < 10; word++) {
      columns[word] = at(state, word) ^ at(state, word + 10) ^ at(state, word + 20) ^ at(state, word + 30) ^ at(state, word + 40);
    }
    for (let x = 0; x < 5; x++) {
      const [turnedLow, turnedHigh] = turn(at(columns, 2 * ((x + 1) % 5)), at(columns, 2 * ((x + 1) % 5) + 1), 1);
      const left = 2 * ((x + 4) % 5);
      for (let lane = x; lane < LANES; lane += 5) {
        state[2 * lane] = at(state, 2 * lane) ^ at(columns, left) ^ turnedLow;
        state[2 * lane + 1] = at(state, 2 * lane + 1) ^ at(columns, left + 1) ^ turnedHigh;
      }
    }
    let carried: readonly [number, number] = [at(state, 2), at(state, 3)];
    for (const [step, place] of PLACES.entries()) {
      const next = [at(state, 2 * place), at(state, 2 * place + 1)] as const;
      [state[2 * place], state[2 * place + 1]] = turn(carried[0], carried[1], TURNS[step] ?? 0);
      carried = next;
    }
    for (let start = 0; start < 2 * LANES; start += 10) {
      row.set(state.subarray(start, start + 10));
      for (let word = 0; word < 10; word++) {
        state[start + word] = at(row, word) ^ (~at(row, (word + 2) % 10) & at(row, (word + 4) % 10));
      }
    }
    state[0] = at(state, 0) ^ low;
    state[1] = at(state, 1) ^ high;
  }
}

/** A lane turned to the left. */
function turn(low: number, high: number, bits: number): [number, number] {
  const [a, b] = bits >= 32 ? [high, low] : [low, high];
  const rest = bits % 32;
  if (rest === 0) return [a, b];
  return [((a << rest) | (b >>> (32 - rest))) >>> 0, ((b << rest) | (a >>> (32 - rest))) >>> 0];
}
