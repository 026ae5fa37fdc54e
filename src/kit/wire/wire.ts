import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import { type CallLimit, limitCall } from "../call-limit.js";
import { afterEffect } from "./after-effect.js";
import { withRetries } from "./retry.js";
import { createThrottle } from "./throttle.js";

/** Limits of one way to the other side. */
export interface WireOptions {
  /** The backend's id, for log lines. */
  readonly backend: string;
  /** Longest time for one try. @unit ms */
  readonly timeoutMs: number;
  /** Most tries at once; the others wait in line. */
  readonly concurrency: number;
  /** Most tries begun in any one second; absent: no limit, and no real timers. */
  readonly callsPerSecond?: number;
  /** How often safe work is repeated. */
  readonly retries: number;
}

/** One piece of work for the other side. */
export interface WireJob {
  /** It creates and changes nothing that costs money. */
  readonly safe: boolean;
  /** Overrides the wire's. @unit ms */
  readonly timeoutMs?: number;
  /** Never repeat it, though it is safe. */
  readonly once?: boolean;
  /** What it is, for log lines. */
  readonly what: object;
  /** Makes our error of whatever was thrown. `sent`: something had left by then. */
  readonly toError: (thrown: unknown, sent: boolean) => SchedulerError;
}

/**
 * One way to the other side, shared by the HTTP client and the SDK wrapper: a place in line, a time limit, the call's signal and
 * deadline, retries of safe work, and the books on what may have had an effect.
 */
export interface Wire {
  /** @throws the signal's reason, unwrapped, on abort; else what `toError` makes, its effect raised after an earlier effect of the same call. */
  run<T>(call: CallContext, job: WireJob, attempt: (limit: CallLimit, onSend: () => void) => Promise<T>): Promise<T>;
  /** Does something with an answer, under the same rule for effects. */
  settle<T>(call: CallContext, work: () => T): T;
}

export function createWire(options: WireOptions): Wire {
  const throttle = createThrottle(options);
  /** Verb calls in which unsafe work was or may have been carried out. */
  const touched = new WeakSet<CallContext>();

  const tryOnce = async <T>(
    call: CallContext,
    job: WireJob,
    whole: CallLimit,
    attempt: (limit: CallLimit, onSend: () => void) => Promise<T>,
  ): Promise<T> => {
    let sent = false;
    const onSend = (): void => {
      sent = true;
    };
    try {
      return await throttle(async () => {
        const limit = limitCall({ signal: whole.signal, host: call.host, timeoutMs: job.timeoutMs ?? options.timeoutMs });
        try {
          return await attempt(limit, onSend);
        } finally {
          limit.close();
        }
      }, whole.signal);
    } catch (error) {
      throw call.signal.aborted && error === call.signal.reason ? error : job.toError(error, sent);
    }
  };

  return {
    async run(call, job, attempt) {
      const whole = limitCall({ signal: call.signal, host: call.host, deadlineMs: call.deadlineMs });
      const beganMs = call.host.monotonic();
      const log = (message: string, more: object = {}): void =>
        call.logger.debug({ backend: options.backend, ...job.what, tookMs: call.host.monotonic() - beganMs, ...more }, message);
      try {
        const answer = await withRetries(
          () => tryOnce(call, job, whole, attempt),
          job.safe && !job.once ? options.retries : 0,
          call,
          whole,
        );
        if (!job.safe) touched.add(call);
        log("request");
        return answer;
      } catch (error) {
        // Aborts are never wrapped. p-retry turns a reason that is no Error into one, hence the look at the signal.
        if (call.signal.aborted && (error === call.signal.reason || !SchedulerError.isInstance(error))) throw call.signal.reason;
        const failure = job.toError(error, false);
        log("request failed", { code: failure.code });
        const already = touched.has(call);
        if (!job.safe && failure.effect !== "none") touched.add(call);
        throw already ? afterEffect(failure) : failure;
      } finally {
        whole.close();
      }
    },

    settle(call, work) {
      try {
        return work();
      } catch (error) {
        throw SchedulerError.isInstance(error) && touched.has(call) ? afterEffect(error) : error;
      }
    },
  };
}
