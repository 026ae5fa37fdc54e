import { describe, expect, it } from "vitest";
import { childSeed, drawBeta, drawGamma, drawNormal, type Random, seededRandom } from "../../../src/core/random.js";

const COUNT = 40_000;

function moments(draw: (random: Random) => number, seed: string): { mean: number; variance: number } {
  const random = seededRandom(seed);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < COUNT; i++) {
    const x = draw(random);
    sum += x;
    squares += x * x;
  }
  const mean = sum / COUNT;
  return { mean, variance: squares / COUNT - mean * mean };
}

/** Expects a sample mean within 4 standard errors, and a variance within 8 %. */
function expectMoments(draw: (random: Random) => number, mean: number, variance: number, seed: string): void {
  const seen = moments(draw, seed);
  expect(Math.abs(seen.mean - mean)).toBeLessThan(4 * Math.sqrt(variance / COUNT));
  expect(seen.variance / variance).toBeGreaterThan(0.92);
  expect(seen.variance / variance).toBeLessThan(1.08);
}

describe("seededRandom", () => {
  it("gives the same numbers for the same seed, on every machine and in every version", () => {
    const random = seededRandom("run-1/1");
    const first = [random.next(), random.next(), random.next()];
    expect(first).toEqual(GOLDEN);
    const again = seededRandom("run-1/1");
    expect([again.next(), again.next(), again.next()]).toEqual(first);
  });

  it("gives unrelated numbers for similar seeds", () => {
    const seeds = Array.from({ length: 2_000 }, (_, i) => `run/${i}`);
    const firsts = seeds.map((seed) => seededRandom(seed).next());
    expect(new Set(firsts).size).toBe(seeds.length);
    // Kolmogorov-Smirnov distance to the uniform distribution: above 1.95/sqrt(n) in one of 1,000 honest samples.
    firsts.sort((a, b) => a - b);
    const distance = Math.max(...firsts.map((x, i) => Math.max(Math.abs(x - i / firsts.length), Math.abs(x - (i + 1) / firsts.length))));
    expect(distance).toBeLessThan(1.95 / Math.sqrt(firsts.length));
  });

  it("stays inside the open interval and fills it evenly", () => {
    const random = seededRandom("uniform");
    const bins = new Array<number>(100).fill(0);
    let inside = true;
    for (let i = 0; i < 100_000; i++) {
      const x = random.next();
      inside &&= x > 0 && x < 1;
      const bin = Math.floor(x * 100);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    expect(inside).toBe(true);
    const chiSquare = bins.reduce((sum, seen) => sum + (seen - 1_000) ** 2 / 1_000, 0);
    // 99 degrees of freedom: mean 99, deviation 14.
    expect(chiSquare).toBeGreaterThan(50);
    expect(chiSquare).toBeLessThan(160);
  });

  it("does not correlate one number with the next", () => {
    const random = seededRandom("serial");
    let before = random.next() - 0.5;
    let sum = 0;
    for (let i = 0; i < COUNT; i++) {
      const now = random.next() - 0.5;
      sum += before * now;
      before = now;
    }
    // Product of two independent uniforms around 0: variance 1/144.
    expect(Math.abs(sum / COUNT)).toBeLessThan(4 * Math.sqrt(1 / 144 / COUNT));
  });
});

describe("childSeed", () => {
  it("tells all pairs apart, whatever they hold", () => {
    const parts = ["", "a", "a/b", "b", "1:a/b", "/", "3:a"];
    const seeds = parts.flatMap((seed) => parts.map((name) => childSeed(seed, name)));
    expect(new Set(seeds).size).toBe(parts.length ** 2);
  });
});

describe("draws", () => {
  it("normal: mean 0, variance 1", () => {
    expectMoments(drawNormal, 0, 1, "normal");
  });

  it.each([
    [0.3, 2],
    [1, 20],
    [4.5, 0.1],
    [250, 1_000],
  ])("gamma(%d, %d): mean a/b, variance a/b^2", (shape, rate) => {
    expectMoments((random) => drawGamma(shape, rate, random), shape / rate, shape / rate ** 2, `gamma-${shape}`);
  });

  it.each([
    [0.4, 3.6],
    [3.6, 0.4],
    [1, 1],
    [40, 3],
  ])("beta(%d, %d)", (alpha, beta) => {
    const n = alpha + beta;
    const variance = (alpha * beta) / (n * n * (n + 1));
    expectMoments((random) => drawBeta(alpha, beta, random), alpha / n, variance, `beta-${alpha}`);
  });

  it("beta stays a probability for parameters so small that both gammas underflow", () => {
    const random = seededRandom("tiny");
    let ones = 0;
    for (let i = 0; i < 2_000; i++) {
      const x = drawBeta(3e-4, 1e-4, random);
      expect(x >= 0 && x <= 1).toBe(true);
      if (x > 0.5) ones++;
    }
    expect(ones / 2_000).toBeGreaterThan(0.7);
    expect(ones / 2_000).toBeLessThan(0.8);
  });
});

/** From an independent implementation of the same algorithms. A change here changes every seeded decision. */
const GOLDEN = [0.9855664222268388, 0.7571346353506669, 0.7019280208041891];
