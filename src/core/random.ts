/**
 * Seeded random numbers for decisions. Never for secrets. The same seed gives the same draws on every machine: only
 * 32-bit integer arithmetic decides them, and floating point enters at the very end.
 */

/** A source of uniform random numbers. */
export interface Random {
  /** Uniform in the open interval (0, 1), 32 bits of resolution: its logarithm and that of `1 - next()` are always finite. */
  next(): number;
}

/**
 * A generator whose whole output follows from the seed. The string is hashed to 128 bits (cyrb128, after MurmurHash3's
 * finaliser), which become the state of sfc32 (Chris Doty-Humphrey's small fast counting generator: passes PractRand,
 * period at least 2^32). Seeding costs about a microsecond, a number a few nanoseconds.
 */
export function seededRandom(seed: string): Random {
  return new SmallFastCounting(seed);
}

/**
 * A seed for a part of a seeded whole, such as one candidate of a decision, so that its draws do not depend on how
 * many others drew before. Different pairs give different seeds, whatever characters they hold.
 */
export function childSeed(seed: string, name: string): string {
  return `${seed.length}:${seed}/${name}`;
}

class SmallFastCounting implements Random {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;

  constructor(seed: string) {
    let h1 = 1_779_033_703;
    let h2 = 3_144_134_277;
    let h3 = 1_013_904_242;
    let h4 = 2_773_480_762;
    for (let i = 0; i < seed.length; i++) {
      const code = seed.charCodeAt(i);
      h1 = h2 ^ Math.imul(h1 ^ code, 597_399_067);
      h2 = h3 ^ Math.imul(h2 ^ code, 2_869_860_233);
      h3 = h4 ^ Math.imul(h3 ^ code, 951_274_213);
      h4 = h1 ^ Math.imul(h4 ^ code, 2_716_044_179);
    }
    h1 = Math.imul(h3 ^ (h1 >>> 18), 597_399_067);
    h2 = Math.imul(h4 ^ (h2 >>> 22), 2_869_860_233);
    h3 = Math.imul(h1 ^ (h3 >>> 17), 951_274_213);
    h4 = Math.imul(h2 ^ (h4 >>> 19), 2_716_044_179);
    this.a = (h1 ^ h2 ^ h3 ^ h4) | 0;
    this.b = (h2 ^ this.a) | 0;
    this.c = (h3 ^ this.a) | 0;
    this.counter = (h4 ^ this.a) | 0;
    // The author's advice for sfc32: discard a dozen outputs, so that similar states have parted.
    for (let i = 0; i < 12; i++) this.step();
  }

  next(): number {
    return ((this.step() >>> 0) + 0.5) / 4_294_967_296;
  }

  private step(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum;
  }
}

/** A standard normal number (mean 0, variance 1), by Marsaglia's polar method. Keeps no spare, so it has no state of its own. */
export function drawNormal(random: Random): number {
  for (;;) {
    const x = 2 * random.next() - 1;
    const y = 2 * random.next() - 1;
    const square = x * x + y * y;
    if (square < 1 && square > 0) return x * Math.sqrt((-2 * Math.log(square)) / square);
  }
}

/**
 * A Gamma number with mean `shape / rate`, by Marsaglia and Tsang, "A simple method for generating gamma variables"
 * (2000). `shape` and `rate` must be positive.
 */
export function drawGamma(shape: number, rate: number, random: Random): number {
  // Below shape 1: Gamma(a) = Gamma(a + 1) U^(1/a), from the same paper.
  if (shape < 1) return drawGamma(shape + 1, rate, random) * random.next() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = random.next();
    const x2 = x * x;
    // The squeeze accepts 98 % without a logarithm.
    if (u < 1 - 0.0331 * x2 * x2 || Math.log(u) < 0.5 * x2 + d * (1 - v + Math.log(v))) return (d * v) / rate;
  }
}

/** A Beta number in [0, 1] with mean `alpha / (alpha + beta)`, as a ratio of two Gamma numbers. Both parameters must be positive. */
export function drawBeta(alpha: number, beta: number, random: Random): number {
  const x = drawGamma(alpha, 1, random);
  const y = drawGamma(beta, 1, random);
  // Both underflow only for tiny parameters, where a Beta number is 0 or 1 in all but name.
  if (x + y === 0) return random.next() < alpha / (alpha + beta) ? 1 : 0;
  return x / (x + y);
}
