import { describe, expect, it } from "vitest";
import { play } from "./harness/play.js";
import { REMOVALS, type Removal } from "./harness/safeties.js";
import { drawScenario } from "./harness/scenario.js";

/** Most seeds that are played without a safety before it counts as not missed. */
const PATIENCE = 60;

describe("a simulation without one of the safeties", () => {
  for (const [name, removal] of Object.entries<Removal>(REMOVALS)) {
    it(`finds out, and is clean with it: ${name}`, { timeout: 180_000 }, async () => {
      const emphasis = removal.emphasis ?? ((scenario) => scenario);
      for (let seed = 0; seed < PATIENCE; seed++) {
        const scenario = emphasis(drawScenario(String(seed)));
        const { violations } = await play(scenario, removal);
        if (!violations.some((violation) => removal.shows.test(violation))) continue;
        const intact = await play(scenario);
        expect(intact.violations).toEqual([]);
        return;
      }
      expect.fail(`${PATIENCE} seeds did not show that it was missing`);
    });
  }
});
