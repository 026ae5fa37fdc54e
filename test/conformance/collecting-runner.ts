import { expect } from "vitest";
import type { ConformanceRunner } from "../../src/conformance/runner.js";

export interface CollectedTest {
  /** Clause id: the test's name up to the colon. */
  readonly id: string;
  readonly body: () => Promise<void>;
}

/** The tests that a suite registers, without running them: the suites are themselves tested with it. */
export function collectTests(register: (runner: ConformanceRunner) => void): readonly CollectedTest[] {
  const tests: CollectedTest[] = [];
  register({
    describe: (_name, body) => body(),
    test: (name, body) => void tests.push({ id: name.slice(0, name.indexOf(":")), body }),
    expect,
  });
  return tests;
}

/** Runs tests one after another. Answers what each failed with; passed ones are not in the map. */
export async function failuresOf(tests: readonly CollectedTest[]): Promise<ReadonlyMap<string, unknown>> {
  const failures = new Map<string, unknown>();
  for (const { id, body } of tests) {
    await body().catch((error: unknown) => failures.set(id, error));
  }
  return failures;
}
