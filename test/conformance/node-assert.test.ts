/** The runner is a parameter: the suites work with `node:assert` as well as with the `expect` of a test library. */
import assert from "node:assert/strict";
import { expect, test } from "vitest";
import { backendConformance, type ConformanceExpect, type ConformanceRunner, storeConformance } from "../../src/conformance/index.js";
import { type CollectedTest, failuresOf } from "./collecting-runner.js";
import { referenceSetup } from "./reference/setup.js";
import { BACKEND_SABOTEURS } from "./saboteurs/backend/index.js";
import { ambitiousSetup } from "./stores.js";

const strict: ConformanceExpect = (actual, message) => ({
  toBe: (expected) => assert.strictEqual(actual, expected, message),
  toEqual: (expected) => assert.deepStrictEqual(actual, expected, message),
});

function collected(register: (runner: ConformanceRunner) => void): readonly CollectedTest[] {
  const tests: CollectedTest[] = [];
  register({ describe: (_name, body) => body(), test: (name, body) => void tests.push({ id: name, body }), expect: strict });
  return tests;
}

test("right plug-ins pass", async () => {
  const tests = [
    ...collected((runner) => backendConformance(runner, referenceSetup())),
    ...collected((runner) => storeConformance(runner, ambitiousSetup())),
  ];
  expect([...(await failuresOf(tests)).keys()]).toEqual([]);
});

test("wrong ones fail", async () => {
  const saboteur = BACKEND_SABOTEURS.find(({ clause }) => clause === "backend/inspect/odd-exit-codes");
  assert(saboteur);
  const tests = collected((runner) => backendConformance(runner, saboteur.setup)).filter(({ id }) => id.startsWith(saboteur.clause));
  expect((await failuresOf(tests)).size).toBe(1);
});
