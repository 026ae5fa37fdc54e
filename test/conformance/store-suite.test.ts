/** The store suite, tested: right stores pass all of it, and for every clause there is a store on which that clause fails. */
import { describe, expect, test } from "vitest";
import type { ConformanceReport } from "../../src/conformance/report.js";
import { storeConformance } from "../../src/conformance/store/index.js";
import { STORE_CLAUSES } from "../../src/conformance/store/store-clauses.js";
import { closingClauses } from "../../src/conformance/suite.js";
import { collectTests, failuresOf } from "./collecting-runner.js";
import { STORE_SABOTEURS } from "./saboteurs/store/index.js";
import { ambitiousSetup } from "./stores.js";

const clauseIds = [...STORE_CLAUSES, ...closingClauses("store")].map(({ id }) => id);

storeConformance({ describe, expect, test }, ambitiousSetup());

describe("saboteurs", () => {
  test("each clause has one", () => {
    const sabotaged = new Set(STORE_SABOTEURS.map(({ clause }) => clause));
    const lacking = clauseIds.filter((id) => !sabotaged.has(id));
    // The one about the runner is tested below: no store can be wrong in that way.
    expect(lacking).toEqual(["store/report/every-case-ran"]);
    expect([...sabotaged].filter((id) => !clauseIds.includes(id))).toEqual([]);
  });

  for (const { clause, wrong, setup } of STORE_SABOTEURS) {
    test(`${clause} fails on a store that ${wrong}`, async () => {
      const tests = collectTests((runner) => storeConformance(runner, setup));
      const failures = await failuresOf(
        tests.filter(({ id }) => id === clause || (clause.startsWith("store/report/") && id.startsWith("store/"))),
      );
      expect([...failures.keys()]).toContain(clause);
    });
  }
});

describe("report", () => {
  test("holds every clause, and what was skipped or does not apply with the reason", async () => {
    const reports: ConformanceReport[] = [];
    const skip = { "store/keys/found": "not needed by this test" };
    const setup = { ...ambitiousSetup(), transactions: false, skip, onReport: (report: ConformanceReport) => void reports.push(report) };
    const failures = await failuresOf(collectTests((runner) => storeConformance(runner, setup)));
    expect([...failures.keys()]).toEqual([]);
    const report = reports[0];
    expect(reports.length).toBe(1);
    expect(report?.clauses.map(({ id }) => id)).toEqual(STORE_CLAUSES.map(({ id }) => id));
    expect(report?.counts).toEqual({ passed: STORE_CLAUSES.length - 4, failed: 0, skipped: 1, inapplicable: 3 });
    expect(report?.clauses.find(({ status }) => status === "skipped")).toEqual({
      id: "store/keys/found",
      status: "skipped",
      reason: "not needed by this test",
    });
    expect(report?.capabilities).toEqual({ durable: "proven" });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test("store/report/every-case-ran fails when the runner leaves a case out", async () => {
    const tests = collectTests((runner) => storeConformance(runner, ambitiousSetup()));
    const failures = await failuresOf(tests.filter(({ id }) => id !== "store/keys/found"));
    expect([...failures.keys()]).toEqual(["store/report/every-case-ran"]);
    expect(String(failures.get("store/report/every-case-ran"))).toContain("store/keys/found");
  });

  test("a clean-up that fails fails the case", async () => {
    const broken = ambitiousSetup((underTest) => ({ ...underTest, close: () => Promise.reject(new Error("still locked")) }));
    const tests = collectTests((runner) => storeConformance(runner, broken));
    const failures = await failuresOf(tests.slice(0, 1));
    expect([...failures.values()].map(String)).toEqual(["Error: still locked"]);
  });
});
