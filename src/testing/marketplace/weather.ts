import { within } from "../range.js";
import { identityRandom, type SeededRandom } from "../seeded-random.js";

/** A time in which something is up. Its end moves when it is ended early. */
export interface UpTime {
  readonly startMs: number;
  endMs: number;
  /** Nobody announces the end. */
  silent: boolean;
  /** How long after a silent end things still look as before. */
  silentMs: number;
}

/** How up and down times alternate. */
export interface WeatherSpec {
  readonly endsPerHour: number;
  readonly lifetimes: "exponential" | "heavy-tailed";
  readonly downMs: number;
  readonly silentShare: number;
  readonly silentMs: number | readonly [number, number];
}

const HOUR_MS = 3_600_000;

/** Shape of heavy-tailed lifetimes: finite mean, infinite variance. */
const LOMAX_SHAPE = 1.5;

/**
 * Alternating up and down times of a node or of the whole market, up at 0. Depends on seed and name alone, not on what
 * anybody does, so that two policies can be compared under the same weather. Made as far as it is asked for.
 */
export class Weather {
  readonly #seed: string;
  readonly #name: string;
  readonly #spec: WeatherSpec;
  readonly #ups: UpTime[] = [];
  /** Start of the next up time that has not been made yet. */
  #nextStartMs = 0;

  constructor(seed: string, name: string, spec: WeatherSpec) {
    this.#seed = seed;
    this.#name = name;
    this.#spec = spec;
  }

  /** The up time that covers this moment, if it is up. */
  upAt(atMs: number): UpTime | undefined {
    while (this.#nextStartMs <= atMs) this.#make();
    // Questions are nearly always about the latest one.
    for (let index = this.#ups.length - 1; index >= 0; index--) {
      const up = this.#ups[index] as UpTime;
      if (up.startMs <= atMs) return atMs < up.endMs ? up : undefined;
    }
    return undefined;
  }

  /** The last up time that began before this moment, whether or not it goes on. */
  lastUp(atMs: number): UpTime | undefined {
    while (this.#nextStartMs <= atMs) this.#make();
    return this.#ups.findLast((up) => up.startMs <= atMs);
  }

  /** Ends the up time that covers this moment, if there is one. */
  end(atMs: number, downMs: number, silentMs?: number): void {
    const up = this.upAt(atMs);
    if (up === undefined) return;
    up.endMs = atMs;
    up.silent = silentMs !== undefined;
    up.silentMs = silentMs ?? 0;
    this.#ups.length = this.#ups.indexOf(up) + 1;
    this.#nextStartMs = atMs + downMs;
  }

  #make(): void {
    const random = identityRandom(this.#seed, "weather", this.#name, this.#ups.length);
    const { endsPerHour, lifetimes, downMs, silentShare, silentMs } = this.#spec;
    const startMs = this.#nextStartMs;
    const endMs = endsPerHour > 0 ? startMs + lifetime(lifetimes, HOUR_MS / endsPerHour, random) : Number.POSITIVE_INFINITY;
    const silent = random.chance(silentShare);
    this.#ups.push({ startMs, endMs, silent, silentMs: silent ? within(silentMs, random) : 0 });
    // At least a millisecond down, so that time always goes on.
    this.#nextStartMs = endMs + 1 + random.exponential(downMs);
  }
}

function lifetime(kind: "exponential" | "heavy-tailed", meanMs: number, random: SeededRandom): number {
  if (kind === "exponential") return random.exponential(meanMs);
  // Lomax by inversion; its mean is scale / (shape - 1).
  const scale = meanMs * (LOMAX_SHAPE - 1);
  return scale * ((1 - random.next()) ** (-1 / LOMAX_SHAPE) - 1);
}
