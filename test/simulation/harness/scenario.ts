import type { WorkloadInput } from "../../../src/model/workload-input.js";
import type {
  CallFaultRates,
  FaultRates,
  MarketplaceFaults,
  MarketplaceOptions,
  ProviderSpec,
  SeededRandom,
} from "../../../src/testing/index.js";
import { seededRandom } from "../../../src/testing/index.js";

/** One history to be played: markets with their faults, work, and what happens to the scheduler's process. All drawn from the seed. */
export interface Scenario {
  readonly seed: string;
  readonly markets: readonly MarketplaceOptions[];
  readonly work: readonly PlannedWork[];
  /** Times at which the scheduler's process dies and another one starts on the same store, ms from the beginning. */
  readonly crashesAtMs: readonly number[];
  /** The process stands still from a time on, for so long; another one is started in the meantime and both go on. */
  readonly pauses: readonly { readonly atMs: number; readonly forMs: number }[];
  /** Jumps of the wall clock. */
  readonly clockJumps: readonly { readonly atMs: number; readonly byMs: number }[];
  /** Share of launches that a seller carries out long after its own deadline. */
  readonly lateBindShare: number;
  /** A second process works on the same store from the beginning; work is handed to both in turn. */
  readonly rival: boolean;
  readonly budget?: string;
}

export interface PlannedWork {
  readonly atMs: number;
  readonly input: WorkloadInput;
  readonly cancelAfterMs?: number;
}

export function drawScenario(seed: string): Scenario {
  const random = seededRandom(`scenario/${seed}`);
  const markets = Array.from({ length: random.int(1, 3) }, (_, index) => drawMarket(random.fork(`market ${index}`), seed, index));
  const work = Array.from({ length: random.int(1, 6) }, (_, index) => drawWork(random.fork(`work ${index}`), index));
  const crashesAtMs = random.chance(0.4)
    ? Array.from({ length: random.int(1, 3) }, () => random.int(1, 3_600_000)).sort((a, b) => a - b)
    : [];
  const clockJumps = random.chance(0.15) ? [{ atMs: random.int(1, 1_800_000), byMs: random.int(-600_000, 600_000) }] : [];
  const pauses = random.chance(0.2) ? [{ atMs: random.int(1, 1_800_000), forMs: random.int(35_000, 600_000) }] : [];
  const lateBindShare = random.chance(0.15) ? random.between(0.05, 0.5) : 0;
  const scenario: Scenario = {
    seed,
    markets,
    work,
    crashesAtMs,
    pauses,
    clockJumps,
    lateBindShare,
    rival: false,
    ...(random.chance(0.3) ? { budget: `$${random.int(1, 20)}` } : {}),
  };
  return random.fork("reuse").chance(0.35) ? reusing(scenario) : scenario;
}

/** Sellers that bill by the hour and short work that keeps coming, so that leases stand idle and are used again. */
export function reusing(scenario: Scenario): Scenario {
  const random = seededRandom(`reusing/${scenario.seed}`);
  const work = Array.from({ length: random.int(4, 10) }, (_, index) => drawShortWork(random.fork(`work ${index}`), index));
  return {
    ...scenario,
    markets: scenario.markets.map((market, index) => hourly(market, random.fork(`market ${index}`))),
    work,
    rival: random.chance(0.3),
    ...(scenario.budget === undefined ? {} : { budget: `$${random.int(4, 20)}` }),
  };
}

function hourly(market: MarketplaceOptions, random: SeededRandom): MarketplaceOptions {
  return {
    ...market,
    billing: {
      granularityMs: random.chance(0.7) ? 3_600_000 : 1_800_000,
      minimumMs: random.chance(0.5) ? 3_600_000 : 0,
      prepaid: random.chance(0.4),
      refund: random.chance(0.7) ? "unused" : "none",
    },
    providers: market.providers.map((provider) => ({
      ...provider,
      // Known operators may see internal data, and nobody checks what they answer.
      trust: { operator: "single" },
      wrongShare: 0,
      ...(random.chance(0.3) ? { usdPerLaunch: 0.02 } : {}),
    })),
    faults: { ...market.faults, rates: { ...market.faults?.rates, start: market.faults?.rates?.bind ?? {} } },
  };
}

function drawShortWork(random: SeededRandom, index: number): PlannedWork {
  const minutes = random.int(1, 12);
  const { input } = drawWork(random.fork("input"), index);
  const {
    deadline: _,
    startWithin: __,
    maxCost: ___,
    ...rest
  } = input as WorkloadInput & Record<"deadline" | "startWithin" | "maxCost", unknown>;
  return {
    atMs: random.int(0, 5_400_000),
    input: {
      ...(rest as WorkloadInput),
      env: { VIRTUAL_DURATION_MS: String(minutes * 60_000), VIRTUAL_EXIT_CODE: random.chance(0.1) ? "3" : "0" },
      expectedDuration: `${minutes}m`,
      timeout: `${minutes * 3}m`,
      tenant: random.chance(0.9) ? "a" : "b",
      image: random.chance(0.9) ? "work:1" : "work:2",
      data: { sensitivity: random.chance(0.9) ? "public" : "internal" },
      ...(random.chance(0.3) ? { maxCost: random.between(1, 10).toFixed(2) } : {}),
    },
    ...(random.chance(0.15) ? { cancelAfterMs: random.int(0, 3_600_000) } : {}),
  };
}

function drawMarket(random: SeededRandom, seed: string, index: number): MarketplaceOptions {
  const providers = Array.from({ length: random.int(1, 3) }, (_, number) => drawProvider(random.fork(`provider ${number}`), number));
  const minimum = random.chance(0.2) ? 600_000 : 0;
  return {
    seed: `${seed}/${index}`,
    id: `market-${index}`,
    providers,
    binding: random.chance(0.4) ? "indicative" : "firm",
    bidWindowMs: 2_000,
    billing: { granularityMs: random.chance(0.3) ? 60_000 : 1_000, minimumMs: minimum },
    visibilityMs: random.chance(0.4) ? random.int(0, 10_000) : 0,
    latencyMs: random.chance(0.5) ? [1, 500] : 0,
    capabilities: { bindMs: 30_000, provisionMs: 300_000, pollMs: { least: 1_000, most: 30_000 } },
    faults: drawFaults(random.fork("faults")),
  };
}

function drawProvider(random: SeededRandom, number: number): ProviderSpec {
  return {
    name: `p${number}`,
    nodes: random.int(1, 5),
    operators: random.chance(0.2) ? "unknown" : random.int(1, 5),
    usdPerHour: [0.05, 1],
    capacity: random.int(1, 3),
    interruptible: random.chance(0.4),
    speed: [0.5, 2],
    ...(random.chance(0.3) ? { claimedSpeed: 1.5 } : {}),
    hazardPerHour: random.chance(0.6) ? [0, random.between(0.1, 3)] : 0,
    lifetimes: random.chance(0.5) ? "heavy-tailed" : "exponential",
    silentDeathShare: random.chance(0.4) ? random.between(0, 1) : 0,
    reclaimsPerHour: random.chance(0.3) ? random.between(0, 2) : 0,
    slowStartShare: random.chance(0.3) ? random.between(0, 0.5) : 0,
    neverStartShare: random.chance(0.3) ? random.between(0, 0.3) : 0,
    failedStartShare: random.chance(0.3) ? random.between(0, 0.3) : 0,
    wrongShare: random.chance(0.3) ? [0, random.between(0.05, 0.5)] : 0,
  };
}

function drawFaults(random: SeededRandom): MarketplaceFaults {
  const level = random.chance(0.3) ? 0 : random.between(0.01, 0.25);
  const rates = (): CallFaultRates => ({
    refused: random.between(0, level / 2),
    rateLimited: random.between(0, level / 4),
    requestLost: random.between(0, level / 2),
    requestDelayed: random.between(0, level),
    duplicated: random.between(0, level / 2),
    hung: random.between(0, level / 8),
    answerLost: random.between(0, level),
    answerDelayed: random.between(0, level),
    ...(random.chance(0.2) ? { delayMs: [1_000, 180_000] as const } : {}),
  });
  const verbs: FaultRates = {
    listOffers: rates(),
    bind: rates(),
    find: rates(),
    inspect: rates(),
    release: rates(),
    listLeases: rates(),
    collect: rates(),
  };
  return {
    rates: verbs,
    unknownShare: level / 4,
    lyingStatusShare: random.chance(0.3) ? level : 0,
    priceMoveShare: random.chance(0.4) ? level : 0,
    reportLagMs: random.chance(0.3) ? [0, 20_000] : 0,
    releasePendingMs: random.chance(0.4) ? [0, 60_000] : 0,
    outagesPerHour: random.chance(0.3) ? random.between(0, 4) : 0,
    outageMs: 120_000,
  };
}

function drawWork(random: SeededRandom, index: number): PlannedWork {
  const minutes = random.int(1, 60);
  const exitCode = random.chance(0.1) ? random.int(1, 255) : 0;
  const verified = random.chance(0.3);
  const input: WorkloadInput = {
    name: `work-${index}`,
    command: ["work", String(index)],
    env: { VIRTUAL_DURATION_MS: String(minutes * 60_000), VIRTUAL_EXIT_CODE: String(exitCode) },
    resources: { cpu: random.int(1, 4), memory: "1GiB" },
    outputs: verified || random.chance(0.8) ? { "/out/result": `mem://results/${index}` } : {},
    data: { sensitivity: "public" },
    expectedDuration: `${minutes}m`,
    timeout: `${minutes * 6}m`,
    priority: random.int(0, 3),
    ...(random.chance(0.3) ? { deadline: `${random.int(1, 12)}h` } : {}),
    ...(random.chance(0.2) ? { startWithin: `${random.int(10, 120)}m` } : {}),
    ...(random.chance(0.4) ? { maxCost: random.between(0.2, 10).toFixed(2) } : {}),
    ...(random.chance(0.2) ? { checkpoint: { path: "/ck", size: "100MiB" } } : {}),
    ...(verified ? { verification: { kind: "quorum" as const, maxErrorProbability: 0.01, maxReplicas: 5 } } : {}),
  };
  return {
    atMs: random.chance(0.5) ? 0 : random.int(0, 1_800_000),
    input,
    ...(random.chance(0.2) ? { cancelAfterMs: random.int(0, 3_600_000) } : {}),
  };
}
