/** The part of the backend suite that runs the real runner, tested: for every clause there is a backend on which that clause fails. */
import { expect, test } from "vitest";
import { backendConformance } from "../../src/conformance/backend/index.js";
import { collectTests, failuresOf } from "./collecting-runner.js";
import { BACKEND_SABOTEURS, isOfTheRunner } from "./saboteurs/backend/index.js";

for (const { clause, wrong, setup } of BACKEND_SABOTEURS.filter(isOfTheRunner)) {
  test(`${clause} fails on a backend that ${wrong}`, async () => {
    const tests = collectTests((runner) => backendConformance(runner, setup));
    const failures = await failuresOf(tests.filter(({ id }) => id === clause));
    expect([...failures.keys()]).toContain(clause);
  });
}
