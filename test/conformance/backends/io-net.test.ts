import { describe } from "vitest";
import type { IoNetSimulatorOptions } from "../../../src/testing/io-net/index.js";
import { createIoNet, ioNetSetup } from "./io-net-setup.js";
import { wholeSuite } from "./whole-suite.js";

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

// Real shells once are enough: the habits are those of the simulator on virtual time.
const { containers: _, ...played } = ioNetSetup;

for (const [title, habits] of Object.entries(PLATFORMS)) {
  describe(title, () => {
    const create = () => createIoNet(habits);
    if (habits === DEFAULTS) wholeSuite({ ...ioNetSetup, create }, INAPPLICABLE);
    else wholeSuite({ ...played, create }, [...INAPPLICABLE, "runner/"]);
  });
}
