/** The simulated marketplace as a market of bare containers: real shells, the real runner, and a bucket with real signatures. */
import { describe, expect, test } from "vitest";
import { backendConformance } from "../../../src/conformance/backend/index.js";
import { freePort } from "../../support/free-port.js";
import { marketContainersSetup } from "./marketplace-containers-setup.js";

backendConformance(
  { describe, expect, test },
  marketContainersSetup((same) => same, { capabilities: { statusPort: await freePort() } }),
);
