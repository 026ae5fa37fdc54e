import type { MarketplaceOptions } from "./options.js";

const HOUR_MS = 3_600_000;

/** What a preset lets be chosen. */
export interface PresetOptions {
  /** Default `"0"`. */
  readonly seed?: string;
  /**
   * How fast the weather goes: hazards, start-up and down times of these markets are those of hours of work, and a work
   * of seconds would never see any. With 3600 what happens in an hour happens in a second. Prices and billing stay per real hour. Default 1.
   */
  readonly timeScale?: number;
  /** Default `virtual`. */
  readonly execute?: MarketplaceOptions["execute"];
}

/**
 * A cheap market of strangers' machines: prices around a tenth of a cloud's, nodes of very different speed that boast
 * about it, die about every two hours and often in silence, and one provider whose nodes hand over wrong results half of the time. A simulation.
 */
export function flakyMarket({ seed = "0", timeScale = 1, execute = "virtual" }: PresetOptions = {}): MarketplaceOptions {
  const scaled = scale(timeScale);
  const weather = {
    startMs: scaled.range(20_000, 120_000),
    downMs: scaled.ms(HOUR_MS / 2),
    silentMs: scaled.range(60_000, 180_000),
  };
  return {
    id: "flaky-market",
    seed: `flaky ${seed}`,
    execute,
    providers: [
      {
        name: "bargain",
        nodes: 6,
        operators: 6,
        usdPerHour: [0.02, 0.05],
        speed: [0.6, 1.1],
        claimedSpeed: 1.1,
        hazardPerHour: scaled.rate(0.3, 0.8),
        silentDeathShare: 0.5,
        neverStartShare: 0.05,
        slowStartShare: 0.1,
        place: [
          { country: "RO", region: "sim-east", proof: "claimed" },
          { country: "US", region: "sim-west", proof: "claimed" },
          { country: "VN", region: "sim-south", proof: "claimed" },
        ],
        ...weather,
      },
      {
        name: "too-good",
        nodes: 1,
        usdPerHour: 0.018,
        speed: 1,
        claimedSpeed: 1.2,
        hazardPerHour: scaled.rate(0.1, 0.1),
        wrongShare: 0.5,
        place: { country: "US", region: "sim-west", proof: "claimed" },
        ...weather,
      },
      {
        name: "hobby",
        nodes: 4,
        operators: 2,
        usdPerHour: [0.03, 0.06],
        speed: [0.8, 1.4],
        hazardPerHour: scaled.rate(0.2, 1),
        lifetimes: "heavy-tailed",
        silentDeathShare: 0.3,
        place: { country: "DE", region: "sim-north", proof: "claimed" },
        ...weather,
      },
    ],
    priceVolatility: 0.15,
    faults: { rates: { bind: { answerLost: 0.03, refused: 0.03, timeoutMs: scaled.range(2_000, 8_000) } } },
    ...pace(timeScale),
  };
}

/** A dearer market of one known seller: even prices, honest speeds, about one death in 200 hours, always announced. A simulation. */
export function steadyMarket({ seed = "0", timeScale = 1, execute = "virtual" }: PresetOptions = {}): MarketplaceOptions {
  const scaled = scale(timeScale);
  return {
    id: "steady-market",
    seed: `steady ${seed}`,
    execute,
    providers: [
      {
        name: "steady",
        nodes: 6,
        operators: 1,
        trust: { operator: "single" },
        usdPerHour: [0.19, 0.21],
        speed: [0.98, 1.05],
        hazardPerHour: scaled.rate(0.005, 0.005),
        claimedHazardPerHour: scaled.rate(0.005, 0.005),
        startMs: scaled.range(30_000, 60_000),
        place: { country: "US", region: "sim-central", proof: "contract" },
      },
    ],
    priceVolatility: 0.01,
    billing: { granularityMs: 1_000, minimumMs: scaled.ms(60_000) },
    ...pace(timeScale),
  };
}

/** Durations get shorter and rates higher as time goes faster. */
function scale(timeScale: number) {
  const ms = (duration: number): number => duration / timeScale;
  return {
    ms,
    range: (least: number, most: number): readonly [number, number] => [ms(least), ms(most)],
    rate: (least: number, most: number): readonly [number, number] => [least * timeScale, most * timeScale],
  };
}

/** A market whose weather goes faster has to be watched more closely and given up on sooner; no faster, though, than a process can start. */
function pace(timeScale: number): Pick<MarketplaceOptions, "capabilities" | "priceEveryMs"> {
  return {
    priceEveryMs: Math.max(500, HOUR_MS / 6 / timeScale),
    capabilities: {
      pollMs: { least: Math.max(50, 1_000 / timeScale), most: Math.max(200, 30_000 / timeScale) },
      provisionMs: Math.max(5_000, 600_000 / timeScale),
    },
  };
}
