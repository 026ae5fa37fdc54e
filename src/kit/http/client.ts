import type { z } from "zod";
import type { CallContext } from "../../spec/call-context.js";
import type { CallLimit } from "../call-limit.js";
import { createRedactor } from "../redact.js";
import { createWire, type WireJob } from "../wire/wire.js";
import { createAnswer, type HttpAnswer } from "./answer.js";
import { carriesCredentials, encodeHeaders, encodeJson, encodeUrl } from "./encode.js";
import { exchange, type OutgoingRequest } from "./exchange.js";
import { failedAnswer, failureError, type RequestFacts, statusError, strange404Error } from "./http-errors.js";
import type { BodyOptions, HttpOptions, StreamOptions } from "./http-options.js";
import { readBody } from "./read-body.js";
import { readStream } from "./read-stream.js";
import type { LineLimit } from "./streams.js";

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

export function createClient(config: HttpOptions & { readonly base: URL }): Client {
  const fetch: typeof globalThis.fetch = config.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const wire = createWire({
    backend: config.backend,
    timeoutMs: config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    concurrency: config.concurrency ?? DEFAULT_CONCURRENCY,
    retries: config.retries ?? DEFAULT_RETRIES,
    ...(config.callsPerSecond === undefined ? {} : { callsPerSecond: config.callsPerSecond }),
  });
  const credentials = carriesCredentials(config.headers ?? {});
  const factsOf = (method: string, path: string, options: BodyOptions): RequestFacts => ({
    backend: config.backend,
    method,
    path,
    safe: options.safe ?? (method === "GET" || method === "HEAD"),
    redactor: createRedactor(),
    ...(config.credential === undefined ? {} : { credential: config.credential }),
  });

  /** Everything is resolved and opened as late as here, for one try. */
  const prepare = async ({ method, path, redactor }: RequestFacts, call: CallContext, options: BodyOptions): Promise<OutgoingRequest> => {
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
  };

  /** Sends a request and uses its response, as often as the rules allow. */
  const send = <T>(
    facts: RequestFacts,
    call: CallContext,
    options: BodyOptions & { readonly once?: boolean },
    use: (response: Response, limit: CallLimit) => Promise<T>,
  ): Promise<T> => {
    const job: WireJob = {
      safe: facts.safe,
      what: { method: facts.method, path: facts.path },
      toError: (thrown, sent) => failureError(facts, thrown, sent),
      ...(options.once === undefined ? {} : { once: options.once }),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    };
    return wire.run(call, job, async (limit, onSend) => {
      const request = await limit.race(prepare(facts, call, options));
      return use(await exchange(fetch, request, limit, onSend), limit);
    });
  };

  /** The body, if the status is a success or accepted. */
  const checkStatus = async (
    facts: RequestFacts,
    call: CallContext,
    response: Response,
    accept: readonly number[],
    maxBytes: number,
    limit: CallLimit,
  ): Promise<string> => {
    const text = await readBody(response, maxBytes, limit.race);
    if (response.ok) return text;
    const answer = failedAnswer(facts, response, text);
    const accepted = accept.includes(response.status);
    if (accepted && (response.status !== 404 || config.isMissing === undefined || config.isMissing(answer))) return text;
    throw accepted ? strange404Error(facts) : statusError(facts, answer, { ...config, nowMs: call.host.now() });
  };

  return {
    request(method, call, path, options) {
      const facts = factsOf(method, path, options);
      const maxBytes = options.maxBytes ?? config.maxBytes ?? DEFAULT_MAX_BYTES;
      return send(facts, call, options, async (response, limit) => {
        const text = await checkStatus(facts, call, response, options.accept ?? [], maxBytes, limit);
        return createAnswer(response.status, response.headers, text, facts);
      });
    },

    settle: (call, json, schema) => wire.settle(call, () => json(schema)),

    async *stream(call, path, options) {
      const facts = factsOf(options.method ?? "GET", path, options);
      const response = await send(facts, call, { ...options, once: true }, async (head, limit) => {
        if (!head.ok) await checkStatus(facts, call, head, [], DEFAULT_MAX_BYTES, limit);
        return head;
      });
      yield* readStream(response, call, options, facts);
    },

    lineLimit: (path) => ({ backend: config.backend, method: "GET", path, safe: true, maxLength: config.maxBytes ?? DEFAULT_MAX_BYTES }),
  };
}
