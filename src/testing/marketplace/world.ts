import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Host } from "../../spec/host.js";

/**
 * The market's own time: ms since the first call, on the host's monotonic clock. The physics of the market (deaths,
 * prices, work) must not notice when somebody sets the caller's wall clock.
 */
export class World {
  #host: Host | undefined;
  #originMs = 0;

  /** Takes note of the host of a call. The first one starts the world's time. */
  enter(host: Host): void {
    if (this.#host === undefined) this.#originMs = host.monotonic();
    this.#host = host;
  }

  /** The world's time; 0 before the first call. */
  now(): number {
    return this.#host === undefined ? 0 : this.#host.monotonic() - this.#originMs;
  }

  /** A moment of the world as wall-clock time of the caller, as an adapter to a real market would translate it. */
  toWallMs(atMs: number): number {
    return this.host.now() + (atMs - this.now());
  }

  get host(): Host {
    if (this.#host === undefined) throw new SchedulerError("INVARIANT_BROKEN", "The simulated market has no time before its first call.");
    return this.#host;
  }

  /** Starts again at 0 with the next call. */
  reset(): void {
    this.#host = undefined;
  }
}
