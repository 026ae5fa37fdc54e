import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendConformanceSetup, ConformanceContainers, ContainersUnderTest } from "../../../src/conformance/backend/index.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import { type MarketplaceOptions, marketplace, type SimulatedMarketplace } from "../../../src/testing/marketplace/index.js";
import { posixLaunches, recordedBelow } from "./local-setup.js";

/** The simulated marketplace as a market of bare containers, with everything that a saboteur may want to get hold of. */
export interface MarketContainers extends ContainersUnderTest {
  readonly market: SimulatedMarketplace;
}

const makeMarket = (options: Partial<MarketplaceOptions> = {}): SimulatedMarketplace =>
  marketplace({
    seed: "conformance",
    execute: "process",
    staging: "wrapper",
    providers: [{ name: "bare", nodes: 4, usdPerHour: 36, startMs: 0 }],
    billing: { granularityMs: 1 },
    finalChargeMs: 100,
    ...options,
    capabilities: { pollMs: { least: 20, most: 1_000 }, ...options.capabilities },
  });

export async function createMarketContainers(options: Partial<MarketplaceOptions> = {}): Promise<MarketContainers> {
  const folder = mkdtempSync(join(tmpdir(), "spillway-market-"));
  const market = makeMarket({ workFolder: folder, ...options });
  const host = systemHost();
  const restartsOf = (key: string): number => market.leases().find((lease) => lease.key === key)?.restarts ?? 0;
  return {
    backend: market,
    market,
    host,
    namespace: { id: "ourown1", secret: host.randomHex(32) },
    ledger: () => new Map(market.ledger().map(({ key, amount }) => [key, amount])),
    openCount: () => market.openLeases().length,
    hasEnded: (key) => restartsOf(key) > 0,
    // No case records twice.
    received: async () => recordedBelow(folder),
    starts: (key) => restartsOf(key) + 1,
    restart: (key) => market.restartContainer(key),
    close: async () => {
      await market.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The setup of the market of bare containers, perhaps spoilt. */
export const marketContainersSetup = (
  change: (world: MarketContainers) => ContainersUnderTest = (same) => same,
  options: Partial<MarketplaceOptions> = {},
): BackendConformanceSetup & { readonly containers: ConformanceContainers } => {
  const create = async (): Promise<ContainersUnderTest> => change(await createMarketContainers(options));
  return {
    kind: "marketplace",
    capabilities: makeMarket(options).capabilities,
    create,
    containers: { create },
    demand: { cpu: 1, memoryMiB: 64, diskMiB: 1, image: false, interruptible: true, maxLifetimeMs: 14_400_000 },
    launches: posixLaunches("SPILLWAY_ROOT"),
    limits: { observeMs: 100, lifetimeMs: 1_500, lifetimeSlackMs: 2_000 },
  };
};
