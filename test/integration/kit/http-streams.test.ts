import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { collectAll, createHttp, type Http, type HttpOptions, Secret } from "../../../src/kit/index.js";
import { makeCall, rejection } from "../../unit/kit/make-call.js";
import { type Loopback, loopback, sendJson } from "./loopback.js";

const client = (server: Loopback, options: Partial<HttpOptions> = {}): Http =>
  createHttp({ backend: "acme", baseUrl: server.baseUrl, retries: 0, ...options });

/** A server whose answers stay open: the test writes to them. */
async function openServer(): Promise<{ readonly server: Loopback; readonly next: () => Promise<ServerResponse> }> {
  const responses: ServerResponse[] = [];
  const server = await loopback((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    responses.push(response);
  });
  let taken = 0;
  return {
    server,
    next: async () => {
      await server.received(++taken);
      const response = responses[taken - 1];
      if (response === undefined) throw new Error("no response");
      return response;
    },
  };
}

describe("streams", () => {
  it("give events as they come, until the server ends", async () => {
    const { server, next } = await openServer();
    const events = client(server, { headers: { "x-api-key": new Secret("k") } })
      .sse(makeCall(), "/log", { query: { tail: 5 } })
      [Symbol.asyncIterator]();
    const first = events.next();
    const response = await next();
    response.write("data: one\n\n");
    expect((await first).value).toEqual({ event: "message", data: "one" });
    const second = events.next();
    response.end("event: end\ndata: two\n\n");
    expect((await second).value).toEqual({ event: "end", data: "two" });
    expect((await events.next()).done).toBe(true);
    expect(server.arrived[0]).toMatchObject({ url: "/log?tail=5", headers: { accept: "text/event-stream", "x-api-key": "k" } });
  });

  it("end after a silence that is too long, which the consumer's own pauses are not", async () => {
    const { server, next } = await openServer();
    const call = makeCall();
    const lines = client(server).lines(call, "/log", { idleMs: 5_000 })[Symbol.asyncIterator]();
    const first = lines.next();
    const response = await next();
    response.write("one\n");
    expect((await first).value).toBe("one");
    await call.host.advance(60_000);
    response.write("two\n");
    expect((await lines.next()).value).toBe("two");
    const last = lines.next();
    await call.host.advance(4_999);
    await call.host.advance(1);
    expect((await last).done).toBe(true);
    expect(call.host.pendingTimers()).toEqual([]);
  });

  it("fail after a silence where half the content is worthless", async () => {
    const { server, next } = await openServer();
    const call = makeCall();
    const chunks = client(server).bytes(call, "/file", { idleMs: 5_000 })[Symbol.asyncIterator]();
    const first = chunks.next();
    (await next()).write("half");
    expect(new TextDecoder().decode((await first).value)).toBe("half");
    const all = rejection(chunks.next());
    await call.host.advance(5_000);
    expect(await all).toMatchObject({ code: "BACKEND_TIMEOUT", effect: "none" });
  });

  it("end with the signal's reason on abort, and close the connection", async () => {
    const { server, next } = await openServer();
    const controller = new AbortController();
    const call = makeCall({ signal: controller.signal });
    const failed = rejection(collectAll(client(server).lines(call, "/log")));
    const response = await next();
    const closed = new Promise((resolve) => response.on("close", resolve));
    controller.abort("enough");
    expect(await failed).toBe("enough");
    await closed;
    expect(call.host.pendingTimers()).toEqual([]);
  });

  it("close the connection when the consumer leaves the loop", async () => {
    const { server, next } = await openServer();
    const reading = (async () => {
      for await (const line of client(server).lines(makeCall(), "/log")) return line;
    })();
    const response = await next();
    const closed = new Promise((resolve) => response.on("close", resolve));
    response.write("one\ntwo\n");
    expect(await reading).toBe("one");
    await closed;
  });

  it("fail when the connection is cut", async () => {
    const { server, next } = await openServer();
    const failed = rejection(collectAll(client(server).ndjson(makeCall(), "/log", z.object({ n: z.number() }))));
    const response = await next();
    response.write('{"n":1}\n', () => response.destroy());
    expect(await failed).toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "none" });
  });

  it("are opened under the same rules as other requests", async () => {
    const server = await loopback((_request, response) => sendJson(response, {}, 403));
    expect(await rejection(collectAll(client(server).sse(makeCall(), "/log")))).toMatchObject({
      code: "BACKEND_AUTH_FAILED",
      details: { path: "/log" },
    });
    const silent = await loopback(() => undefined);
    const call = makeCall();
    const failed = rejection(collectAll(client(silent, { timeoutMs: 1_000 }).lines(call, "/log")));
    await silent.received(1);
    await call.host.advance(1_000);
    expect(await failed).toMatchObject({ code: "BACKEND_TIMEOUT" });
  });

  it("do not hold a place in line while they are read", async () => {
    const { server, next } = await openServer();
    const http = client(server, { concurrency: 1 });
    const lines = http.lines(makeCall(), "/log")[Symbol.asyncIterator]();
    const first = lines.next();
    const response = await next();
    response.write("one\n");
    await first;
    const other = http.get(makeCall(), "/status");
    (await next()).end("{}");
    expect((await other).status).toBe(200);
    await lines.return?.();
  });
});
