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

/** Cases wait more than they work, and each has a daemon of its own. One watches the platform's clock, and the report comes last. */
const isAlone = ({ name }: Case): boolean => /only-the-given-host|\/report\//.test(name);
/** Those that wait longest begin first, so that nothing is left to wait for when the others are done: every fault for every verb, then what no bid comes for. */
const LONGEST = [
  /errors-have-codes|no-secrets-in-(errors|logs)/,
  /never-above-the-cap|refused-binds/,
  /lifetime\/|never-above-the-worst-case/,
];

interface Case {
  readonly name: string;
  readonly body: () => Promise<void>;
}

const turnOf = ({ name }: Case): number => {
  const turn = LONGEST.findIndex((names) => names.test(name));
  return turn === -1 ? LONGEST.length : turn;
};

const cases: Case[] = [];

backendConformance(
  {
    describe: (title, register) =>
      describe(title, () => {
        register();
        const together = cases.filter((one) => !isAlone(one)).sort((a, b) => turnOf(a) - turnOf(b));
        for (const { name, body } of together) test.concurrent(name, { timeout: LIMIT_MS }, body);
        for (const { name, body } of cases.filter(isAlone)) test(name, { timeout: LIMIT_MS }, body);
      }),
    expect,
    test: (name, body) => cases.push({ name, body }),
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
