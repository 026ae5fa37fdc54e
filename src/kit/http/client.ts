import type { z } from "zod";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import { type CallLimit, limitCall } from "../call-limit.js";
import { createRedactor } from "../redact.js";
import { createAnswer, type HttpAnswer } from "./answer.js";
import { carriesCredentials, encodeHeaders, encodeJson, encodeUrl } from "./encode.js";
import { exchange, type OutgoingRequest } from "./exchange.js";
import { afterEffect, failureError, type RequestFacts, statusError } from "./http-errors.js";
import type { BodyOptions, HttpOptions, StreamOptions } from "./http-options.js";
import { readBody } from "./read-body.js";
import { readStream } from "./read-stream.js";
import { withRetries } from "./retry.js";
import type { LineLimit } from "./streams.js";
import { createThrottle } from "./throttle.js";

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_CONCURRENCY = 8;
const DEFAULT_RETRIES = 2;
const DEFAULT_MAX_BYTES = 10 * 1024 * 1024;

/** The engine room of `createHttp`. Internal to kit/http. */
export interface Client {
  request(method: string, call: CallContext, path: string, options: BodyOptions): Promise<HttpAnswer>;
  /** Checks a body within a call, with the call's effects so far taken into account. */
  settle<S extends z.ZodType>(call: CallContext, json: HttpAnswer["json"], schema: S): z.output<S>;
  stream(call: CallContext, path: string, options: StreamOptions): AsyncGenerator<Uint8Array, void, undefined>;
  lineLimit(path: string): LineLimit;
}

interface Job {
  readonly facts: RequestFacts;
  readonly request: () => Promise<OutgoingRequest>;
  readonly call: CallContext;
  readonly limit: CallLimit;
  readonly timeoutMs: number;
}

export function createClient(config: HttpOptions & { readonly base: URL }): Client {
  const fetch: typeof globalThis.fetch = config.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const throttle = createThrottle({
    concurrency: config.concurrency ?? DEFAULT_CONCURRENCY,
    ...(config.callsPerSecond === undefined ? {} : { callsPerSecond: config.callsPerSecond }),
  });
  const credentials = carriesCredentials(config.headers ?? {});
  /** Verb calls in which an unsafe request was or may have been carried out. */
  const touched = new WeakSet<CallContext>();

  const prepare = (
    method: string,
    call: CallContext,
    path: string,
    options: BodyOptions & { readonly timeoutMs?: number },
    limit: CallLimit,
  ): Job => {
    const redactor = createRedactor();
    const facts: RequestFacts = {
      backend: config.backend,
      method,
      path,
      safe: options.safe ?? (method === "GET" || method === "HEAD"),
      redactor,
      ...(config.credential === undefined ? {} : { credential: config.credential }),
    };
    return {
      facts,
      call,
      limit,
      timeoutMs: options.timeoutMs ?? config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      async request() {
        const json = options.raw === undefined && options.body !== undefined;
        const body = options.raw?.data ?? (json ? encodeJson(options.body, redactor) : undefined);
        const contentType = options.raw?.contentType ?? (json ? "application/json" : undefined);
        const headers = {
          accept: "application/json",
          ...(contentType === undefined ? {} : { "content-type": contentType }),
          ...config.headers,
          ...options.headers,
        };
        return {
          method,
          url: encodeUrl(config.base, path, options.query ?? {}, redactor),
          headers: await encodeHeaders(headers, call, redactor),
          credentials: credentials || carriesCredentials(options.headers ?? {}),
          ...(body === undefined ? {} : { body }),
        };
      },
    };
  };

  /** One try: waits in line, sends, hands the response over, and turns whatever goes wrong into our error. */
  const attempt = async <T>(job: Job, use: (response: Response, limit: CallLimit) => Promise<T>): Promise<T> => {
    let sent = false;
    const { call, facts } = job;
    try {
      return await throttle(async () => {
        const limit = limitCall({ signal: job.limit.signal, host: call.host, timeoutMs: job.timeoutMs });
        try {
          const request = await limit.race(job.request());
          const response = await exchange(fetch, request, limit, () => {
            sent = true;
          });
          return await use(response, limit);
        } finally {
          limit.close();
        }
      }, job.limit.signal);
    } catch (error) {
      throw call.signal.aborted && error === call.signal.reason ? error : failureError(facts, error, sent);
    }
  };

  /** Runs a request's tries under the call's signal and deadline, and keeps the books on effects. */
  const run = async <T>(
    method: string,
    call: CallContext,
    path: string,
    options: BodyOptions,
    use: (job: Job) => Promise<T>,
  ): Promise<T> => {
    const limit = limitCall({ signal: call.signal, host: call.host, deadlineMs: call.deadlineMs });
    const job = prepare(method, call, path, options, limit);
    const beganMs = call.host.monotonic();
    try {
      const answer = await use(job);
      if (!job.facts.safe) touched.add(call);
      call.logger.debug({ backend: config.backend, method, path, tookMs: call.host.monotonic() - beganMs }, "http request");
      return answer;
    } catch (error) {
      // Aborts are never wrapped. p-retry turns a reason that is no Error into one, hence the look at the signal.
      if (call.signal.aborted && !SchedulerError.isInstance(error)) throw call.signal.reason;
      const failure = failureError(job.facts, error, false);
      call.logger.debug(
        { backend: config.backend, method, path, tookMs: call.host.monotonic() - beganMs, code: failure.code },
        "http request failed",
      );
      const already = touched.has(call);
      if (!job.facts.safe && failure.effect !== "none") touched.add(call);
      throw already ? afterEffect(failure) : failure;
    } finally {
      limit.close();
    }
  };

  const checkStatus = async (
    job: Job,
    response: Response,
    accept: readonly number[],
    maxBytes: number,
    limit: CallLimit,
  ): Promise<string> => {
    const { status, headers } = response;
    const text = await readBody(response, maxBytes, limit.race);
    if (response.ok || accept.includes(status)) return text;
    throw statusError(
      job.facts,
      { status, headers, text },
      {
        nowMs: job.call.host.now(),
        ...(config.mapError === undefined ? {} : { mapError: config.mapError }),
        ...(config.errorText === undefined ? {} : { errorText: config.errorText }),
      },
    );
  };

  return {
    request: (method, call, path, options) =>
      run(method, call, path, options, (job) =>
        withRetries(
          () =>
            attempt(job, async (response, limit) => {
              const text = await checkStatus(
                job,
                response,
                options.accept ?? [],
                options.maxBytes ?? config.maxBytes ?? DEFAULT_MAX_BYTES,
                limit,
              );
              return createAnswer(response.status, response.headers, text, job.facts);
            }),
          job.facts.safe ? (config.retries ?? DEFAULT_RETRIES) : 0,
          call,
          job.limit,
        ),
      ),

    settle(call, json, schema) {
      try {
        return json(schema);
      } catch (error) {
        throw SchedulerError.isInstance(error) && touched.has(call) ? afterEffect(error) : error;
      }
    },

    async *stream(call, path, options) {
      const { response, facts } = await run(options.method ?? "GET", call, path, options, async (job) => ({
        facts: job.facts,
        response: await attempt(job, async (head, limit) => {
          if (!head.ok) await checkStatus(job, head, [], DEFAULT_MAX_BYTES, limit);
          return head;
        }),
      }));
      yield* readStream(response, call, options, facts);
    },

    lineLimit: (path) => ({ backend: config.backend, method: "GET", path, safe: true, maxLength: config.maxBytes ?? DEFAULT_MAX_BYTES }),
  };
}
