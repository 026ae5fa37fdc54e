import type { Host } from "../spec/host.js";
import { ClauseFailure } from "./clause.js";

/** Longest step in which virtual time passes while something is awaited: bounds how far the wait overshoots. */
const MOST_STEP_MS = 1_000;

/** Lets time pass, on a real host by waiting and on a virtual one by advancing it. Calls must not overlap. */
export class PassingTime {
  readonly #host: Host;
  readonly #advance: ((ms: number) => Promise<void>) | undefined;

  constructor(host: Host, advance: ((ms: number) => Promise<void>) | undefined) {
    this.#host = host;
    this.#advance = advance;
  }

  /** Hours cost nothing. */
  get isVirtual(): boolean {
    return this.#advance !== undefined;
  }

  async elapse(ms: number): Promise<void> {
    if (this.#advance) return this.#advance(ms);
    await new Promise<void>((resolve) => {
      this.#host.setTimer(ms, resolve, { keepAlive: true });
    });
  }

  /** Waits for the promise, and answers or rejects as it does. Fails when it is still open after `limitMs` of the host's time. */
  async settle<T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> {
    const late = new ClauseFailure(`${what} did not come to an end within ${limitMs} ms.`);
    return this.#advance ? this.#drive(promise, limitMs, late, this.#advance) : this.#race(promise, limitMs, late);
  }

  /** Asks again and again until there is an answer. */
  async until<T>(ask: () => Promise<T | undefined>, options: { limitMs: number; everyMs: number; what: string }): Promise<T> {
    const endMs = this.#host.monotonic() + options.limitMs;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (this.#host.monotonic() >= endMs) throw new ClauseFailure(`${options.what}: not so within ${options.limitMs} ms.`);
      await this.elapse(options.everyMs);
    }
  }

  async #drive<T>(promise: Promise<T>, limitMs: number, late: Error, advance: (ms: number) => Promise<void>): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    await advance(0);
    const endMs = this.#host.monotonic() + limitMs;
    for (let stepMs = 1; !isSettled; stepMs = Math.min(2 * stepMs, MOST_STEP_MS)) {
      const leftMs = endMs - this.#host.monotonic();
      if (leftMs <= 0) throw late;
      await advance(Math.min(stepMs, leftMs));
    }
    return promise;
  }

  async #race<T>(promise: Promise<T>, limitMs: number, late: Error): Promise<T> {
    let timer: { cancel(): void } | undefined;
    const limit = new Promise<never>((_resolve, reject) => {
      timer = this.#host.setTimer(limitMs, () => reject(late), { keepAlive: true });
    });
    return Promise.race([promise, limit]).finally(() => timer?.cancel());
  }
}
