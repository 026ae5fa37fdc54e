import { type FaultDecision, type FaultPort, type FaultVerb, PASS } from "../faults/fault-port.js";
import { Weather } from "./weather.js";
import type { World } from "./world.js";

/** An outage of the whole market, ordered by a test. */
export interface OutageRequest {
  /** From now. Default 0. */
  readonly afterMs?: number;
  readonly durationMs: number;
  /** Default: all. */
  readonly verbs?: readonly FaultVerb[];
  /** Calls are not refused but never answered. Default false. */
  readonly hangs?: boolean;
}

interface Outage {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly verbs: readonly FaultVerb[] | undefined;
  readonly hangs: boolean;
}

/** How often the gate is closed by itself. */
export interface GateOptions {
  readonly seed: string;
  readonly outagesPerHour: number;
  readonly outageMs: number;
  readonly maxCallsPerSecond: number;
}

/** Lets calls into the market: not during an outage, and not too many a second. A port that depends on time. */
export class Gate implements FaultPort {
  readonly #world: World;
  readonly #options: GateOptions;
  #weather: Weather;
  #outages: Outage[] = [];
  /** Calls that may be made at once, refilled with time. */
  #tokens: number;
  #refilledAtMs = 0;

  constructor(world: World, options: GateOptions) {
    this.#world = world;
    this.#options = options;
    this.#weather = this.#makeWeather();
    this.#tokens = options.maxCallsPerSecond;
  }

  order({ afterMs = 0, durationMs, verbs, hangs = false }: OutageRequest): void {
    const fromMs = this.#world.now() + afterMs;
    this.#outages.push({ fromMs, untilMs: fromMs + durationMs, verbs, hangs });
  }

  before(verb: FaultVerb): FaultDecision {
    const nowMs = this.#world.now();
    const outage = this.#outages.find(
      ({ fromMs, untilMs, verbs }) => nowMs >= fromMs && nowMs < untilMs && (verbs?.includes(verb) ?? true),
    );
    if (outage?.hangs === true) return { kind: "hang" };
    if (outage !== undefined || this.#weather.upAt(nowMs) === undefined) {
      return {
        kind: "fail",
        code: "BACKEND_UNAVAILABLE",
        effect: "none",
        message: "The simulated market is down and refuses the connection.",
      };
    }
    return this.#limit(nowMs);
  }

  after(): FaultDecision {
    return PASS;
  }

  reset(): void {
    this.#outages = [];
    this.#weather = this.#makeWeather();
    this.#tokens = this.#options.maxCallsPerSecond;
    this.#refilledAtMs = 0;
  }

  #makeWeather(): Weather {
    const { seed, outagesPerHour, outageMs } = this.#options;
    return new Weather(seed, "the market", {
      endsPerHour: outagesPerHour,
      lifetimes: "exponential",
      downMs: outageMs,
      silentShare: 0,
      silentMs: 0,
    });
  }

  #limit(nowMs: number): FaultDecision {
    const perSecond = this.#options.maxCallsPerSecond;
    if (!Number.isFinite(perSecond)) return PASS;
    this.#tokens = Math.min(perSecond, this.#tokens + ((nowMs - this.#refilledAtMs) / 1_000) * perSecond);
    this.#refilledAtMs = nowMs;
    if (this.#tokens < 1) {
      const retryAfterMs = Math.ceil(((1 - this.#tokens) / perSecond) * 1_000);
      return {
        kind: "fail",
        code: "BACKEND_RATE_LIMITED",
        effect: "none",
        retryAfterMs,
        message: `The simulated market takes ${perSecond} calls a second.`,
      };
    }
    this.#tokens--;
    return PASS;
  }
}
