import { describe, expect, test } from "vitest";
import { backendConformance } from "../../../src/conformance/backend/index.js";
import type { ConformanceReport } from "../../../src/conformance/report.js";
import { gcpBatchSetup } from "./gcp-batch-setup.js";

let report: ConformanceReport | undefined;

backendConformance(
  { describe, expect, test },
  {
    ...gcpBatchSetup,
    onReport: (made) => {
      report = made;
    },
  },
);

test("nothing is skipped, and only what is not declared does not apply", () => {
  const inapplicable = report?.clauses.filter(({ status }) => status === "inapplicable").map(({ id }) => id) ?? [];
  expect(report?.counts).toMatchObject({ failed: 0, skipped: 0 });
  expect(report?.counts.passed).toBeGreaterThan(80);
  expect(
    inapplicable.filter(
      (id) => !/^backend\/(bind|find|staging|runner|reuse|money|lifetime|faults\/(offers|silence-is-not-an-empty-market))/.test(id),
    ),
  ).toEqual([]);
});
