import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { CallContext } from "../spec/call-context.js";
import { LimitReached } from "./call-limit.js";
import type { ErrorMap } from "./map-error.js";
import { createWire } from "./wire/wire.js";

/** Options of {@link createSdk}. */
export interface SdkOptions {
  /** The backend's id. */
  readonly backend: string;
  /** What the SDK's errors mean. */
  readonly errors: ErrorMap;
  /** Longest time for one try. The call's deadline counts as well. @unit ms @defaultValue 30_000 */
  readonly timeoutMs?: number;
  /** Most tries at once; the others wait in line. @defaultValue 8 @minimum 1 */
  readonly concurrency?: number;
  /** Most tries begun in any one second. Default: no limit. With it real timers are used. */
  readonly callsPerSecond?: number;
  /** How often a read is repeated after a failure that passes by itself. @defaultValue 2 @minimum 0 */
  readonly retries?: number;
  /** Takes secrets out of foreign messages, for SDKs that quote what they were given: `createRedactor().clean`. */
  readonly clean?: (text: string) => string;
}

/**
 * Calls of an SDK under the same rules as `createHttp`: a place in line, a time limit and the call's deadline on the host's clock, prompt aborts
 * with the signal's reason, coded errors with an effect, and the books on what was carried out earlier in the same verb call.
 *
 * Switch the SDK's own retries off for writes: a submit that is repeated by itself is a second machine.
 */
export interface Sdk {
  /** Work that changes nothing; it may be repeated. `doing` completes "could not ...": `describe the jobs`. */
  read<T>(call: CallContext, doing: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Work that may cost money; it is done once, and a failure without a clear refusal has effect `unknown`. */
  write<T>(call: CallContext, doing: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/**
 * Makes the wrapper for one SDK client.
 *
 * @example
 * const sdk = createSdk({ backend: id, errors, callsPerSecond: 5 });
 * const { jobId } = await sdk.write(call, "submit the job", (abortSignal) => batch.send(new SubmitJobCommand(input), { abortSignal }));
 */
export function createSdk(options: SdkOptions): Sdk {
  const wire = createWire({
    backend: options.backend,
    timeoutMs: options.timeoutMs ?? 30_000,
    concurrency: options.concurrency ?? 8,
    retries: options.retries ?? 2,
    ...(options.callsPerSecond === undefined ? {} : { callsPerSecond: options.callsPerSecond }),
  });
  const run = <T>(call: CallContext, doing: string, safe: boolean, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const toError = (thrown: unknown, sent: boolean): SchedulerError => {
      if (thrown instanceof LimitReached) return timeout(options.backend, doing, !safe && sent, thrown.by);
      return options.errors.toError(thrown, {
        backend: options.backend,
        doing,
        safe,
        ...(options.clean === undefined ? {} : { clean: options.clean }),
      });
    };
    return wire.run(call, { safe, what: { doing }, toError }, async (limit, onSend) => {
      onSend();
      return limit.race(work(limit.signal)).catch((error: unknown) => {
        // Told to stop, SDKs throw an error of their own; why they were told is what counts.
        throw limit.signal.aborted ? limit.signal.reason : error;
      });
    });
  };
  return {
    read: (call, doing, work) => run(call, doing, true, work),
    write: (call, doing, work) => run(call, doing, false, work),
  };
}

function timeout(backend: string, doing: string, mayHaveEffect: boolean, by: LimitReached["by"]): SchedulerError {
  const after = mayHaveEffect ? " It is not known whether it was carried out." : "";
  return new SchedulerError(
    "BACKEND_TIMEOUT",
    `${backend} could not ${doing}: no answer before the ${by === "deadline" ? "call's deadline" : "time limit"}.${after}`,
    {
      effect: mayHaveEffect ? "unknown" : "none",
      details: { backend, by },
    },
  );
}
