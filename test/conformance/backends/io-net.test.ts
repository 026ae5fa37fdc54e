import { describe, expect, test } from "vitest";
import { backendConformance } from "../../../src/conformance/backend/index.js";
import type { ConformanceReport } from "../../../src/conformance/report.js";
import type { IoNetSimulatorOptions } from "../../../src/testing/io-net/index.js";
import { createIoNet, ioNetSetup } from "./io-net-setup.js";

const DEFAULTS: Partial<IoNetSimulatorOptions> = {};

/** What the platform may be like where nothing is documented. */
const PLATFORMS: Readonly<Record<string, Partial<IoNetSimulatorOptions>>> = {
  "names that repeat, restarts for ever": DEFAULTS,
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
  "runner/release-reaches",
  "money/(never-falls|open-charges|final-after|reports-are)",
  "lifetime/timeout",
  "hygiene/close-is",
];
const IS_INAPPLICABLE = new RegExp(`^backend/(${INAPPLICABLE.join("|")})`);

// Real shells once are enough: the habits are those of the simulator on virtual time.
const { containers: _, ...played } = ioNetSetup;

for (const [title, habits] of Object.entries(PLATFORMS)) {
  describe(title, () => {
    let report: ConformanceReport | undefined;

    backendConformance(
      { describe, expect, test },
      {
        ...(habits === DEFAULTS ? ioNetSetup : played),
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
      const isExpected = (id: string): boolean => IS_INAPPLICABLE.test(id) || (habits !== DEFAULTS && id.startsWith("backend/runner/"));
      expect(inapplicable.filter((id) => !isExpected(id))).toEqual([]);
    });
  });
}
