import { readdirSync } from "node:fs";
import type { Backend } from "spillway";
import { local } from "spillway/backends/local";
import { flakyMarket, type MarketplaceOptions, marketplace, type SimulatedMarketplace, steadyMarket } from "spillway/testing";
import { FOLDER } from "./animation.js";

/** Every draw of the simulated markets follows from it: nodes, prices, deaths, lies. */
export const SEED = "quickstart";

/** In the real part the markets' time runs so many times fast: nodes that die every two hours die every twelve seconds. */
export const TIME_SCALE = 600;

/** Nobody makes up the price of your own machine for you: it has to be stated. */
const OWN_USD_PER_HOUR = 0.25;

const MACHINE_FOLDER = `${FOLDER}/machine`;

/** Who sells computing time here. The two markets are SIMULATIONS, always. */
export interface Sellers {
  /** Cheap, operated by many, and nodes die. One node is the cheapest of all and hands over wrong results. */
  readonly flaky: SimulatedMarketplace;
  /** One known company, dearer and reliable. */
  readonly steady: SimulatedMarketplace;
  /** This machine. */
  readonly machine: Backend;
}

/** For the real part: what these markets are asked to run is run, as processes of this machine. */
export function realSellers(): Sellers {
  const preset = { seed: SEED, timeScale: TIME_SCALE, execute: "process" } as const;
  return {
    flaky: marketplace(inAHurry(withAStranger(flakyMarket(preset)))),
    steady: marketplace(inAHurry(steadyMarket(preset))),
    machine: local({ usdPerHour: OWN_USD_PER_HOUR, directory: MACHINE_FOLDER }),
  };
}

/** For the simulated part: the same nodes at the same prices, in virtual time, and a stand-in for this machine. */
export function simulatedSellers(virtualJob: NonNullable<MarketplaceOptions["virtualJob"]>): Sellers {
  return {
    flaky: marketplace({ ...withAStranger(flakyMarket({ seed: SEED })), virtualJob }),
    steady: marketplace({ ...steadyMarket({ seed: SEED }), virtualJob }),
    machine: marketplace({
      id: "this-machine",
      providers: [{ name: "machine", capacity: 4, usdPerHour: OWN_USD_PER_HOUR, startMs: 100, trust: { operator: "self" } }],
      priceVolatility: 0,
      virtualJob,
    }),
  };
}

/** Leases that cost money now, according to the sellers themselves. */
export function openLeases({ flaky, steady }: Sellers): number {
  return flaky.openLeases().length + steady.openLeases().length + foldersIn(`${MACHINE_FOLDER}/leases`);
}

/** Somebody vouches for the operators of this market, but for one: nobody knows who runs "too-good", and it nearly always lies. */
function withAStranger(preset: MarketplaceOptions): MarketplaceOptions {
  const providers = preset.providers.map((provider) =>
    provider.name === "too-good"
      ? { ...provider, usdPerHour: 0.004, wrongShare: 0.9 }
      : { ...provider, trust: { operator: "audited" } as const },
  );
  return { ...preset, providers };
}

/** Patience and billing steps for work of half a second. */
function inAHurry(preset: MarketplaceOptions): MarketplaceOptions {
  return {
    ...preset,
    offersTtlMs: 500,
    billing: { ...preset.billing, granularityMs: 1 },
    capabilities: { ...preset.capabilities, bindMs: 2_000, provisionMs: 4_000 },
  };
}

/** local() keeps a folder for each open lease. */
function foldersIn(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}
