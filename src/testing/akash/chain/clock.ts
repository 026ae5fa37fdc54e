import type { Host, TimerHandle } from "../../../spec/host.js";

/** The chain's first block of a simulation. */
const GENESIS_HEIGHT = 24_000_000;

/** Blocks by the host's time, which never goes back. */
export class ChainClock {
  readonly host: Host;
  readonly blockMs: number;
  readonly #startMs: number;

  constructor(host: Host, blockMs: number) {
    this.host = host;
    this.blockMs = blockMs;
    this.#startMs = host.monotonic();
  }

  get height(): number {
    return GENESIS_HEIGHT + Math.floor((this.host.monotonic() - this.#startMs) / this.blockMs);
  }

  /** Until the block of that height is there. */
  msUntil(height: number): number {
    return Math.max(0, (height - GENESIS_HEIGHT) * this.blockMs - (this.host.monotonic() - this.#startMs));
  }

  /** Wall-clock time of a block that is past, ms since 1970. */
  timeOf(height: number): number {
    return this.host.now() - (this.height - height) * this.blockMs;
  }
}

/** Timers of one object, which end together. */
export class Timers {
  readonly #host: Host;
  readonly #armed = new Set<TimerHandle>();

  constructor(host: Host) {
    this.#host = host;
  }

  after(ms: number, then: () => void): TimerHandle {
    const timer = this.#host.setTimer(ms, () => {
      this.#armed.delete(timer);
      then();
    });
    this.#armed.add(timer);
    return timer;
  }

  clear(): void {
    for (const timer of this.#armed) timer.cancel();
    this.#armed.clear();
  }
}
