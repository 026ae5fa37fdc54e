import PQueue from "p-queue";

/** Limits on calls of one client. */
export interface ThrottleOptions {
  /** Most requests under way at once. */
  readonly concurrency: number;
  /** Most requests begun in any second; absent: no limit, and then no real timer is used. */
  readonly callsPerSecond?: number;
}

/** Runs work within the limits, in order of arrival. Work that waits is dropped when its signal aborts. */
export type Throttle = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** Makes a throttle. The rate is kept over a sliding window, so that no burst at the edge of two windows exceeds it. */
export function createThrottle(options: ThrottleOptions): Throttle {
  const { concurrency, callsPerSecond } = options;
  const queue = new PQueue(callsPerSecond === undefined ? { concurrency } : { concurrency, strict: true, ...windowFor(callsPerSecond) });
  return (work, signal) => queue.add(work, { signal });
}

/** A whole number of calls in a window: 5 a second stays 5 in 1 s, 0.5 a second becomes 1 in 2 s. */
function windowFor(callsPerSecond: number): { readonly intervalCap: number; readonly interval: number } {
  const intervalCap = Math.max(1, Math.floor(callsPerSecond));
  return { intervalCap, interval: Math.ceil((1000 * intervalCap) / callsPerSecond) };
}
