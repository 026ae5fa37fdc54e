import type { AbortSignalLike, Host } from "../spec/host.js";
import { listenForAbort } from "./listen-for-abort.js";

/** Timers longer than this are not set: 2^31 - 1 ms, the longest that platform timers take (24.8 days). */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Which of a {@link CallLimit}'s limits has passed. Internal to the kit: callers see BACKEND_TIMEOUT. */
export class LimitReached extends Error {
  readonly by: "deadline" | "timeout";

  constructor(by: "deadline" | "timeout") {
    super(by === "deadline" ? "the call's deadline passed" : "the time limit passed");
    this.by = by;
  }
}

/** Everything that may end a wait, as one signal. */
export interface CallLimit {
  /** A platform signal, for `fetch` and SDKs. Its reason is the caller's, or a {@link LimitReached}. */
  readonly signal: AbortSignal;
  /** Waits for the work, or rejects with the signal's reason as soon as it aborts, whether or not the work notices. */
  race<T>(work: PromiseLike<T>): Promise<T>;
  /** Time left until the deadline or time-out, ms; infinite without one. */
  leftMs(): number;
  /** Removes listeners and timers. Idempotent; must be called. */
  close(): void;
}

export interface CallLimitOptions {
  readonly signal: AbortSignalLike;
  readonly host: Pick<Host, "now" | "monotonic" | "setTimer">;
  /** Wall-clock ms since 1970. */
  readonly deadlineMs?: number;
  /** From now. */
  readonly timeoutMs?: number;
}

/** Composes the caller's signal, its deadline and a time-out. Timers run on the host only. */
export function limitCall(options: CallLimitOptions): CallLimit {
  const { signal, host } = options;
  const controller = new AbortController();
  const beganMs = host.monotonic();
  const untilDeadlineMs = options.deadlineMs === undefined ? Number.POSITIVE_INFINITY : options.deadlineMs - host.now();
  const untilTimeoutMs = options.timeoutMs ?? Number.POSITIVE_INFINITY;
  const by = untilDeadlineMs <= untilTimeoutMs ? "deadline" : "timeout";
  const allMs = Math.min(untilDeadlineMs, untilTimeoutMs);

  const onAbort = (): void => controller.abort(signal.reason);
  const onLimit = (): void => controller.abort(new LimitReached(by));
  let close = (): void => undefined;
  if (signal.aborted) onAbort();
  else if (allMs <= 0) onLimit();
  else {
    const stopListening = listenForAbort(signal, onAbort);
    const timer = allMs <= LONGEST_TIMER_MS ? host.setTimer(allMs, onLimit) : undefined;
    close = () => {
      stopListening();
      timer?.cancel();
    };
  }
  return {
    signal: controller.signal,
    race: (work) => raceAbort(controller.signal, work),
    leftMs: () => allMs - (host.monotonic() - beganMs),
    close: () => close(),
  };
}

/** The work's answer, or the signal's reason, whichever comes first. */
function raceAbort<T>(signal: AbortSignal, work: PromiseLike<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    let done = (): void => undefined;
    // Both handlers are attached even when the race is lost already, so that the work can never become an unhandled rejection.
    work.then(
      (value) => {
        done();
        resolve(value);
      },
      (error: unknown) => {
        done();
        reject(error);
      },
    );
    if (signal.aborted) onAbort();
    else done = listenForAbort(signal, onAbort);
  });
}
