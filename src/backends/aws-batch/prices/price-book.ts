import { LRUCache } from "lru-cache";
import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { CallContext } from "../../../spec/call-context.js";
import type { ResolvedQueue } from "../queue-options.js";
import { raceSignal } from "../race-signal.js";
import { type PriceLookup, type PriceQuery, permissionFor, queryFor, textOf } from "./lookup.js";
import { configuredRates, priceOptions, type Rates, unpriced } from "./rates.js";

/** Knows what queues cost. */
export interface PriceBook {
  /**
   * Rates of a queue: looked up where that is possible and wanted, from memory while they are fresh, and else as they were configured. The
   * source says which.
   *
   * @throws DEPENDENCY_MISSING when the SDK for looking up is not installed, whatever is configured; else the look-up's error, where nothing is configured.
   */
  ratesOf(queue: ResolvedQueue, call: CallContext): Promise<Rates>;
  close(): void;
}

/** How long prices are used. */
export interface PriceAges {
  /** From memory without asking. @unit ms */
  readonly refreshMs: number;
  /** From memory while asking fails. @unit ms */
  readonly staleMs: number;
}

/** Prices that are remembered: far more than one backend has queues. */
const REMEMBERED = 500;
/** After a failed look-up nobody is asked for so long. */
const RETRY_MS = 300_000;

interface Known {
  readonly rates: Rates;
  readonly atMs: number;
}

/** The book of a backend that uses configured prices only. @throws INVALID_CONFIG for a queue without one. */
export function configuredPrices(queues: readonly ResolvedQueue[], region: string): PriceBook {
  for (const queue of queues) if (configuredRates(queue, region) === undefined) throw unpriced(queue);
  return {
    async ratesOf(queue) {
      const rates = configuredRates(queue, region);
      if (rates === undefined) throw unpriced(queue);
      return rates;
    },
    close: () => undefined,
  };
}

/** The book of a backend that looks prices up. @throws INVALID_CONFIG for a queue whose price is neither configured nor to be looked up. */
export function lookedUpPrices(
  id: string,
  { queues, region, ages }: { readonly queues: readonly ResolvedQueue[]; readonly region: string; readonly ages: PriceAges },
  lookup: PriceLookup,
): PriceBook {
  for (const queue of queues) if (queryFor(queue) === undefined && configuredRates(queue, region) === undefined) throw unpriced(queue);
  const known = new LRUCache<string, Known>({ max: REMEMBERED });
  const failed = new LRUCache<string, { readonly error: SchedulerError; readonly atMs: number }>({ max: REMEMBERED });
  const underWay = new Map<string, Promise<Rates>>();

  /** Remembers what came of it, except where the caller gave up or has to act first. */
  async function askAmazon(key: string, query: PriceQuery, call: CallContext): Promise<Rates> {
    try {
      const rates = await lookup.ask(query, call);
      known.set(key, { rates, atMs: call.host.monotonic() });
      failed.delete(key);
      return rates;
    } catch (error) {
      if (call.signal.aborted || !SchedulerError.isInstance(error) || error.code === "DEPENDENCY_MISSING") throw error;
      failed.set(key, { error, atMs: call.host.monotonic() });
      call.logger.warn({ backend: id, price: key, code: error.code }, "a price could not be looked up");
      throw error;
    } finally {
      underWay.delete(key);
    }
  }

  /** Asks once for everybody who waits. The failure is an answer while it stands. */
  async function ask(query: PriceQuery, call: CallContext): Promise<Rates | SchedulerError> {
    const key = textOf(query);
    const failureNow = (): SchedulerError | undefined => {
      const failure = failed.get(key);
      return failure !== undefined && call.host.monotonic() - failure.atMs < RETRY_MS ? failure.error : undefined;
    };
    const failure = failureNow();
    if (failure !== undefined) return failure;
    const other = underWay.get(key);
    const asking = other ?? askAmazon(key, query, call);
    if (other === undefined) underWay.set(key, asking);
    try {
      return await raceSignal(asking, call.signal);
    } catch (error) {
      if (call.signal.aborted) throw error;
      const stands = failureNow();
      if (stands !== undefined) return stands;
      // The other one gave up: this call asks for itself.
      if (other === undefined) throw error;
      return ask(query, call);
    }
  }

  return {
    async ratesOf(queue, call) {
      const configured = configuredRates(queue, region);
      const query = queryFor(queue);
      if (query === undefined) {
        if (configured === undefined) throw unpriced(queue);
        return configured;
      }
      const last = known.get(textOf(query));
      const ageMs = last === undefined ? Number.POSITIVE_INFINITY : call.host.monotonic() - last.atMs;
      if (last !== undefined && ageMs < ages.refreshMs) return last.rates;
      const answer = await ask(query, call);
      if (!SchedulerError.isInstance(answer)) return answer;
      if (last !== undefined && ageMs < ages.staleMs) return { ...last.rates, source: `${last.rates.source}; not renewed: ${answer.code}` };
      if (configured !== undefined) return { ...configured, source: `${configured.source}; not looked up: ${answer.code}` };
      throw explained(answer, query, queue);
    },
    close: () => lookup.close(),
  };
}

/** The same error with what to do about it. */
function explained(error: SchedulerError, query: PriceQuery, queue: ResolvedQueue): SchedulerError {
  const allow = error.code === "BACKEND_AUTH_FAILED" ? `Allow ${permissionFor(query)}, or state` : "State";
  return new SchedulerError(
    error.code,
    `${error.message} ${allow} ${priceOptions(queue)} of the queue "${queue.queue}" for when it cannot be looked up.`,
    { retry: error.retry, effect: "none", details: error.details, cause: error.cause },
  );
}
