import { describe, expect, it } from "vitest";
import { identityRandom, seededRandom } from "../../../src/testing/index.js";
import { fc } from "../../support/property.js";

describe("seeded random", () => {
  it("is a function of the seed; its forks of seed and label, wherever the parent stands", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(20), (seed, label, steps) => {
        const [one, two] = [seededRandom(seed), seededRandom(seed)];
        expect([one.next(), one.next()]).toEqual([two.next(), two.next()]);
        for (let step = 0; step < steps; step++) one.next();
        expect(one.fork(label).hex(8)).toBe(two.fork(label).hex(8));
      }),
      { numRuns: 200 },
    );
  });

  it("keeps to ranges, and shuffles without losing anything", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: -1_000, max: 1_000 }),
        fc.nat(1_000),
        fc.array(fc.integer(), { minLength: 1 }),
        (seed, least, span, items) => {
          const random = seededRandom(seed);
          const whole = random.int(least, least + span);
          expect(Number.isInteger(whole) && whole >= least && whole <= least + span).toBe(true);
          const real = random.between(least, least + span + 1);
          expect(real >= least && real < least + span + 1).toBe(true);
          expect(items).toContain(random.pick(items));
          expect(random.exponential(10)).toBeGreaterThanOrEqual(0);
          expect(random.hex(5)).toMatch(/^[0-9a-f]{10}$/);
          expect(random.shuffle(items).sort()).toEqual([...items].sort());
          expect([random.chance(0), random.chance(1)]).toEqual([false, true]);
        },
      ),
      { numRuns: 200 },
    );
    expect(() => seededRandom("s").pick([])).toThrow(RangeError);
  });

  it("separates identities that only look alike", () => {
    expect(identityRandom("s", "a", "bc").next()).not.toBe(identityRandom("s", "ab", "c").next());
    expect(identityRandom("s", "a", 1).next()).not.toBe(identityRandom("s", "a", 2).next());
  });

  it("is uniform across neighbouring identities, exponential and normal with the right moments", () => {
    const count = 20_000;
    const firsts = Array.from({ length: count }, (_, index) => identityRandom("s", "bind", `key-${index}`, 1).next());
    // Chi-square over 64 cells: mean 63, deviation 11.2; six deviations.
    const cells = new Array<number>(64).fill(0);
    for (const first of firsts) cells[Math.floor(first * 64)] = (cells[Math.floor(first * 64)] ?? 0) + 1;
    const chiSquare = cells.reduce((sum, cell) => sum + (cell - count / 64) ** 2 / (count / 64), 0);
    expect(chiSquare).toBeLessThan(63 + 6 * 11.2);
    expect(chiSquare).toBeGreaterThan(20);
    // Neighbours must not move together.
    const pairs = firsts.slice(1).reduce((sum, next, index) => sum + (next - 0.5) * ((firsts[index] ?? 0) - 0.5), 0) / count;
    expect(Math.abs(pairs * 12)).toBeLessThan(0.04);
    const random = seededRandom("moments");
    const waits = Array.from({ length: count }, () => random.exponential(5));
    expect(waits.reduce((sum, wait) => sum + wait, 0) / count).toBeCloseTo(5, 0);
    const normals = Array.from({ length: count }, () => random.normal(3, 2));
    const mean = normals.reduce((sum, one) => sum + one, 0) / count;
    expect(mean).toBeCloseTo(3, 1);
    expect(Math.sqrt(normals.reduce((sum, one) => sum + (one - mean) ** 2, 0) / count)).toBeCloseTo(2, 1);
  });
});
