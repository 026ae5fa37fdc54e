import { describe, expect, it } from "vitest";
import { billedHoursOf } from "../../../../src/core/cost/billing.js";
import { completionCost } from "../../../../src/core/cost/completion.js";
import { seededRandom } from "../../../../src/core/random.js";
import type { Billing } from "../../../../src/model/offer.js";

const billing = (granularityMinutes: number, minimumMinutes: number): Billing => ({
  granularityMs: granularityMinutes * 60_000,
  minimumMs: minimumMinutes * 60_000,
  prepaid: false,
  refund: "none",
});

describe("billedHoursOf", () => {
  it.each([
    [1.01, 60, 0, 2],
    [2, 60, 0, 2],
    [0, 60, 0, 0],
    [0.1, 1, 10, 1 / 6],
    [0.1, 60, 10, 1],
    [0.3, 0, 0, 0.3],
  ])("%d h at a step of %d min and a minimum of %d min is %d h", (open, step, minimum, billed) => {
    expect(billedHoursOf(open, billing(step, minimum))).toBeCloseTo(billed, 12);
  });
});

/** Mean bill of a run without checkpoints, lease by lease. */
function simulatedHours(
  workHours: number,
  hazard: number,
  detection: number,
  rules: Billing,
  count: number,
): { mean: number; error: number } {
  const random = seededRandom(`billing-${workHours}-${hazard}`);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    let hours = 0;
    for (;;) {
      const life = -Math.log(random.next()) / hazard;
      if (life >= workHours) {
        hours += billedHoursOf(workHours, rules);
        break;
      }
      hours += billedHoursOf(life + detection, rules);
    }
    sum += hours;
    squares += hours * hours;
  }
  const mean = sum / count;
  return { mean, error: Math.sqrt((squares / count - mean * mean) / count) };
}

describe("expected rounding", () => {
  it.each([
    ["steps short against the work", 5.2, 0.1, billing(10, 0)],
    ["hourly steps", 5.2, 0.1, billing(60, 0)],
    ["a minimum that interrupted leases do not reach", 3, 0.5, billing(1, 60)],
    ["a minimum longer than the work", 0.5, 0.3, billing(1, 120)],
  ])("is within 2 %% of a simulation for %s", (_name, workHours, hazardPerHour, rules) => {
    const cost = completionCost({ workHours, hazardPerHour, detectionHours: 0.05, usdPerHour: 1, billing: rules });
    const { mean, error } = simulatedHours(workHours, hazardPerHour, 0.05, rules, 30_000);
    expect(cost.feasible && Math.abs(cost.billedHours - mean)).toBeLessThan(0.02 * mean + 4 * error);
  });
});
