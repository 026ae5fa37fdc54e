import { describe, expect, test } from "vitest";
import { backendConformance } from "../../../src/conformance/backend/index.js";
import type { ConformanceReport } from "../../../src/conformance/report.js";
import type { IoNetSimulatorOptions } from "../../../src/testing/io-net/index.js";
import { createIoNet, ioNetSetup } from "./io-net-setup.js";

/** What the platform may be like where nothing is documented. */
const PLATFORMS: Readonly<Record<string, Partial<IoNetSimulatorOptions>>> = {
  "names that repeat, restarts for ever": {},
  "unique names, a slow list in small pages, no restarts, refunds by the minute": {
    uniqueNames: true,
    listLagMs: 20_000,
    pageSize: 1,
    restart: "never",
    refund: "minute",
    unknownFields: false,
  },
};

/** What does not apply: exit codes, staging by the backend, partial references, reported charges, and what needs a `close`. */
const INAPPLICABLE = [
  "bind/(progress|stops|urls)",
  "find/half-made",
  "inspect/(success|failure|odd-exit-codes|exit-stays)",
  "staging/",
  "money/(never-falls|open-charges|final-after|reports-are)",
  "lifetime/timeout",
  "hygiene/close-is",
];
const IS_INAPPLICABLE = new RegExp(`^backend/(${INAPPLICABLE.join("|")})`);

for (const [title, habits] of Object.entries(PLATFORMS)) {
  describe(title, () => {
    let report: ConformanceReport | undefined;

    backendConformance(
      { describe, expect, test },
      {
        ...ioNetSetup,
        create: () => createIoNet(habits),
        onReport: (made) => {
          report = made;
        },
      },
    );

    test("nothing is skipped, and only what is not declared does not apply", () => {
      const inapplicable = report?.clauses.filter(({ status }) => status === "inapplicable").map(({ id }) => id) ?? [];
      expect(report?.counts).toMatchObject({ failed: 0, skipped: 0 });
      expect(report?.counts.passed).toBeGreaterThan(90);
      expect(inapplicable.filter((id) => !IS_INAPPLICABLE.test(id))).toEqual([]);
    });
  });
}
