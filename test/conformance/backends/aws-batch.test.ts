import { awsBatch } from "../../../src/backends/aws-batch/index.js";
import { FAULTS } from "../../../src/conformance/index.js";
import { create, OPTIONS } from "./aws-batch-setup.js";
import { PLAYED_LAUNCHES } from "./played-launches.js";
import { wholeSuite } from "./whole-suite.js";

/** What does not apply: staging by the backend, reuse and partial references. */
const INAPPLICABLE = ["staging", "runner", "reuse", "lifetime/timeout", "bind/(urls|progress|stops)", "find/half"];

wholeSuite(
  {
    kind: "aws-batch",
    capabilities: awsBatch(OPTIONS).capabilities,
    create,
    image: "registry.example/team/work:1",
    demand: { cpu: 1, memoryMiB: 2_000, diskMiB: 1_024, image: true, interruptible: true, maxLifetimeMs: 4 * 3_600_000 },
    launches: PLAYED_LAUNCHES,
    faults: FAULTS,
  },
  INAPPLICABLE,
);
