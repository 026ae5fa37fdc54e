import type { z } from "zod";
import type { CallContext } from "../../spec/call-context.js";
import type { ErrorVerdict } from "../map-error.js";
import type { HttpAnswer } from "./answer.js";
import type { HeaderValue, QueryValue, RawBody } from "./encode.js";
import type { FailedAnswer } from "./http-errors.js";
import type { LineOptions, SseEvent } from "./streams.js";

/** Options of `createHttp`. */
export interface HttpOptions {
  /** The backend's id: the first word of every message and `details.backend`. */
  readonly backend: string;
  /** `https://api.example.com/v1`: scheme, host and what every path begins with. `http:` is for loopback and trusted networks. */
  readonly baseUrl: string;
  /**
   * Sent with every request. Wrap credentials in `Secret` (or use `bearer`): they are revealed when a request is sent and taken out of every
   * error. A function is asked before each try, so it may renew a token. Default none.
   */
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  /** Where the credential comes from, for the message when it is rejected: "`apiKey` or TINFOIL_API_KEY". */
  readonly credential?: string;
  /** Replaces the platform's fetch, for tests, proxies and recordings. */
  readonly fetch?: typeof globalThis.fetch;
  /** Longest time for one try, head and body together. The call's deadline counts as well. @unit ms @defaultValue 30_000 */
  readonly timeoutMs?: number;
  /** Most requests at once; the others wait in line. @defaultValue 8 @minimum 1 */
  readonly concurrency?: number;
  /**
   * Most requests begun in any one second. May be a fraction. Default: no limit. With it real timers are used, so leave it out in tests
   * on virtual time.
   */
  readonly callsPerSecond?: number;
  /**
   * How often a **safe** request is repeated after a refused or lost connection, a time-out, 408, 429 or 5xx. Requests that
   * may have had an effect are never repeated. @defaultValue 2 @minimum 0
   */
  readonly retries?: number;
  /** Longest body that is read, and longest line of a stream. @unit bytes @defaultValue 10_485_760 */
  readonly maxBytes?: number;
  /** Asked first about every answer that was not accepted; nothing means the default for its status. See `defineErrorMap`. */
  readonly mapError?: (answer: FailedAnswer) => ErrorVerdict | undefined;
  /**
   * Tells the service's own 404 from one of a proxy on the way: an ingress without a backend answers 404 too, and must not be taken
   * for "this lease is gone". A 404 that is accepted but not the service's own is a BACKEND_UNAVAILABLE. Default: every 404 is the service's own.
   */
  readonly isMissing?: (answer: FailedAnswer) => boolean;
  /** Picks the sentence for people out of an error body, for instance `(body) => textAt(body, "message")`. Shortened and redacted. Default: none is shown. */
  readonly errorText?: (body: unknown) => string | undefined;
}

/** Options of one request. */
export interface RequestOptions {
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  /** Statuses from 300 up that are answers and not errors, such as 404 for "gone" or 409 for "exists already". */
  readonly accept?: readonly number[];
  /**
   * The request creates and changes nothing that costs money, so it may be repeated and its errors have effect `none`. Default: true for
   * GET and HEAD. Set it for a POST that only asks, or for one whose repetition is harmless.
   */
  readonly safe?: boolean;
  /** Overrides the client's. @unit ms */
  readonly timeoutMs?: number;
  /** Overrides the client's. @unit bytes */
  readonly maxBytes?: number;
}

/** {@link RequestOptions} of a request with a body. */
export interface BodyOptions extends RequestOptions {
  /** Sent as JSON. Any `Secret` in it is sent with its value, and taken out of errors. */
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: RawBody;
}

/** Options of a request whose body is read while it comes. */
export interface StreamOptions extends Omit<BodyOptions, "accept" | "maxBytes">, LineOptions {
  /** Default GET. */
  readonly method?: "GET" | "POST";
}

/** An answer on its way. `await` it, or say right away what it must look like. */
export interface PendingAnswer extends Promise<HttpAnswer> {
  /** The checked body. @throws BACKEND_RESPONSE_INVALID besides everything the request itself throws. */
  json<S extends z.ZodType>(schema: S): Promise<z.output<S>>;
}

/**
 * JSON over HTTP for one service. Every method rejects with a SchedulerError whose code and effect the engine can act on:
 *
 * | what happened | code | effect of an unsafe request |
 * |---|---|---|
 * | connection refused, unknown host, TLS failure | BACKEND_UNAVAILABLE | none |
 * | connection lost after sending | BACKEND_UNAVAILABLE | unknown |
 * | time-out, deadline, 408, 504 | BACKEND_TIMEOUT | unknown (none if it still waited in line) |
 * | 401, 403, 407 | BACKEND_AUTH_FAILED | none |
 * | 402 | INSUFFICIENT_FUNDS | none |
 * | 429 | BACKEND_RATE_LIMITED with `details.retryAfterMs` | none |
 * | other 4xx, 404 and 409 unless accepted | BACKEND_REJECTED with `details.status` | none |
 * | 5xx | BACKEND_UNAVAILABLE | unknown |
 * | 2xx of the wrong form, or too long | BACKEND_RESPONSE_INVALID | unknown |
 *
 * Safe requests have effect `none`, with one exception: once an unsafe request of the same verb call was carried out, every later error of that
 * call says at least `unknown`, so that a failed read after a successful order is never taken for "nothing happened".
 *
 * An abort rejects promptly with the signal's reason, unwrapped.
 */
export interface Http {
  /** Safe: may be repeated. */
  get(call: CallContext, path: string, options?: RequestOptions): PendingAnswer;
  /** Unsafe: sent once. */
  post(call: CallContext, path: string, options?: BodyOptions): PendingAnswer;
  /** Unsafe unless marked safe: sent once. */
  put(call: CallContext, path: string, options?: BodyOptions): PendingAnswer;
  /** Unsafe: sent once. */
  patch(call: CallContext, path: string, options?: BodyOptions): PendingAnswer;
  /** Unsafe unless marked safe: sent once. */
  delete(call: CallContext, path: string, options?: BodyOptions): PendingAnswer;
  /** GET, checked; `undefined` on 404. */
  lookUp<S extends z.ZodType>(call: CallContext, path: string, schema: S, options?: RequestOptions): Promise<z.output<S> | undefined>;
  /** Server-sent events, until the stream or its silence ends. Time-out and deadline apply to the head only. */
  sse(call: CallContext, path: string, options?: StreamOptions): AsyncIterable<SseEvent>;
  /** Lines of text, without their ends. */
  lines(call: CallContext, path: string, options?: StreamOptions): AsyncIterable<string>;
  /** One checked JSON value for each line that is not empty. */
  ndjson<S extends z.ZodType>(call: CallContext, path: string, schema: S, options?: StreamOptions): AsyncIterable<z.output<S>>;
  /** The body as it comes. Silence is a BACKEND_TIMEOUT here unless `idle` says otherwise: half a file is no file. */
  bytes(call: CallContext, path: string, options?: StreamOptions): AsyncIterable<Uint8Array>;
}
