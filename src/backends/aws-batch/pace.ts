import { sleep } from "../../kit/sleep.js";
import type { CallContext } from "../../spec/call-context.js";

/** Keeps calls within a rate, on the host's clock. */
export interface Pace {
  /** Waits until the next call may begin. Rejects with the signal's reason when aborted. */
  wait(call: Pick<CallContext, "signal" | "host">): Promise<void>;
  /** The other side asked for fewer calls: half the rate for a minute. */
  slowDown(host: CallContext["host"]): void;
}

/** Seconds' worth of calls that may come at once after a pause, as other clients of Batch allow. */
const BURST_SECONDS = 4;
const SLOW_FOR_MS = 60_000;

/** A bucket of calls that fills with `callsPerSecond` and holds four seconds' worth. */
export function createPace(callsPerSecond: number): Pace {
  const most = Math.max(1, callsPerSecond * BURST_SECONDS);
  let left = most;
  let asOfMs: number | undefined;
  let slowUntilMs = Number.NEGATIVE_INFINITY;

  const rate = (nowMs: number): number => (nowMs < slowUntilMs ? callsPerSecond / 2 : callsPerSecond);
  return {
    async wait(call) {
      if (call.signal.aborted) throw call.signal.reason;
      const nowMs = call.host.monotonic();
      const passedMs = nowMs - (asOfMs ?? nowMs);
      asOfMs = nowMs;
      left = Math.min(most, left + (passedMs * rate(nowMs)) / 1000) - 1;
      // Below zero: the calls before this one have taken what is to come, in order of arrival.
      if (left < 0) await sleep((-left * 1000) / rate(nowMs), call);
    },
    slowDown(host) {
      const nowMs = host.monotonic();
      slowUntilMs = nowMs + SLOW_FOR_MS;
      left = Math.min(left, 1);
    },
  };
}
