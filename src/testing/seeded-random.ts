/**
 * Small deterministic randomness for tests and simulations. Not for secrets, and not the core's: changing this file
 * changes simulated histories, never decisions.
 */
export interface SeededRandom {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer from `least` to `most`, both included. */
  int(least: number, most: number): number;
  /** Uniform in [least, most). */
  between(least: number, most: number): number;
  /** One of the items, each equally likely. @throws RangeError when there are none. */
  pick<T>(items: readonly T[]): T;
  /** True with the given probability. Always takes one draw, so that a probability of 0 does not shift what follows. */
  chance(probability: number): boolean;
  /** Exponential with the given mean, in the mean's unit. */
  exponential(mean: number): number;
  /** Standard normal times `deviation` plus `mean`. */
  normal(mean: number, deviation: number): number;
  /** Lower-case hex of so many bytes. */
  hex(bytes: number): string;
  /** The items in a new order. */
  shuffle<T>(items: readonly T[]): T[];
  /** An independent stream named by the label: the same label gives the same stream, however far this one has advanced. */
  fork(label: string): SeededRandom;
}

/** A stream that depends on the seed alone. */
export function seededRandom(seed: string): SeededRandom {
  return new Sfc32(seed);
}

/**
 * A stream named by what it decides, such as `(seed, key, verb, count)`. Drawing by identity makes a history
 * independent of the order in which concurrent callers happen to ask.
 */
export function identityRandom(seed: string, ...identity: readonly (string | number)[]): SeededRandom {
  // The unit separator cannot occur in names, so that ("a", "bc") and ("ab", "c") stay different.
  return new Sfc32(`${seed}\u001f${identity.join("\u001f")}`);
}

/** "Small fast counting" generator, 32 bit, by Chris Doty-Humphrey: 128 bits of state, passes PractRand. */
class Sfc32 implements SeededRandom {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string) {
    this.#seed = seed;
    [this.#a, this.#b, this.#c] = hashSeed(seed);
    // The author's advice for weak seeds: throw the first outputs away.
    for (let index = 0; index < 12; index++) this.#uint32();
  }

  #uint32(): number {
    const result = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  next(): number {
    return this.#uint32() / 4_294_967_296;
  }

  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("pick() needs at least one item.");
    return items[Math.floor(this.next() * items.length)] as T;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  normal(mean: number, deviation: number): number {
    // Box-Muller; both draws are always taken.
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.next());
  }

  hex(bytes: number): string {
    let text = "";
    while (text.length < bytes * 2) text += this.#uint32().toString(16).padStart(8, "0");
    return text.slice(0, bytes * 2);
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let index = shuffled.length - 1; index > 0; index--) {
      const other = this.int(0, index);
      [shuffled[index], shuffled[other]] = [shuffled[other] as T, shuffled[index] as T];
    }
    return shuffled;
  }

  fork(label: string): SeededRandom {
    return identityRandom(this.#seed, "fork", label);
  }
}

/** Three 32-bit words from a string: FNV-1a with three offsets, each finished by MurmurHash3's avalanche step. */
function hashSeed(seed: string): [number, number, number] {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  let c = 0x85ebca6b;
  for (let index = 0; index < seed.length; index++) {
    const unit = seed.charCodeAt(index);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    c = Math.imul(c ^ unit, 0x1b873593);
    // Multiplication alone never carries high bits down; without this the three words would stay correlated.
    b ^= b >>> 13;
    c ^= c >>> 16;
  }
  return [avalanche(a), avalanche(b), avalanche(c)];
}

function avalanche(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
