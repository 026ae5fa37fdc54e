import type { Fault, FaultControl, FaultyVerb } from "../../../src/conformance/backend/index.js";
import { FAULTS } from "../../../src/conformance/backend/index.js";
import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";
import type { CallContext } from "../../../src/spec/call-context.js";

/** How long a request and its answer are on their way, ms each. */
const LATENCY_MS = 20;
/** How long a client waits for an answer, ms. */
const PATIENCE_MS = 10_000;
const SLOW_MS = 60_000;

/** Faults to order, for the requests between the reference backend and its service. */
export class WireFaults implements FaultControl {
  readonly supported = FAULTS;
  #fault: Fault | undefined;
  #verb: FaultyVerb | undefined;
  #left = 0;

  readonly inject = (fault: Fault, verb?: FaultyVerb, times = 1): void => {
    this.#fault = fault;
    this.#verb = verb;
    this.#left = times;
  };

  readonly clear = (): void => {
    this.#left = 0;
  };

  take(verb: FaultyVerb): Fault | undefined {
    if (this.#left <= 0 || (this.#verb !== undefined && this.#verb !== verb)) return undefined;
    this.#left -= 1;
    return this.#fault;
  }
}

/** Waits on the call's host. Rejects with the signal's reason as soon as it is aborted. */
export function wait(ms: number, { host, signal }: Pick<CallContext, "host" | "signal">): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = host.setTimer(ms, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

/**
 * Sends one request and waits for the answer. `handle` is what the service does with it; `undefined` means that it refuses
 * the request. `isSafe`: it changes nothing, so that a failure has no effect.
 */
export async function send<T>(faults: WireFaults, verb: FaultyVerb, call: CallContext, isSafe: boolean, handle: () => T): Promise<T> {
  const fault = faults.take(verb);
  const effect = isSafe ? "none" : "unknown";
  await wait(LATENCY_MS, call);
  switch (fault) {
    case "request-lost":
      return timedOut(call, effect);
    case "unauthorized":
      throw new SchedulerError("BACKEND_AUTH_FAILED", "The reference service refused the credentials: check REFERENCE_KEY.");
    case "rate-limited":
      throw new SchedulerError("BACKEND_RATE_LIMITED", "The reference service asks for fewer calls.", { details: { retryAfterMs: 1_500 } });
    case "server-error":
      throw unavailable(effect);
    default:
  }
  const answer = handle();
  if (fault === "answer-lost") return timedOut(call, effect);
  if (fault === "server-error-after-effect") throw unavailable(effect);
  await wait(fault === "slow" ? SLOW_MS : LATENCY_MS, call);
  if (fault === "malformed")
    throw new SchedulerError("BACKEND_RESPONSE_INVALID", "The reference service's answer cannot be read.", { effect });
  return answer;
}

const unavailable = (effect: "none" | "unknown"): SchedulerError =>
  new SchedulerError("BACKEND_UNAVAILABLE", "The reference service answered with a server error.", { effect });

async function timedOut(call: CallContext, effect: "none" | "unknown"): Promise<never> {
  await wait(PATIENCE_MS, call);
  throw new SchedulerError("BACKEND_TIMEOUT", "The reference service did not answer.", { effect });
}
