/** The artifact suite, tested: for every clause there is a store on which that clause fails. */
import { describe, expect, test } from "vitest";
import { ARTIFACT_CLAUSES } from "../../src/conformance/artifacts/artifact-clauses.js";
import { artifactStoreConformance } from "../../src/conformance/artifacts/index.js";
import type { ConformanceReport } from "../../src/conformance/report.js";
import { closingClauses } from "../../src/conformance/suite.js";
import { memorySetup, s3Setup } from "./artifact-stores.js";
import { collectTests, failuresOf } from "./collecting-runner.js";
import { ARTIFACT_SABOTEURS } from "./saboteurs/artifacts/index.js";

const clauseIds = [...ARTIFACT_CLAUSES, ...closingClauses("artifacts")].map(({ id }) => id);

describe("saboteurs", () => {
  test("each clause has one", () => {
    const sabotaged = new Set(ARTIFACT_SABOTEURS.map(({ clause }) => clause));
    // The one about the runner is the same code as in the other suites, and tested there.
    expect(clauseIds.filter((id) => !sabotaged.has(id))).toEqual(["artifacts/report/every-case-ran"]);
    expect([...sabotaged].filter((id) => !clauseIds.includes(id))).toEqual([]);
  });

  test.each(ARTIFACT_SABOTEURS)("$clause fails on a store that $wrong", async ({ clause, setup }) => {
    const tests = collectTests((runner) => artifactStoreConformance(runner, setup));
    const failures = await failuresOf(
      tests.filter(({ id }) => id === clause || (clause.startsWith("artifacts/report/") && setup.kind === "memory")),
    );
    expect([...failures.keys()]).toContain(clause);
  });
});

describe("report", () => {
  test("says what does not apply, and what was proven", async () => {
    const reports: ConformanceReport[] = [];
    const setup = { ...memorySetup(), onReport: (report: ConformanceReport) => void reports.push(report) };
    expect([...(await failuresOf(collectTests((runner) => artifactStoreConformance(runner, setup)))).keys()]).toEqual([]);
    const [report] = reports;
    expect(report).toMatchObject({ suite: "artifacts", kind: "memory", specVersion: 1, capabilities: {} });
    expect(report?.counts).toEqual({ passed: ARTIFACT_CLAUSES.length - 16, failed: 0, skipped: 0, inapplicable: 16 });
  });

  test("proves every capability of a store that has them all", async () => {
    const reports: ConformanceReport[] = [];
    const setup = { ...s3Setup(), onReport: (report: ConformanceReport) => void reports.push(report) };
    expect([...(await failuresOf(collectTests((runner) => artifactStoreConformance(runner, setup)))).keys()]).toEqual([]);
    expect(reports[0]?.counts).toEqual({ passed: ARTIFACT_CLAUSES.length, failed: 0, skipped: 0, inapplicable: 0 });
    expect(reports[0]?.capabilities).toEqual({ urls: "proven", grants: "proven", versions: "proven", parted: "proven" });
  });
});
