import type { z } from "zod";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import { createClient } from "./client.js";
import type { BodyOptions, Http, HttpOptions, PendingAnswer, StreamOptions } from "./http-options.js";
import { readLines, readNdjson, readSse } from "./streams.js";

/**
 * Makes a client. It holds no connection and needs no closing.
 *
 * @throws INVALID_CONFIG for a `baseUrl` that is not http(s) or holds a login, or a number out of range.
 */
export function createHttp(options: HttpOptions): Http {
  const client = createClient({ ...options, base: checkedBase(options) });
  const request = (method: string, call: CallContext, path: string, one: BodyOptions = {}): PendingAnswer => {
    const answer = client.request(method, call, path, one);
    return Object.assign(answer, { json: async <S extends z.ZodType>(schema: S) => client.settle(call, (await answer).json, schema) });
  };
  const open = (
    call: CallContext,
    path: string,
    one: StreamOptions,
    idle: "end" | "fail",
    accept: string,
  ): AsyncGenerator<Uint8Array, void, undefined> =>
    client.stream(call, path, { ...one, idle: one.idle ?? idle, headers: { accept, ...one.headers } });
  return {
    get: (call, path, one) => request("GET", call, path, one),
    post: (call, path, one) => request("POST", call, path, one),
    put: (call, path, one) => request("PUT", call, path, one),
    patch: (call, path, one) => request("PATCH", call, path, one),
    delete: (call, path, one) => request("DELETE", call, path, one),
    async lookUp(call, path, schema, one = {}) {
      const answer = await request("GET", call, path, { ...one, accept: [404, ...(one.accept ?? [])] });
      return answer.status === 404 ? undefined : client.settle(call, answer.json, schema);
    },
    sse: (call, path, one = {}) => readSse(open(call, path, one, "end", "text/event-stream"), client.lineLimit(path)),
    lines: (call, path, one = {}) => readLines(open(call, path, one, "end", "*/*"), client.lineLimit(path)),
    ndjson: (call, path, schema, one = {}) =>
      readNdjson(open(call, path, one, "end", "application/x-ndjson, application/json"), schema, client.lineLimit(path)),
    bytes: (call, path, one = {}) => open(call, path, one, "fail", "*/*"),
  };
}

function checkedBase(options: HttpOptions): URL {
  const fail = (field: string, what: string): never => {
    throw new SchedulerError("INVALID_CONFIG", `${options.backend}: \`${field}\` ${what}.`, {
      details: { field, backend: options.backend },
    });
  };
  const url = URL.canParse(options.baseUrl) ? new URL(options.baseUrl) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:"))
    return fail("baseUrl", "must be an http or https address");
  if (url.username !== "" || url.password !== "") fail("baseUrl", "must not hold a login; pass the credential as an option");
  if (url.search !== "" || url.hash !== "") fail("baseUrl", "must not hold a query or fragment");
  const atLeast: readonly (readonly [string, number | undefined, number])[] = [
    ["timeoutMs", options.timeoutMs, 1],
    ["concurrency", options.concurrency, 1],
    ["retries", options.retries, 0],
    ["maxBytes", options.maxBytes, 1],
  ];
  for (const [field, value, least] of atLeast) if (value !== undefined && !(value >= least)) fail(field, `must be at least ${least}`);
  if (options.callsPerSecond !== undefined && !(options.callsPerSecond > 0)) fail("callsPerSecond", "must be above 0");
  return url;
}
