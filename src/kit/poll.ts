import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { CallContext } from "../spec/call-context.js";
import { sleep } from "./sleep.js";

/** Options of {@link poll}. */
export interface PollOptions {
  /** The backend's id, for messages. */
  readonly backend: string;
  /** `bids`: completes the sentence "waited for ...". */
  readonly what: string;
  /** First wait between two questions. @unit ms @defaultValue 1_000 */
  readonly everyMs?: number;
  /** Each wait is so many times the one before. @defaultValue 1.5 @minimum 1 */
  readonly factor?: number;
  /** @unit ms @defaultValue 10_000 */
  readonly maxEveryMs?: number;
  /** Stop after this time and answer `undefined`: a bid window that closes is no failure. Default: only the call's deadline ends it. @unit ms */
  readonly forMs?: number;
  /** Spread of the waits, as a share: 0.2 makes each 0.8 to 1.2 times as long. @defaultValue 0.2 */
  readonly jitter?: number;
}

/**
 * Asks until the answer is not `undefined`. Asks at once, then in growing intervals on the host's clock, and once more at the very
 * end of `forMs`. What `ask` throws ends it.
 *
 * @returns the answer, or `undefined` when `forMs` has passed.
 * @throws BACKEND_TIMEOUT with effect `unknown` once the next question would come after the call's deadline.
 * @throws the signal's reason, promptly, on abort.
 */
export async function poll<T>(call: CallContext, ask: () => Promise<T | undefined>, options: PollOptions): Promise<T | undefined> {
  const { host } = call;
  const jitter = options.jitter ?? 0.2;
  const maxEveryMs = options.maxEveryMs ?? 10_000;
  const endMs = host.monotonic() + (options.forMs ?? Number.POSITIVE_INFINITY);
  let everyMs = Math.min(options.everyMs ?? 1_000, maxEveryMs);
  while (true) {
    if (call.signal.aborted) throw call.signal.reason;
    const answer = await ask();
    if (answer !== undefined) return answer;
    const leftMs = endMs - host.monotonic();
    if (leftMs <= 0) return undefined;
    const waitMs = Math.min(leftMs, everyMs * (1 + jitter * (2 * host.random() - 1)));
    if (host.now() + waitMs >= call.deadlineMs) {
      throw new SchedulerError(
        "BACKEND_TIMEOUT",
        `${options.backend}: waited for ${options.what} until the call's deadline, and they did not come.`,
        {
          details: { backend: options.backend },
        },
      );
    }
    await sleep(waitMs, call);
    everyMs = Math.min(maxEveryMs, everyMs * Math.max(1, options.factor ?? 1.5));
  }
}
