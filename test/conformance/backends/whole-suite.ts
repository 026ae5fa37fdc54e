import { describe, expect, test } from "vitest";
import { type BackendConformanceSetup, backendConformance } from "../../../src/conformance/backend/index.js";
import type { ConformanceReport } from "../../../src/conformance/report.js";

/** Runs the suite and insists that it was run: no clause is skipped, and only those that begin as `inapplicable` says, below `backend/`, do not apply. */
export function wholeSuite(setup: BackendConformanceSetup, inapplicable: readonly string[]): void {
  let report: ConformanceReport | undefined;

  backendConformance(
    { describe, expect, test },
    {
      ...setup,
      onReport: (made) => {
        report = made;
      },
    },
  );

  test("nothing is skipped, and only what is not declared does not apply", () => {
    expect(report?.counts).toMatchObject({ failed: 0, skipped: 0 });
    expect(report?.counts.passed).toBeGreaterThan(90);
    const isExpected = new RegExp(`^backend/(${inapplicable.join("|")})`);
    const others = report?.clauses.filter(({ id, status }) => status === "inapplicable" && !isExpected.test(id));
    expect(others?.map(({ id }) => id)).toEqual([]);
  });
}
