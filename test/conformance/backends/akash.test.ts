import { describe, expect, test, vi } from "vitest";
import type { AkashOptions } from "../../../src/backends/akash/index.js";
import { backendConformance } from "../../../src/conformance/backend/index.js";
import type { ConformanceReport } from "../../../src/conformance/report.js";
import type { SimulatedAkashOptions } from "../../../src/testing/akash/index.js";
import { akashContainers, akashSetup } from "./akash-setup.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 180_000 });

/** Runs real shells as well. */
const WITH_SHELLS = "the contract of September, through the proxy";

/** Both contracts, and both ways to a provider. */
const WAYS: Readonly<Record<string, readonly [Partial<SimulatedAkashOptions>, AkashOptions]>> = {
  [WITH_SHELLS]: [{}, {}],
  "the contract of August, straight to the providers": [
    { contract: "aug", gatewayTls: "none", unknownFields: false, duplicateLines: false },
    { gateway: "direct", runtimeLimit: "off" },
  ],
};

/** What does not apply: exit codes, staging by the backend, reuse, an enforced lifetime, and what needs a `close`. */
const INAPPLICABLE = [
  "bind/urls",
  "inspect/(success|failure|odd-exit-codes|exit-stays)",
  "staging/",
  "reuse/",
  "runner/release-reaches",
  "lifetime/",
  "hygiene/close-is",
];
const IS_INAPPLICABLE = new RegExp(`^backend/(${INAPPLICABLE.join("|")})`);

for (const [title, [habits, options]] of Object.entries(WAYS)) {
  describe(title, () => {
    let report: ConformanceReport | undefined;

    backendConformance(
      { describe, expect, test },
      {
        ...akashSetup(habits, options),
        ...(title === WITH_SHELLS ? { containers: akashContainers } : {}),
        onReport: (made) => {
          report = made;
        },
      },
    );

    test("nothing is skipped, and only what is not declared does not apply", () => {
      const inapplicable = report?.clauses.filter(({ status }) => status === "inapplicable").map(({ id }) => id) ?? [];
      expect(report?.counts).toMatchObject({ failed: 0, skipped: 0 });
      expect(report?.counts.passed).toBeGreaterThan(90);
      const isExpected = (id: string): boolean => IS_INAPPLICABLE.test(id) || (title !== WITH_SHELLS && id.startsWith("backend/runner/"));
      expect(inapplicable.filter((id) => !isExpected(id))).toEqual([]);
    });
  });
}
