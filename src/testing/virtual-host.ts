import { createHash, createHmac } from "node:crypto";
import type { Host, Sha256Stream, TimerHandle } from "../spec/host.js";
import { identityRandom } from "./seeded-random.js";
import { TimerHeap, type VirtualTimer } from "./timer-heap.js";

/** Options of {@link createVirtualHost}. */
export interface VirtualHostOptions {
  /** Everything random on this host follows from it. Default `"0"`. */
  readonly seed?: string;
  /** Wall-clock time at the beginning, ms since 1970. Default 2026-01-01T00:00:00Z. */
  readonly startMs?: number;
  /** Environment variables; nothing is read from the process. Default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Remember where each timer was set, for {@link VirtualHost.pendingTimers}. Slow. Default false. */
  readonly traceTimers?: boolean;
  /**
   * Most timers that may fire without time going on: catches code that polls without waiting. Default 100,000.
   * Beyond it the driving call rejects.
   */
  readonly maxTimersPerInstant?: number;
}

/** A timer that has not fired yet. */
export interface PendingTimer {
  /** From now, ms. */
  readonly inMs: number;
  readonly keepAlive: boolean;
  /** Stack trace of the `setTimer` call; only with `traceTimers`. */
  readonly setAt?: string;
}

/** Limit of a driving call. */
export interface DriveLimit {
  /** Most virtual time to pass, ms. The call rejects when it is not enough. */
  readonly limitMs: number;
}

/**
 * A host on which time passes only when told. Timers fire in order of (due time, creation). Before the first and after
 * each of them everything that can go on without time does: all microtasks and `process.nextTick` callbacks run, however
 * long their chains. Real I/O is not waited for, so code under test must do none if its history is to be replayed.
 *
 * Driving calls (`advance`, `runUntil`, `runAll`, `waitFor`) must not overlap and must not be made from inside a timer;
 * they reject if they are. If a timer's callback throws, the driving call rejects with that error.
 */
export interface VirtualHost extends Host {
  /** Lets so much time pass and fires what falls due. */
  advance(ms: number): Promise<void>;
  /** Fires timers until the predicate holds, checked before the first and after each. Rejects at the limit, or when nothing is left to happen. */
  runUntil(predicate: () => boolean, limit: DriveLimit): Promise<void>;
  /** Fires timers until none is left. Rejects if there still are some at the limit. */
  runAll(limitMs: number): Promise<void>;
  /** Fires timers until the promise settles and answers as it does. Rejects like {@link VirtualHost.runUntil}. */
  waitFor<T>(promise: PromiseLike<T>, limit: DriveLimit): Promise<T>;
  /** Runs everything that can go on without time passing. */
  drain(): Promise<void>;
  /** Moves the wall clock, forwards or back, as an administrator or a leap would. Timers and `monotonic` do not notice. */
  jumpClock(ms: number): void;
  /** Timers that have neither fired nor been cancelled, in the order in which they will fire. */
  pendingTimers(): readonly PendingTimer[];
  /** Virtual time passed since the beginning, ms. Clock jumps not included. */
  readonly elapsedMs: number;
  /** Timers fired so far. */
  readonly firedTimers: number;
}

const DEFAULT_START_MS = Date.UTC(2026, 0, 1);
const ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_TIME_DIGITS = 10;
const ID_COUNTER_DIGITS = 6;
const ID_LENGTH = 26;

/** Makes a {@link VirtualHost}. Two hosts with the same options give the same history to the same program. */
export function createVirtualHost(options: VirtualHostOptions = {}): VirtualHost {
  return new Virtual(options);
}

class Virtual implements VirtualHost {
  readonly #timers = new TimerHeap();
  readonly #env: Readonly<Record<string, string>>;
  readonly #trace: boolean;
  readonly #maxPerInstant: number;
  readonly #numbers;
  readonly #ids;
  readonly #secrets;
  #monotonicMs = 0;
  #wallOffsetMs: number;
  #order = 0;
  #idTimeMs = 0;
  #idCount = 0;
  #fired = 0;
  #firedThisInstant = 0;
  #driving = false;

  constructor(options: VirtualHostOptions) {
    const seed = options.seed ?? "0";
    this.#env = options.env ?? {};
    this.#trace = options.traceTimers ?? false;
    this.#maxPerInstant = options.maxTimersPerInstant ?? 100_000;
    this.#wallOffsetMs = options.startMs ?? DEFAULT_START_MS;
    // Separate streams: asking for one more id must not change the next random number.
    this.#numbers = identityRandom(seed, "host", "random");
    this.#ids = identityRandom(seed, "host", "id");
    this.#secrets = identityRandom(seed, "host", "hex");
  }

  now(): number {
    return this.#monotonicMs + this.#wallOffsetMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  setTimer(delayMs: number, fire: () => void, options?: { readonly keepAlive?: boolean }): TimerHandle {
    if (!Number.isFinite(delayMs)) throw new RangeError(`setTimer needs a finite delay in ms, got ${delayMs}.`);
    const timer: VirtualTimer = {
      dueMs: this.#monotonicMs + Math.max(0, delayMs),
      order: this.#order++,
      fire,
      keepAlive: options?.keepAlive ?? false,
      ...(this.#trace ? { setAt: new Error("timer set here").stack ?? "" } : {}),
      cancelled: false,
    };
    this.#timers.push(timer);
    return {
      cancel: () => {
        // `cancelled` is also set when the timer fires, so a late or second cancel does nothing.
        if (!timer.cancelled) this.#timers.cancel(timer);
      },
    };
  }

  random(): number {
    return this.#numbers.next();
  }

  newId(): string {
    // Ids stay sortable when the wall clock jumps back: time never goes back here, and the counter separates ids of one ms.
    const nowMs = Math.max(this.#idTimeMs, Math.floor(this.now()));
    this.#idCount = nowMs === this.#idTimeMs ? this.#idCount + 1 : 0;
    this.#idTimeMs = nowMs;
    let id = base32(nowMs, ID_TIME_DIGITS) + base32(this.#idCount, ID_COUNTER_DIGITS);
    while (id.length < ID_LENGTH) id += ID_ALPHABET[this.#ids.int(0, 31)];
    return id;
  }

  randomHex(bytes: number): string {
    return this.#secrets.hex(bytes);
  }

  sha256(data: string | Uint8Array): string {
    return createHash("sha256").update(data).digest("hex");
  }

  createSha256(): Sha256Stream {
    const hash = createHash("sha256");
    return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
  }

  hmacSha256(secret: string, data: string): string {
    return createHmac("sha256", secret).update(data).digest("hex");
  }

  env(name: string): string | undefined {
    return Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
  }

  get elapsedMs(): number {
    return this.#monotonicMs;
  }

  get firedTimers(): number {
    return this.#fired;
  }

  pendingTimers(): readonly PendingTimer[] {
    return this.#timers.list().map((timer) => ({
      inMs: timer.dueMs - this.#monotonicMs,
      keepAlive: timer.keepAlive,
      ...(timer.setAt === undefined ? {} : { setAt: timer.setAt }),
    }));
  }

  jumpClock(ms: number): void {
    if (!Number.isFinite(ms)) throw new RangeError(`jumpClock needs a finite number of ms, got ${ms}.`);
    this.#wallOffsetMs += ms;
  }

  async drain(): Promise<void> {
    await turn();
  }

  advance(ms: number): Promise<void> {
    if (!Number.isFinite(ms) || ms < 0) return Promise.reject(new RangeError(`advance needs a number of ms >= 0, got ${ms}.`));
    return this.#drive(async () => {
      const endMs = this.#monotonicMs + ms;
      await turn();
      while (await this.#fireNext(endMs));
      this.#goTo(endMs);
      await turn();
    });
  }

  runUntil(predicate: () => boolean, limit: DriveLimit): Promise<void> {
    return this.#drive(() => this.#until(predicate, limit.limitMs));
  }

  runAll(limitMs: number): Promise<void> {
    return this.#drive(async () => {
      const endMs = this.#monotonicMs + limitMs;
      await turn();
      while (await this.#fireNext(endMs));
      if (this.#timers.size > 0) throw new Error(`Timers are still left after ${limitMs} ms of virtual time: ${this.#describe()}.`);
    });
  }

  waitFor<T>(promise: PromiseLike<T>, limit: DriveLimit): Promise<T> {
    let settled = false;
    const watched = Promise.resolve(promise).finally(() => {
      settled = true;
    });
    // The rejection is handled by whoever awaits the answer below; until then it must not count as unhandled.
    watched.catch(() => undefined);
    return this.#drive(async () => {
      await this.#until(() => settled, limit.limitMs);
      return watched;
    });
  }

  async #until(predicate: () => boolean, limitMs: number): Promise<void> {
    const endMs = this.#monotonicMs + limitMs;
    await turn();
    while (!predicate()) {
      if (await this.#fireNext(endMs)) continue;
      const why = this.#timers.size === 0 ? "nothing is left to happen" : `${limitMs} ms of virtual time were not enough`;
      throw new Error(`The awaited condition does not hold and ${why}: ${this.#describe()}.`);
    }
  }

  /** Fires the next timer that is due by `endMs` and drains. False when there is none. */
  async #fireNext(endMs: number): Promise<boolean> {
    const next = this.#timers.peek();
    if (next === undefined || next.dueMs > endMs) return false;
    this.#timers.pop();
    next.cancelled = true;
    this.#goTo(next.dueMs);
    this.#fired++;
    if (++this.#firedThisInstant > this.#maxPerInstant) {
      throw new Error(`More than ${this.#maxPerInstant} timers fired without time going on: something polls without waiting.`);
    }
    next.fire();
    await turn();
    return true;
  }

  #goTo(ms: number): void {
    if (ms <= this.#monotonicMs) return;
    this.#monotonicMs = ms;
    this.#firedThisInstant = 0;
  }

  async #drive<T>(body: () => Promise<T>): Promise<T> {
    if (this.#driving) throw new Error("The virtual host is being driven already: await one advance, run or waitFor before the next.");
    this.#driving = true;
    try {
      return await body();
    } finally {
      this.#driving = false;
    }
  }

  #describe(): string {
    const next = this.#timers.peek();
    const due =
      next === undefined ? "" : `, the next in ${next.dueMs - this.#monotonicMs} ms${next.setAt === undefined ? "" : ` ${next.setAt}`}`;
    return `${this.#timers.size} pending timers${due}`;
  }
}

/**
 * One turn of the event loop: every microtask and `nextTick` callback runs, including those made on the way. Measured
 * at 1.1 us; `nextTick` alone would take 0.2 us but would not drain chains that go through `nextTick`, as streams do.
 */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function base32(value: number, digits: number): string {
  let text = "";
  let rest = value;
  for (let index = 0; index < digits; index++) {
    text = ID_ALPHABET[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
