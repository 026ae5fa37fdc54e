/** The backend suite, tested: a right backend passes all of it, and for every clause there is one on which that clause fails. */
import { describe, expect, test } from "vitest";
import { BACKEND_CLAUSES } from "../../src/conformance/backend/backend-clauses.js";
import { backendConformance } from "../../src/conformance/backend/index.js";
import type { ConformanceReport } from "../../src/conformance/report.js";
import { closingClauses } from "../../src/conformance/suite.js";
import { collectTests, failuresOf } from "./collecting-runner.js";
import { referenceSetup } from "./reference/setup.js";
import { BACKEND_SABOTEURS, isOfTheRunner } from "./saboteurs/backend/index.js";
import { parts } from "./saboteurs/backend/saboteur.js";

const clauseIds = [...BACKEND_CLAUSES, ...closingClauses("backend")].map(({ id }) => id);
const isContainerClause = ({ inContainers = false }: (typeof BACKEND_CLAUSES)[number]): boolean => inContainers;
const isClosing = (id: string): boolean => id.startsWith("backend/report/");

backendConformance({ describe, expect, test }, referenceSetup());

describe.each(["sidecar", "wrapper", "none"] as const)("with %s staging", (staging) => {
  backendConformance(
    { describe, expect, test },
    referenceSetup((same) => same, staging),
  );
});

test("there are at least 60 clauses, each once", () => {
  expect(new Set(clauseIds).size).toBe(clauseIds.length);
  expect(clauseIds.length).toBeGreaterThanOrEqual(60);
});

describe("saboteurs", () => {
  test("each clause has one", () => {
    const sabotaged = new Set(BACKEND_SABOTEURS.map(({ clause }) => clause));
    // The one about the runner is tested below: no backend can be wrong in that way.
    expect(clauseIds.filter((id) => !sabotaged.has(id))).toEqual(["backend/report/every-case-ran"]);
    expect([...sabotaged].filter((id) => !clauseIds.includes(id))).toEqual([]);
  });

  // Those of the runner start real shells, and have a file of their own.
  for (const { clause, wrong, setup } of BACKEND_SABOTEURS.filter((saboteur) => !isOfTheRunner(saboteur))) {
    test(`${clause} fails on a backend that ${wrong}`, async () => {
      const tests = collectTests((runner) => backendConformance(runner, setup));
      // The closing clauses judge the whole run; every other one is a case of its own.
      const failures = await failuresOf(isClosing(clause) ? tests : tests.filter(({ id }) => id === clause));
      expect([...failures.keys()]).toContain(clause);
    });
  }
});

describe("report", () => {
  async function reportOf(setup: ReturnType<typeof referenceSetup>): Promise<ConformanceReport> {
    const reports: ConformanceReport[] = [];
    await failuresOf(collectTests((runner) => backendConformance(runner, { ...setup, onReport: (report) => void reports.push(report) })));
    expect(reports.length).toBe(1);
    return reports[0] as ConformanceReport;
  }

  test("of a right backend: everything applicable passed, every capability is proven, and it is plain JSON", async () => {
    const report = await reportOf(referenceSetup());
    expect(report.clauses.map(({ id }) => id)).toEqual(BACKEND_CLAUSES.map(({ id }) => id));
    // What is about helper containers, and about the runner.
    const inapplicable = 2 + BACKEND_CLAUSES.filter(isContainerClause).length;
    expect(report.counts).toEqual({ passed: BACKEND_CLAUSES.length - inapplicable, failed: 0, skipped: 0, inapplicable });
    expect(new Set(Object.values(report.capabilities))).toEqual(new Set(["proven"]));
    expect(report).toMatchObject({ suite: "backend", suiteVersion: 1, specVersion: 1, kind: "reference", level: "offline" });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test("a skipped clause keeps its reason and leaves its capability unproven", async () => {
    const skip = { "backend/reuse/next-launch-runs": "the simulator cannot run two launches" };
    const { clauses, counts, capabilities } = await reportOf({ ...referenceSetup(), skip });
    expect(counts.skipped).toBe(1);
    expect(clauses.find(({ status }) => status === "skipped")).toEqual({
      id: "backend/reuse/next-launch-runs",
      status: "skipped",
      reason: "the simulator cannot run two launches",
    });
    expect(Object.keys(capabilities).filter((name) => capabilities[name] === "unproven")).toEqual(["reuse"]);
  });

  test("what a setup cannot show is inapplicable, with the reason", async () => {
    const { faults: _, ...setup } = referenceSetup(({ ledger: _ledger, openCount: _openCount, ...blind }) => blind);
    const { clauses, counts } = await reportOf(setup);
    expect(counts.failed).toBe(0);
    const inapplicable = clauses.filter(({ status }) => status === "inapplicable");
    expect(inapplicable.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["backend/money/reports-are-the-bill", "backend/faults/bind-answer-lost"]),
    );
    for (const { id, reason } of inapplicable) expect(reason, id).toMatch(/\w+ \w+/);
  });

  test("backend/report/every-case-ran fails when the runner leaves a case out", async () => {
    const tests = collectTests((runner) => backendConformance(runner, referenceSetup()));
    const failures = await failuresOf(tests.filter(({ id }) => isClosing(id) || id.startsWith("backend/static/")));
    expect([...failures.keys()]).toContain("backend/report/every-case-ran");
  });
});

describe("clean-up", () => {
  const releasingNothing = referenceSetup((world) => ({ ...world, backend: { ...parts(world.backend), release: async () => "released" } }));

  test("a case after which something is still open fails, though its own clause holds", async () => {
    const tests = collectTests((runner) => backendConformance(runner, releasingNothing));
    const failures = await failuresOf(tests.filter(({ id }) => id === "backend/bind/does-not-wait-for-the-command"));
    expect([...failures.values()].map(String)).toEqual([expect.stringContaining("Clean-up: listLeases still shows")]);
  });
});
