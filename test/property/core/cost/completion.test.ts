import { describe, expect, it } from "vitest";
import { type CompletionCost, type CompletionInput, completionCost } from "../../../../src/core/cost/completion.js";
import { worstCaseUsd } from "../../../../src/core/cost/worst-case.js";
import { fc } from "../../../support/property.js";

/** Nothing smaller than 1e-9: denormal prices have no digits to compare. */
const amount = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true }).map((value) => (value < 1e-9 ? 0 : value));

const billing = fc.record({
  granularityMs: fc.constantFrom(1, 1_000, 60_000, 600_000, 3_600_000),
  minimumMs: fc.constantFrom(0, 60_000, 600_000, 3_600_000),
  prepaid: fc.boolean(),
  refund: fc.constantFrom("none" as const, "unused" as const),
});

const inputs: fc.Arbitrary<CompletionInput> = fc.record(
  {
    workHours: fc.double({ min: 1e-3, max: 48, noNaN: true }),
    hazardPerHour: fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 3, noNaN: true })),
    usdPerHour: amount(20),
    setupHours: amount(2),
    uploadHours: amount(1),
    checkpoint: fc.record({ costHours: amount(0.2), restoreHours: amount(0.5), sizeGB: amount(50) }),
    detectionHours: amount(0.5),
    spread: amount(0.2),
    launchFailureProbability: amount(0.9),
    launchFailureUsd: amount(1),
    usdPerLaunch: amount(1),
    inputGB: amount(100),
    inputUsdPerGB: amount(0.2),
    outputGB: amount(100),
    outputUsdPerGB: amount(0.2),
    checkpointUsdPerGB: amount(0.2),
    operationsUsdPerFailure: amount(1),
    storageUsd: amount(1),
    billing,
  },
  { requiredKeys: ["workHours", "hazardPerHour", "usdPerHour"] },
);

const usdOf = (cost: CompletionCost): number => (cost.feasible ? cost.usd : Number.POSITIVE_INFINITY);
const RUNS = { numRuns: 1_500 };

/** Fields in which more can never be cheaper. Hazard and work change the checkpoints too. */
const GROWING = [
  "usdPerHour",
  "hazardPerHour",
  "setupHours",
  "uploadHours",
  "detectionHours",
  "spread",
  "launchFailureProbability",
  "launchFailureUsd",
  "usdPerLaunch",
  "inputGB",
  "inputUsdPerGB",
  "outputUsdPerGB",
  "checkpointUsdPerGB",
  "operationsUsdPerFailure",
  "storageUsd",
] as const satisfies readonly (keyof CompletionInput)[];

describe("completionCost", () => {
  it("is a finite sum of parts that are not negative, or infeasible with a reason", () => {
    fc.assert(
      fc.property(inputs, fc.constantFrom(1, 1e3, 1e9, 1e200), (input, scale) => {
        const cost = completionCost({ ...input, hazardPerHour: input.hazardPerHour * scale });
        expect(Number.isFinite(cost.billedHours)).toBe(true);
        if (!cost.feasible) {
          expect(cost.reason).not.toMatch(/NaN|Infinity|undefined/);
          return;
        }
        const parts = Object.values(cost.parts) as number[];
        expect(parts.every((usd) => usd >= 0 && Number.isFinite(usd))).toBe(true);
        expect(Math.abs(parts.reduce((sum, usd) => sum + usd, 0) - cost.usd)).toBeLessThanOrEqual(1e-9 * cost.usd);
        expect(cost.runs).toBeGreaterThanOrEqual(1);
      }),
      RUNS,
    );
  });

  it.each(GROWING)("never falls when %s grows", (field) => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 0, max: 1, noNaN: true }), (input, more) => {
        const before = completionCost(input);
        const after = completionCost({ ...input, [field]: (input[field] ?? 0) + more * (field === "launchFailureProbability" ? 0.09 : 1) });
        // Rounding errors of long sums are no fall.
        expect(usdOf(after)).toBeGreaterThanOrEqual(usdOf(before) * (1 - 1e-9));
      }),
      { numRuns: 500 },
    );
  });

  it("never falls when the work grows", () => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 0, max: 5, noNaN: true }), (input, more) => {
        const { billing: _, ...exact } = input;
        expect(usdOf(completionCost({ ...exact, workHours: exact.workHours + more }))).toBeGreaterThanOrEqual(
          usdOf(completionCost(exact)) * (1 - 1e-9),
        );
      }),
      RUNS,
    );
  });

  it("tends to what is used, as the hazard vanishes", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { checkpoint: _, ...plain } = input;
        const calm = completionCost({ ...plain, hazardPerHour: 0 });
        const nearly = completionCost({ ...plain, hazardPerHour: 1e-10 });
        expect(calm.feasible && calm.runs).toBe(1);
        expect(Math.abs(usdOf(nearly) - usdOf(calm))).toBeLessThanOrEqual(1e-6 * (1 + usdOf(calm)));
      }),
      RUNS,
    );
  });

  it("never grows through free checkpoints being possible", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { checkpoint: _, billing: __, ...plain } = input;
        const free = { ...plain, checkpoint: { costHours: 0, restoreHours: 0, sizeGB: 0 } };
        expect(usdOf(completionCost(free))).toBeLessThanOrEqual(usdOf(completionCost(plain)) * (1 + 1e-9));
      }),
      RUNS,
    );
  });
});

describe("worstCaseUsd", () => {
  it("covers an undisturbed run that ends within the lease's lifetime", () => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 1, max: 3, noNaN: true }), (input, slack) => {
        const { checkpoint: _, storageUsd: __, ...plain } = input;
        const cost = completionCost({ ...plain, hazardPerHour: 0, launchFailureUsd: 0 });
        const hours = plain.workHours + (plain.setupHours ?? 0) + (plain.uploadHours ?? 0);
        const { usdPerHour, usdPerLaunch = 0, spread = 0, inputGB = 0, inputUsdPerGB = 0, outputGB = 0, outputUsdPerGB = 0 } = plain;
        const worst = worstCaseUsd({
          ...{ usdPerHour, usdPerLaunch, spread, inputGB, inputUsdPerGB, outputGB, outputUsdPerGB },
          ...(plain.billing === undefined ? {} : { billing: plain.billing }),
          maxLifetimeHours: hours * slack,
        });
        expect(worst).toBeGreaterThanOrEqual(usdOf(cost) * (1 - 1e-9));
      }),
      RUNS,
    );
  });
});
