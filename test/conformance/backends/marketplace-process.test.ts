/** The simulated marketplace with real commands on real time: what it stages, collects and prints is no simulation. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { type BackendUnderTest, backendConformance } from "../../../src/conformance/backend/index.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import { marketplace, type SimulatedMarketplace } from "../../../src/testing/marketplace/index.js";
import { posixLaunches, recordedBelow } from "./local-setup.js";

const makeMarket = (workFolder?: string): SimulatedMarketplace =>
  marketplace({
    seed: "conformance",
    execute: "process",
    ...(workFolder === undefined ? {} : { workFolder }),
    providers: [{ name: "steady", nodes: 4, usdPerHour: 36, startMs: [10, 50] }],
    billing: { granularityMs: 1 },
    finalChargeMs: 100,
  });

async function create(): Promise<BackendUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "spillway-market-"));
  const market = makeMarket(folder);
  const host = systemHost();
  let published = 0;
  return {
    backend: market,
    host,
    namespace: { id: "ourown1", secret: host.randomHex(32) },
    ledger: () => new Map(market.ledger().map(({ key, amount }) => [key, amount])),
    openCount: () => market.openLeases().length,
    // No case records twice.
    received: async () => recordedBelow(folder),
    publish: async (content) => {
      const file = join(folder, `published-${published++}`);
      writeFileSync(file, content);
      return pathToFileURL(file).href;
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

backendConformance(
  { describe, expect, test },
  {
    kind: "marketplace",
    capabilities: makeMarket().capabilities,
    create,
    demand: { cpu: 1, memoryMiB: 64, diskMiB: 1, image: false, interruptible: true, maxLifetimeMs: 14_400_000 },
    launches: posixLaunches("SPILLWAY_ROOT"),
    enforcesTimeout: true,
    limits: { observeMs: 100, lifetimeMs: 1_500, lifetimeSlackMs: 2_000 },
  },
);
