import type { ErrorCode } from "../../model/errors/codes.js";
import { type Range, within } from "../range.js";
import { identityRandom } from "../seeded-random.js";
import { type FaultDecision, type FaultPort, type FaultVerb, PASS } from "./fault-port.js";

/** How often calls of one verb go wrong: probabilities in [0, 1], each 0 by default, together at most 1 `before` and at most 1 `after`. */
export interface CallFaultRates {
  /** Refused at once, nothing happened. */
  readonly refused?: number;
  /** Refused for calling too often, nothing happened. */
  readonly rateLimited?: number;
  /** The request never arrives; the caller sees a timeout of unknown effect. */
  readonly requestLost?: number;
  /** The request arrives late, see {@link CallFaultRates.delayMs}. */
  readonly requestDelayed?: number;
  /** The request arrives twice. */
  readonly duplicated?: number;
  /** No answer until the caller's deadline; the request is lost. */
  readonly hung?: number;
  /** The request takes effect, the answer is lost: a timeout of unknown effect. */
  readonly answerLost?: number;
  /** The answer comes late. */
  readonly answerDelayed?: number;
  /** Length of the delays, ms. Default 100 to 5,000. */
  readonly delayMs?: Range;
  /** Time until a lost request or answer shows as a timeout, ms. Default 1,000 to 10,000. */
  readonly timeoutMs?: Range;
  /** Code of refusals. Default `BACKEND_UNAVAILABLE` with effect `none`. */
  readonly refusedWith?: ErrorCode;
}

/** Rates by verb; `any` holds for verbs that are not named. */
export type FaultRates = Readonly<Partial<Record<FaultVerb | "any", CallFaultRates>>>;

const DELAY_MS: Range = [100, 5_000];
const TIMEOUT_MS: Range = [1_000, 10_000];

/**
 * A port that draws faults at the given rates. Each decision is drawn from (seed, verb, key, how often this verb was
 * called for this key), so that the order of concurrent calls for different keys changes nothing.
 */
export function seededFaults(options: { readonly seed: string; readonly rates: FaultRates }): FaultPort {
  const counts = new Map<string, number>();
  return {
    before(verb, key) {
      const identity = `${verb}/${key}`;
      const count = (counts.get(identity) ?? 0) + 1;
      counts.set(identity, count);
      const rates = options.rates[verb] ?? options.rates.any;
      return rates === undefined ? PASS : drawBefore(rates, options.seed, identity, count);
    },
    after(verb, key) {
      const identity = `${verb}/${key}`;
      const rates = options.rates[verb] ?? options.rates.any;
      return rates === undefined ? PASS : drawAfter(rates, options.seed, identity, counts.get(identity) ?? 0);
    },
  };
}

function drawBefore(rates: CallFaultRates, seed: string, identity: string, count: number): FaultDecision {
  const random = identityRandom(seed, "before", identity, count);
  const length = random.fork("length");
  let left = random.next();
  const hits = (rate: number | undefined): boolean => {
    left -= rate ?? 0;
    return left < 0;
  };
  if (hits(rates.refused))
    return {
      kind: "fail",
      code: rates.refusedWith ?? "BACKEND_UNAVAILABLE",
      effect: "none",
      message: "The simulated backend refuses the connection.",
    };
  if (hits(rates.rateLimited))
    return { kind: "fail", code: "BACKEND_RATE_LIMITED", effect: "none", retryAfterMs: Math.round(length.between(500, 5_000)) };
  if (hits(rates.requestLost))
    return { kind: "fail", code: "BACKEND_TIMEOUT", effect: "unknown", delayMs: within(rates.timeoutMs ?? TIMEOUT_MS, length) };
  if (hits(rates.requestDelayed)) return { kind: "delay", ms: within(rates.delayMs ?? DELAY_MS, length) };
  if (hits(rates.duplicated)) return { kind: "duplicate" };
  if (hits(rates.hung)) return { kind: "hang" };
  return PASS;
}

function drawAfter(rates: CallFaultRates, seed: string, identity: string, count: number): FaultDecision {
  const random = identityRandom(seed, "after", identity, count);
  const length = random.fork("length");
  const draw = random.next();
  const lost = rates.answerLost ?? 0;
  if (draw < lost)
    return { kind: "fail", code: "BACKEND_TIMEOUT", effect: "unknown", delayMs: within(rates.timeoutMs ?? TIMEOUT_MS, length) };
  if (draw < lost + (rates.answerDelayed ?? 0)) return { kind: "delay", ms: within(rates.delayMs ?? DELAY_MS, length) };
  return PASS;
}
