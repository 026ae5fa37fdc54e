import pRetry from "p-retry";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { CallLimit } from "../call-limit.js";
import { sleep } from "../sleep.js";

/** First wait, ms; doubles with each retry. Between the SDKs' usual 100 ms and a second: gentle, yet inside short deadlines. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8_000;

/**
 * Repeats safe work after failures that pass by themselves. Waits 250 ms, 500 ms, ... up to 8 s, each times 0.5 to 1.5 at random, or as
 * long as Retry-After says. Gives up at once when the wait would not fit before the limit.
 *
 * p-retry counts; the waiting is done on the host's clock, so that retries work on virtual time.
 */
export async function withRetries<T>(work: () => Promise<T>, retries: number, call: CallContext, limit: CallLimit): Promise<T> {
  if (retries === 0) return work();
  let gaveUp: unknown;
  return pRetry(work, {
    retries,
    // No timers of p-retry's own.
    minTimeout: 0,
    shouldRetry: () => gaveUp === undefined,
    onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
      const waitMs = waitFor(error, attemptNumber, call.host.random());
      if (retriesLeft === 0) return;
      if (limit.signal.aborted || waitMs === undefined || waitMs >= limit.leftMs()) gaveUp = error;
      else await sleep(waitMs, { signal: limit.signal, host: call.host });
    },
  });
}

function waitFor(error: unknown, tries: number, random: number): number | undefined {
  if (!SchedulerError.isInstance(error)) return undefined;
  const passing = error.code === "BACKEND_UNAVAILABLE" || error.code === "BACKEND_TIMEOUT" || error.code === "BACKEND_RATE_LIMITED";
  if (!passing) return undefined;
  const backoffMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.5 + random);
  return Math.max(backoffMs, error.details.retryAfterMs ?? 0);
}
