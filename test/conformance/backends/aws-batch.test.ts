import { describe, expect, test } from "vitest";
import { awsBatch } from "../../../src/backends/aws-batch/index.js";
import { backendConformance, type ConformanceReport, FAULTS } from "../../../src/conformance/index.js";
import { create, OPTIONS } from "./aws-batch-setup.js";

let report: ConformanceReport | undefined;

backendConformance(
  { describe, expect, test },
  {
    kind: "aws-batch",
    capabilities: awsBatch(OPTIONS).capabilities,
    create,
    image: "registry.example/team/work:1",
    demand: { cpu: 1, memoryMiB: 2_000, diskMiB: 1_024, image: true, interruptible: true, maxLifetimeMs: 4 * 3_600_000 },
    launches: {
      succeed: () => ["exit", "0"],
      fail: (code) => ["exit", String(code)],
      sleep: (ms) => ["sleep", String(ms)],
      print: (text) => ["print", text],
      record: (args) => ["exit", "0", ...args],
    },
    faults: [...FAULTS],
    onReport: (made) => {
      report = made;
    },
  },
);

test("no clause failed or was skipped, and what did not apply is staging by the backend, reuse and partial references", () => {
  const inapplicable = report?.clauses.filter(({ status }) => status === "inapplicable").map(({ id }) => id) ?? [];
  expect(report?.counts).toMatchObject({ failed: 0, skipped: 0 });
  expect(report?.counts.passed).toBeGreaterThan(90);
  expect(
    inapplicable.filter((id) => !/^backend\/(staging|runner|reuse|lifetime\/timeout|bind\/(urls|progress|stops)|find\/half)/.test(id)),
  ).toEqual([]);
});
