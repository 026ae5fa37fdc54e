import { sleep } from "../../kit/sleep.js";
import { ERROR_CODES } from "../../model/errors/codes.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { AbortSignalLike } from "../../spec/host.js";
import { type FailDecision, type FaultPort, type FaultVerb, PASS } from "./fault-port.js";

/** A signal that is never aborted: for requests that are on their way and cannot be called back. */
const NEVER_ABORTED: AbortSignalLike = Object.freeze({
  aborted: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
});

/** Verbs that change something at the other side: a lost answer leaves their effect unknown. */
const CHANGING: ReadonlySet<FaultVerb> = new Set<FaultVerb>(["bind", "release", "start"]);

/**
 * Makes one call with the faults that the port decides. `effect` is what the other side does when the request arrives;
 * with a duplicate it runs twice. Every wait uses `call.host` and ends at once when `call.signal` is aborted.
 */
export async function throughFaults<T>(
  port: FaultPort,
  verb: FaultVerb,
  key: string,
  call: CallContext,
  effect: (call: CallContext) => Promise<T>,
): Promise<T> {
  if (call.signal.aborted) throw call.signal.reason;
  const before = port.before(verb, key);
  let arrived = effect;
  switch (before.kind) {
    case "pass":
      break;
    case "duplicate":
      arrived = (context) => twice(effect, context);
      break;
    case "fail":
      return fail(before, verb, call, false);
    case "hang":
      return hang(verb, call);
    case "delay":
      return answer(port, verb, key, call, () => late(before.ms, call, effect));
  }
  return answer(port, verb, key, call, () => arrived(call));
}

/** Lets the request arrive and then decides what becomes of the answer. */
async function answer<T>(port: FaultPort, verb: FaultVerb, key: string, call: CallContext, arrive: () => Promise<T>): Promise<T> {
  const outcome = await arrive().then(
    (value) => ({ ok: true as const, value }),
    (error: unknown) => ({ ok: false as const, error }),
  );
  const after = call.signal.aborted ? PASS : port.after(verb, key);
  if (after.kind === "fail") return fail(after, verb, call, true);
  if (after.kind === "hang") return hang(verb, call);
  if (after.kind === "delay") await sleep(after.ms, call);
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

/** A request that is under way for so long. The caller may give up; the request still arrives if the deadline has not passed. */
function late<T>(ms: number, call: CallContext, effect: (call: CallContext) => Promise<T>): Promise<T> {
  const { host, signal } = call;
  // Durations on the monotonic clock: a jump of the wall clock must not decide whether a request arrives.
  const arrives = ms <= call.deadlineMs - host.now();
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    host.setTimer(ms, () => {
      if (!arrives) {
        signal.removeEventListener("abort", abort);
        reject(new SchedulerError("BACKEND_TIMEOUT", "The simulated request was lost on its way."));
        return;
      }
      effect(signal.aborted ? { ...call, signal: NEVER_ABORTED } : call)
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", abort));
    });
  });
}

/** The request arrives twice at the same time; the caller sees the first answer. */
async function twice<T>(effect: (call: CallContext) => Promise<T>, call: CallContext): Promise<T> {
  const first = effect(call);
  const second = effect(call).catch(() => undefined);
  const value = await first;
  await second;
  return value;
}

async function fail(decision: FailDecision, verb: FaultVerb, call: CallContext, arrived: boolean): Promise<never> {
  if (decision.delayMs !== undefined && decision.delayMs > 0) await sleep(decision.delayMs, call);
  const usual = ERROR_CODES[decision.code].effect;
  const lost = arrived && CHANGING.has(verb);
  throw new SchedulerError(decision.code, decision.message ?? `Simulated fault: ${verb} failed with ${decision.code}.`, {
    effect: decision.effect ?? (lost && usual === "none" ? "unknown" : usual),
    ...(decision.retryAfterMs === undefined ? {} : { details: { retryAfterMs: decision.retryAfterMs } }),
  });
}

async function hang(verb: FaultVerb, call: CallContext): Promise<never> {
  await sleep(call.deadlineMs - call.host.now(), call);
  throw new SchedulerError("BACKEND_TIMEOUT", `Simulated fault: ${verb} was never answered.`);
}
