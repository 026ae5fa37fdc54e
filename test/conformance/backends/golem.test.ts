import { describe, expect, test, vi } from "vitest";
import { backendConformance } from "../../../src/conformance/backend/index.js";
import type { ConformanceReport } from "../../../src/conformance/report.js";
import { golemSetup } from "./golem-setup.js";

/** Real time, real threads, and faults that nothing but the end of a call's time ends. */
const LIMIT_MS = 900_000;

vi.setConfig({ maxConcurrency: 16 });

/** Clauses of wrapped commands, helper containers, reuse, and leases that move between processes. */
const NOT_DECLARED = /^backend\/(runner|reuse)\/|elsewhere$|urls-arrive$|wrapped-command-arrives$|close-keeps-leases$/;

let report: ConformanceReport | undefined;

/** Cases wait far more than they work, and each has a daemon of its own. One watches the platform's clock, and the report comes last. */
const isAlone = (name: string): boolean => /only-the-given-host|\/report\//.test(name);

backendConformance(
  {
    describe,
    expect,
    test: (name, body) => (isAlone(name) ? test(name, { timeout: LIMIT_MS }, body) : test.concurrent(name, { timeout: LIMIT_MS }, body)),
  },
  {
    ...golemSetup,
    onReport: (made) => {
      report = made;
    },
  },
);

test("nothing is skipped, and only what is not declared does not apply", () => {
  const inapplicable = report?.clauses.filter(({ status }) => status === "inapplicable").map(({ id }) => id) ?? [];
  expect(report?.counts).toMatchObject({ failed: 0, skipped: 0 });
  expect(report?.counts.passed).toBeGreaterThan(95);
  expect(inapplicable.filter((id) => !NOT_DECLARED.test(id))).toEqual([]);
});
