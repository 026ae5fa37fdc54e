import type { Observation } from "../../model/observation.js";

/** Half-lives of evidence, ms. */
export interface HalfLives {
  readonly halfLifeMs: number;
  readonly wrongHalfLifeMs: number;
}

/**
 * Decayed sums of everything seen of one scope. All of them stand at one moment, so that ageing them is one factor; it is
 * applied when something is added, and by the reader ({@link Evidence.weight}) in between.
 */
export class Evidence {
  /** Moment at which the sums stand. */
  atMs = Number.NEGATIVE_INFINITY;
  successes = 0;
  failures = 0;
  launches = 0;
  launchFailures = 0;
  interruptions = 0;
  upHours = 0;
  slowness = 0;
  slownessSum = 0;
  slownessSquares = 0;
  starts = 0;
  startSum = 0;
  startSquares = 0;
  /** Passed checks since the last wrong result (`k`), or over all time for a scope with many nodes. */
  passedChecks = 0;
  allChecks = 0;
  wrongChecks = 0;
  /** Wrong results again, with their own long half-life. */
  wrong = 0;

  readonly #lives: HalfLives;
  #weighedAtMs = Number.NaN;
  #weight = 1;

  constructor(lives: HalfLives) {
    this.#lives = lives;
  }

  /** Factor by which the sums have faded by `nowMs`; 1 before `atMs`. */
  weight(nowMs: number): number {
    // Kept: one decision asks wide scopes thousands of times at the same moment.
    if (nowMs !== this.#weighedAtMs) {
      this.#weighedAtMs = nowMs;
      this.#weight = fade(nowMs - this.atMs, this.#lives.halfLifeMs);
    }
    return this.#weight;
  }

  /** The same for wrong results. */
  wrongWeight(nowMs: number): number {
    return fade(nowMs - this.atMs, this.#lives.wrongHalfLifeMs);
  }

  /**
   * Adds one fact. One that is older than the sums (a store merges several processes) counts as faded already.
   * `forgive` false: a wrong result resets the checks passed so far, as BOINC resets its counter.
   */
  add(observation: Observation, forgive: boolean): void {
    const { atMs } = observation;
    let weight = 1;
    let wrongWeight = 1;
    if (atMs >= this.atMs) this.#ageTo(atMs);
    else {
      weight = fade(this.atMs - atMs, this.#lives.halfLifeMs);
      wrongWeight = fade(this.atMs - atMs, this.#lives.wrongHalfLifeMs);
    }
    switch (observation.kind) {
      case "success":
        if (observation.ok) this.successes += weight;
        else this.failures += weight;
        break;
      case "launch":
        if (!observation.ok) {
          this.launchFailures += weight;
          break;
        }
        this.launches += weight;
        this.starts += weight;
        this.startSum += weight * observation.hours;
        this.startSquares += weight * observation.hours * observation.hours;
        break;
      case "uptime":
        this.upHours += weight * observation.hours;
        if (observation.interrupted) this.interruptions += weight;
        break;
      case "speed":
        this.slowness += weight;
        this.slownessSum += weight * observation.logRatio;
        this.slownessSquares += weight * observation.logRatio * observation.logRatio;
        break;
      case "check":
        this.allChecks += weight;
        if (observation.ok) this.passedChecks += weight;
        else {
          this.wrongChecks += weight;
          this.wrong += wrongWeight;
          if (!forgive) this.passedChecks = 0;
        }
        break;
    }
  }

  #ageTo(nowMs: number): void {
    if (this.atMs === Number.NEGATIVE_INFINITY) {
      this.#standAt(nowMs);
      return;
    }
    const weight = this.weight(nowMs);
    this.wrong *= this.wrongWeight(nowMs);
    this.successes *= weight;
    this.failures *= weight;
    this.launches *= weight;
    this.launchFailures *= weight;
    this.interruptions *= weight;
    this.upHours *= weight;
    this.slowness *= weight;
    this.slownessSum *= weight;
    this.slownessSquares *= weight;
    this.starts *= weight;
    this.startSum *= weight;
    this.startSquares *= weight;
    this.passedChecks *= weight;
    this.allChecks *= weight;
    this.wrongChecks *= weight;
    this.#standAt(nowMs);
  }

  #standAt(nowMs: number): void {
    this.atMs = nowMs;
    this.#weighedAtMs = Number.NaN;
  }
}

const fade = (ageMs: number, halfLifeMs: number): number => (ageMs > 0 ? 2 ** (-ageMs / halfLifeMs) : 1);
