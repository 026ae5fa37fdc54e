import { describe, vi } from "vitest";
import type { AkashOptions } from "../../../src/backends/akash/index.js";
import type { SimulatedAkashOptions } from "../../../src/testing/akash/index.js";
import { akashContainers, akashSetup } from "./akash-setup.js";
import { wholeSuite } from "./whole-suite.js";

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

for (const [title, [habits, options]] of Object.entries(WAYS)) {
  describe(title, () => {
    if (title === WITH_SHELLS) wholeSuite({ ...akashSetup(habits, options), containers: akashContainers }, INAPPLICABLE);
    else wholeSuite(akashSetup(habits, options), [...INAPPLICABLE, "runner/"]);
  });
}
