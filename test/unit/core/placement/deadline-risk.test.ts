import { describe, expect, it } from "vitest";
import { type DeadlineRiskInput, missProbability } from "../../../../src/core/placement/deadline-risk.js";
import { seededRandom } from "../../../../src/testing/seeded-random.js";

const steady: DeadlineRiskInput = {
  hoursLeft: 10,
  attemptHours: 2,
  hazardPerHour: 0.1,
  launchProbability: 0.9,
  successProbability: 0.95,
  attemptsLeft: 4,
  interruptionHours: undefined,
};

/** Restart after every failure, failed attempts noticed when they happen. */
function simulate(input: DeadlineRiskInput, rounds: number): number {
  const random = seededRandom("deadline");
  let missed = 0;
  for (let round = 0; round < rounds; round++) {
    let clock = 0;
    let failures = 0;
    let done = false;
    while (!done && failures < input.attemptsLeft && clock + input.attemptHours <= (input.hoursLeft ?? Number.POSITIVE_INFINITY)) {
      const life = random.exponential(1 / input.hazardPerHour);
      if (!random.chance(input.launchProbability)) failures++;
      else if (life < input.attemptHours) {
        clock += life;
        failures++;
      } else {
        clock += input.attemptHours;
        if (random.chance(input.successProbability)) done = true;
        else failures++;
      }
    }
    if (!done) missed++;
  }
  return missed / rounds;
}

describe("missProbability", () => {
  it("is certain when one attempt does not fit, and only then", () => {
    expect(missProbability({ ...steady, hoursLeft: 1.99 })).toBe(1);
    expect(missProbability({ ...steady, hoursLeft: 2 })).toBeLessThan(1);
    expect(missProbability({ ...steady, hoursLeft: -1 })).toBe(1);
  });

  it("is that of one attempt when one fits, of several when several fit", () => {
    const once = 1 - 0.9 * 0.95 * Math.exp(-0.2);
    expect(missProbability({ ...steady, hoursLeft: 3 })).toBeCloseTo(once, 12);
    expect(missProbability({ ...steady, hoursLeft: 6 })).toBeCloseTo(once ** 3, 12);
    expect(missProbability({ ...steady, hoursLeft: undefined })).toBeCloseTo(once ** 4, 12);
    expect(missProbability({ ...steady, hoursLeft: 1_000, attemptsLeft: 1 })).toBeCloseTo(once, 12);
  });

  it("is on the pessimistic side of a simulation, and not far off", () => {
    for (const hoursLeft of [2.5, 5, 9, 20]) {
      const simulated = simulate({ ...steady, hoursLeft }, 20_000);
      const modelled = missProbability({ ...steady, hoursLeft });
      expect(modelled).toBeGreaterThanOrEqual(simulated - 0.01);
      expect(modelled - simulated).toBeLessThan(0.25);
    }
  });

  it("falls with checkpoints where interruptions are what is feared", () => {
    const volatile = { ...steady, hazardPerHour: 0.5, attemptHours: 4, hoursLeft: 8 };
    expect(missProbability({ ...volatile, interruptionHours: 0.5 })).toBeLessThan(missProbability(volatile) / 2);
  });

  it("never rises with more time, better machines or more attempts", () => {
    const random = seededRandom("monotone");
    for (let round = 0; round < 2_000; round++) {
      const input: DeadlineRiskInput = {
        hoursLeft: random.chance(0.8) ? random.between(0, 20) : undefined,
        attemptHours: random.between(0.01, 10),
        hazardPerHour: random.between(0, 2),
        launchProbability: random.between(0.1, 1),
        successProbability: random.between(0.1, 1),
        attemptsLeft: random.int(1, 6),
        interruptionHours: random.chance(0.5) ? random.between(0.01, 2) : undefined,
      };
      const base = missProbability(input);
      expect(base).toBeGreaterThanOrEqual(0);
      expect(base).toBeLessThanOrEqual(1);
      const better: Partial<DeadlineRiskInput>[] = [
        { hazardPerHour: input.hazardPerHour / 2 },
        { launchProbability: (1 + input.launchProbability) / 2 },
        { successProbability: (1 + input.successProbability) / 2 },
        { attemptsLeft: input.attemptsLeft + 1 },
        { attemptHours: input.attemptHours * 0.9 },
        ...(input.hoursLeft === undefined ? [] : [{ hoursLeft: input.hoursLeft + 1 }]),
      ];
      for (const change of better) expect(missProbability({ ...input, ...change })).toBeLessThanOrEqual(base + 1e-12);
    }
  });
});
