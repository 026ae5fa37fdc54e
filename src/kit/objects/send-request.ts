import type { TransferOptions } from "../../spec/artifact-store.js";
import type { AbortSignalLike } from "../../spec/host.js";
import { type CallLimit, LimitReached, limitCall } from "../call-limit.js";
import { exchange, type OutgoingRequest, RedirectRefused } from "../http/exchange.js";
import { networkFault } from "../http/faults.js";
import { readRetryAfter } from "../http/http-errors.js";
import { discard } from "../http/read-body.js";
import { pause } from "../process/pause.js";
import type { FetchLike } from "../transfer/wire.js";
import { PassingFailure, unavailable } from "./store-errors.js";

/** First wait before a repetition, ms; doubles, up to the longest. Each wait is multiplied by 0.5 to 1.5 at random. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8_000;

/** How a store talks over HTTP. */
export interface StoreWire {
  /** The store's id, for messages. */
  readonly subject: string;
  readonly fetch: FetchLike;
  /** Longest time for one try, from its beginning to the answer's head, or to its end where the body is read at once. */
  readonly timeoutMs: number;
  /** Longest silence while a body is read. */
  readonly idleMs: number;
  /** How often something safe is repeated. */
  readonly retries: number;
}

/** One request and what becomes of its answer. Everything in it must be safe to repeat. */
export interface StoreRequest<T> {
  /** `GET s3://bucket/key`: for messages, so without the query of any URL. */
  readonly what: string;
  /** Called for each try, since a signature grows old. */
  readonly prepare: () => OutgoingRequest | Promise<OutgoingRequest>;
  /** Judges the answer within the try's time. Throw {@link PassingFailure} to have it repeated. */
  readonly use: (response: Response, limit: CallLimit) => Promise<T>;
}

/**
 * Sends a request, again after failures that pass by themselves: failures below HTTP, time-outs, and what `use` says.
 *
 * @throws ARTIFACT_STORE_UNAVAILABLE when they do not pass; the signal's reason on abort; whatever `use` throws.
 */
export async function sendRequest<T>(wire: StoreWire, request: StoreRequest<T>, options: TransferOptions): Promise<T> {
  const { host, signal } = options;
  for (let tries = 1; ; tries++) {
    let passing: PassingFailure;
    try {
      return await tryOnce(wire, request, options);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      passing = passingOf(error, wire);
    }
    if (tries > wire.retries) {
      throw unavailable(wire.subject, `${request.what}: ${passing.message}${tries > 1 ? `, ${tries} times` : ""}.`);
    }
    await pause(host, waitMs(tries, host.random(), passing.retryAfterMs), signal);
  }
}

async function tryOnce<T>(wire: StoreWire, request: StoreRequest<T>, { host, signal }: TransferOptions): Promise<T> {
  const limit = limitCall({ signal: signal ?? NEVER, host, timeoutMs: wire.timeoutMs });
  try {
    const outgoing = await limit.race(Promise.resolve(request.prepare()));
    const response = await exchange(wire.fetch, outgoing, limit, () => undefined);
    return await request.use(response, limit);
  } finally {
    limit.close();
  }
}

/** A signal that is never raised. */
export const NEVER: AbortSignalLike = Object.freeze({
  aborted: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
});

/** Wait before the next try, given how many there were. */
export const waitMs = (tries: number, random: number, retryAfterMs = 0): number =>
  Math.max(retryAfterMs, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.5 + random));

/** What may pass by itself; everything else is thrown as it is. */
export function passingOf(error: unknown, wire: StoreWire): PassingFailure {
  if (error instanceof PassingFailure) return error;
  if (error instanceof LimitReached) return new PassingFailure(`no answer within ${wire.timeoutMs} ms`);
  if (error instanceof RedirectRefused) throw unavailable(wire.subject, `the answer was ${error.message}; it is not followed.`);
  const fault = networkFault(error);
  if (fault !== undefined) return new PassingFailure(fault.what);
  // Node's `fetch` with a cause that is not known here. Everything else is a mistake of ours and must be seen.
  if (error instanceof TypeError && error.message === "fetch failed") return new PassingFailure("the request failed");
  throw error;
}

/** Statuses that pass by themselves. */
export const isPassingStatus = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** The failure for such a status, with the pause that the other side asked for. Lets the body go. */
export function passingStatus(response: Response, nowMs: number): PassingFailure {
  discard(response);
  return new PassingFailure(`the server answered ${response.status}`, readRetryAfter(response.headers.get("retry-after"), nowMs));
}
