import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bearer, createHttp, defineErrorMap, type HttpOptions, path, SchedulerError, Secret, textAt } from "../../../src/kit/index.js";
import { makeCall, recordingLogger, rejection } from "../../unit/kit/make-call.js";
import { type Loopback, loopback, loopbackTcp, refusedAddress, sendJson } from "./loopback.js";

const client = (server: Pick<Loopback, "baseUrl">, options: Partial<HttpOptions> = {}) =>
  createHttp({ backend: "acme", baseUrl: server.baseUrl, retries: 0, ...options });
const anything = z.unknown();

describe("requests", () => {
  it("sends JSON with opened secrets and reads a checked answer that may hold more", async () => {
    const server = await loopback((_request, response) => sendJson(response, { data: { id: "7", more: true }, extra: 1 }));
    const http = client(
      { baseUrl: `${server.baseUrl}/base/` },
      { headers: { "x-api-key": new Secret("hunter2-key"), "user-agent": "spillway" } },
    );
    const body = { name: "job", env: { TOKEN: new Secret("hunter2-env") }, list: [new Secret("hunter2-list")] };
    const answer = await http.post(makeCall(), path`/jobs/${"a/b ?"}/start`, {
      body,
      query: { page: 0, tag: ["x", "y"], none: undefined, auth: new Secret("hunter2-query") },
    });
    expect(answer.json(z.object({ data: z.object({ id: z.string() }) }))).toEqual({ data: { id: "7" } });
    expect(server.arrived).toMatchObject([
      {
        method: "POST",
        url: "/base/jobs/a%2Fb%20%3F/start?page=0&tag=x&tag=y&auth=hunter2-query",
        headers: { "x-api-key": "hunter2-key", "content-type": "application/json", accept: "application/json", "user-agent": "spillway" },
        body: '{"name":"job","env":{"TOKEN":"hunter2-env"},"list":["hunter2-list"]}',
      },
    ]);
    expect(inspect(body)).not.toContain("hunter2");
  });

  it("sends raw bodies and bearer tokens", async () => {
    const server = await loopback((_request, response) => sendJson(response, {}));
    const http = client(server, { headers: { authorization: bearer(new Secret("tok")) } });
    await http.put(makeCall(), "/manifest", { raw: { contentType: "text/yaml", data: "a: 1" }, headers: { "x-once": "1" } });
    await http.put(makeCall(), "/manifest", { raw: { contentType: "application/octet-stream", data: new Uint8Array([1, 2]) } });
    expect(server.arrived[0]).toMatchObject({
      body: "a: 1",
      headers: { "content-type": "text/yaml", authorization: "Bearer tok", "x-once": "1" },
    });
    expect(server.arrived[1]?.body).toBe("\u0001\u0002");
  });

  it("reads an empty answer as undefined and gives accepted statuses to the caller", async () => {
    const server = await loopback(({ url }, response) =>
      url === "/gone" ? sendJson(response, { detail: "no" }, 404) : response.writeHead(204).end(),
    );
    const http = client(server);
    expect((await http.delete(makeCall(), "/x")).json(z.undefined())).toBeUndefined();
    expect((await http.delete(makeCall(), "/gone", { accept: [404] })).status).toBe(404);
    expect(await http.lookUp(makeCall(), "/gone", anything)).toBeUndefined();
    await expect(http.get(makeCall(), "/gone")).rejects.toMatchObject({
      code: "BACKEND_REJECTED",
      effect: "none",
      details: { status: 404 },
    });
  });

  it("tells the service's own 404 from one of a proxy on the way", async () => {
    const server = await loopback(({ url }, response) =>
      url === "/gone" ? sendJson(response, { code: "not_found" }, 404) : response.writeHead(404).end("default backend"),
    );
    const http = client(server, { isMissing: ({ body }) => textAt(body, "code") === "not_found" });
    expect(await http.lookUp(makeCall(), "/gone", anything)).toBeUndefined();
    expect((await http.delete(makeCall(), "/gone", { accept: [404] })).status).toBe(404);
    await expect(http.lookUp(makeCall(), "/lost", anything)).rejects.toMatchObject({
      code: "BACKEND_UNAVAILABLE",
      effect: "none",
      details: { status: 404 },
    });
    await expect(http.delete(makeCall(), "/lost", { accept: [404] })).rejects.toMatchObject({
      code: "BACKEND_UNAVAILABLE",
      effect: "unknown",
    });
    await expect(http.get(makeCall(), "/gone")).rejects.toMatchObject({ code: "BACKEND_REJECTED" });
  });

  it("refuses a path that could lead elsewhere and a base that is none", async () => {
    const server = await loopback((_request, response) => sendJson(response, {}));
    expect(() => path`/jobs/${".."}`).toThrow(/must not be empty/);
    await expect(client(server).get(makeCall(), "http://evil.example/")).rejects.toMatchObject({ code: "INVARIANT_BROKEN" });
    for (const baseUrl of [
      "acme.example",
      "ftp://acme.example",
      "https://user:hunter2@acme.example",
      "https://acme.example/?key=hunter2",
    ]) {
      expect(() => createHttp({ backend: "acme", baseUrl })).toThrow(
        expect.objectContaining({ code: "INVALID_CONFIG", message: expect.not.stringContaining("hunter2") }),
      );
    }
    for (const wrong of [
      { timeoutMs: 0 },
      { concurrency: 0 },
      { retries: -1 },
      { maxBytes: 0 },
      { callsPerSecond: 0 },
      { timeoutMs: Number.NaN },
    ]) {
      expect(() => client(server, wrong)).toThrow(
        expect.objectContaining({ code: "INVALID_CONFIG", details: expect.objectContaining({ field: Object.keys(wrong)[0] }) }),
      );
    }
  });

  it("names a credential that HTTP cannot carry, without showing it", async () => {
    const server = await loopback((_request, response) => sendJson(response, {}));
    const http = client(server, { headers: { "x-api-key": new Secret("hunter2\nhunter2") } });
    const error = await rejection(http.get(makeCall(), "/x"));
    expect(error).toMatchObject({ code: "INVALID_CONFIG", message: expect.stringContaining("x-api-key") });
    expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
    expect(server.arrived).toEqual([]);
  });
});

describe("answers of the wrong form", () => {
  it("names the path, never the value", async () => {
    const server = await loopback((_request, response) => sendJson(response, { jobs: [{ id: 1 }, { id: "hunter2" }] }));
    const schema = z.object({ jobs: z.array(z.object({ id: z.number() })) });
    const error = await rejection(client(server).get(makeCall(), "/jobs").json(schema));
    expect(error).toMatchObject({ code: "BACKEND_RESPONSE_INVALID", effect: "none", details: { at: "jobs[1].id" } });
    expect(String(error)).toContain("jobs[1].id: expected number, received string");
    expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
  });

  it("says unknown when the request had an effect", async () => {
    const server = await loopback((_request, response) => response.end("<html>hunter2</html>"));
    const error = await rejection(client(server).post(makeCall(), "/jobs").json(anything));
    expect(error).toMatchObject({ code: "BACKEND_RESPONSE_INVALID", effect: "unknown", message: expect.stringContaining("is not JSON") });
    expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
  });

  it("stops reading at the limit, with and without a declared length", async () => {
    let written = 0;
    const server = await loopback(({ url }, response) => {
      if (url === "/declared") response.writeHead(200, { "content-length": "1000" }).end("x".repeat(1000));
      else {
        const more = (): void => {
          while (!response.destroyed && response.write("x".repeat(1_000))) written++;
          if (!response.destroyed) response.once("drain", more);
        };
        more();
      }
    });
    const http = client(server, { maxBytes: 999 });
    for (const url of ["/declared", "/endless"]) {
      expect(await rejection(http.get(makeCall(), url))).toMatchObject({
        code: "BACKEND_RESPONSE_INVALID",
        effect: "none",
        message: expect.stringContaining("maxBytes"),
      });
    }
    expect(await rejection(http.post(makeCall(), "/endless"))).toMatchObject({ effect: "unknown" });
    expect((await http.get(makeCall(), "/declared", { maxBytes: 1_000 })).text).toHaveLength(1_000);
    expect(written).toBeLessThan(100_000);
  });
});

describe("statuses", () => {
  const cases: readonly (readonly [number, string, string])[] = [
    [400, "BACKEND_REJECTED", "none"],
    [401, "BACKEND_AUTH_FAILED", "none"],
    [402, "INSUFFICIENT_FUNDS", "none"],
    [403, "BACKEND_AUTH_FAILED", "none"],
    [404, "BACKEND_REJECTED", "none"],
    [408, "BACKEND_TIMEOUT", "unknown"],
    [409, "BACKEND_REJECTED", "none"],
    [422, "BACKEND_REJECTED", "none"],
    [429, "BACKEND_RATE_LIMITED", "none"],
    [500, "BACKEND_UNAVAILABLE", "unknown"],
    [502, "BACKEND_UNAVAILABLE", "unknown"],
    [503, "BACKEND_UNAVAILABLE", "unknown"],
    [504, "BACKEND_TIMEOUT", "unknown"],
  ];

  it.each(cases)("%i of a POST is %s with effect %s, and of a GET has no effect", async (status, code, effect) => {
    const server = await loopback((_request, response) => sendJson(response, { message: "no" }, status, { "retry-after": "3" }));
    const http = client(server);
    expect(await rejection(http.post(makeCall(), "/x"))).toMatchObject({
      code,
      effect,
      details: { status, backend: "acme", method: "POST", path: "/x", retryAfterMs: 3_000 },
    });
    expect(await rejection(http.get(makeCall(), "/x"))).toMatchObject({ code, effect: "none" });
  });

  it("shows the service's own words only where asked to, shortened and without secrets", async () => {
    const server = await loopback((request, response) =>
      sendJson(response, { error: { message: `bad env ${request.body}. ${"x".repeat(999)}` } }, 422),
    );
    const body = { env: new Secret("hunter2") };
    const silent = await rejection(client(server).post(makeCall(), "/x", { body }));
    expect((silent as Error).message).toBe("acme: POST /x was answered 422. Nothing was done.");
    const telling = await rejection(
      client(server, { errorText: (parsed) => textAt(parsed, "message", "error.message") }).post(makeCall(), "/x", { body }),
    );
    expect((telling as Error).message).toMatch(/was answered 422: bad env \{"env":"\[secret\]"\}\. x{10}/);
    expect((telling as Error).message.length).toBeLessThan(420);
    expect(inspect([silent, telling], { depth: 9 })).not.toContain("hunter2");
  });

  it("says which credential to check", async () => {
    const server = await loopback((_request, response) => sendJson(response, {}, 401));
    const error = await rejection(client(server, { credential: "`apiKey` or ACME_KEY" }).get(makeCall(), "/x"));
    expect((error as Error).message).toBe("acme: GET /x was answered 401. Check `apiKey` or ACME_KEY.");
  });

  it("asks the backend's own table first", async () => {
    const server = await loopback((_request, response) => sendJson(response, { code: "no_gpu", message: "sold out" }, 409));
    const table = defineErrorMap([{ code: "no_gpu", to: "NO_CAPACITY", retry: "later" }]);
    const http = client(server, { mapError: ({ status, body }) => table.match({ status, code: textAt(body, "code") ?? "" }) });
    expect(await rejection(http.post(makeCall(), "/x"))).toMatchObject({
      code: "NO_CAPACITY",
      retry: "later",
      effect: "none",
      details: { status: 409 },
    });
  });
});

describe("failures below HTTP", () => {
  it("knows a refused connection from one that was lost after sending", async () => {
    const refused = client({ baseUrl: await refusedAddress() });
    expect(await rejection(refused.post(makeCall(), "/x"))).toMatchObject({
      code: "BACKEND_UNAVAILABLE",
      effect: "none",
      details: { reason: "ECONNREFUSED" },
      message: expect.stringContaining("Nothing was done"),
    });
    const cut = client(await loopbackTcp((socket) => socket.on("data", () => socket.destroy())));
    expect(await rejection(cut.post(makeCall(), "/x"))).toMatchObject({
      code: "BACKEND_UNAVAILABLE",
      effect: "unknown",
      message: expect.stringContaining("not known whether"),
    });
    expect(await rejection(cut.get(makeCall(), "/x"))).toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "none" });
  });

  it("knows an answer that was cut in the middle, and one that is no HTTP", async () => {
    const half = await loopback((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    });
    expect(await rejection(client(half).post(makeCall(), "/x"))).toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "unknown" });
    const noise = client(await loopbackTcp((socket) => socket.on("data", () => socket.end("hello\r\n\r\n"))));
    expect(await rejection(noise.post(makeCall(), "/x"))).toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "unknown" });
  });

  it("gives up after the time limit, on the host's clock", async () => {
    const server = await loopback(() => undefined);
    const call = makeCall();
    const failed = rejection(client(server, { timeoutMs: 2_000 }).post(call, "/x"));
    await server.received(1);
    await call.host.advance(2_000);
    expect(await failed).toMatchObject({ code: "BACKEND_TIMEOUT", effect: "unknown", details: { by: "timeout" } });
    expect(call.host.pendingTimers()).toEqual([]);
  });

  it("gives up at the call's deadline, also while the body trickles", async () => {
    const server = await loopback((_request, response) => void response.writeHead(200).write("{"));
    const host = makeCall().host;
    const call = makeCall({ host, deadlineMs: host.now() + 500 });
    const failed = rejection(client(server).get(call, "/x"));
    await server.received(1);
    await host.advance(500);
    expect(await failed).toMatchObject({ code: "BACKEND_TIMEOUT", effect: "none", details: { by: "deadline" } });
    expect(await rejection(client(server).post(call, "/x"))).toMatchObject({
      code: "BACKEND_TIMEOUT",
      effect: "none",
      message: expect.stringContaining("was not sent"),
    });
    expect(server.arrived).toHaveLength(1);
  });

  it("never wraps an abort, even one whose reason is an error of ours and that came after an effect", async () => {
    const server = await loopback((request, response) => (request.method === "POST" ? sendJson(response, {}) : undefined));
    const controller = new AbortController();
    const call = makeCall({ signal: controller.signal });
    const http = client(server);
    await http.post(call, "/order");
    const failed = rejection(http.get(call, "/bids"));
    await server.received(2);
    const reason = new SchedulerError("SCHEDULER_CLOSED", "The scheduler was closed.");
    controller.abort(reason);
    expect(await failed).toBe(reason);
  });

  it("rejects promptly with the signal's reason, whatever it is, even if the fetch does not listen", async () => {
    const server = await loopback(() => undefined);
    const deaf: typeof globalThis.fetch = () => new Promise(() => undefined);
    for (const fetch of [undefined, deaf]) {
      for (const reason of [new Error("stop"), "a text", { odd: true }]) {
        const controller = new AbortController();
        const call = makeCall({ signal: controller.signal });
        const failed = rejection(client(server, fetch === undefined ? { retries: 2 } : { fetch, retries: 2 }).get(call, "/x"));
        await call.host.drain();
        controller.abort(reason);
        expect(await failed).toBe(reason);
        expect(call.host.pendingTimers()).toEqual([]);
      }
    }
  });
});

describe("effects within one verb call", () => {
  const answers: Readonly<Record<string, number>> = { "/order": 201, "/bids": 401, "/refused": 400, "/harmless": 200 };
  const serve = () => loopback(({ url }, response) => sendJson(response, { wrong: true }, answers[url] ?? 500));

  it("never lets a failed read after a successful order pass for nothing happened", async () => {
    const http = client(await serve());
    const call = makeCall();
    await http.post(call, "/order");
    expect(await rejection(http.get(call, "/bids"))).toMatchObject({
      code: "BACKEND_AUTH_FAILED",
      effect: "unknown",
      message: expect.stringContaining("earlier request"),
    });
    expect(await rejection(http.get(call, "/harmless").json(z.object({ id: z.string() })))).toMatchObject({ effect: "unknown" });
    expect(await rejection(http.lookUp(call, "/harmless", z.object({ id: z.string() })))).toMatchObject({ effect: "unknown" });
    expect(await rejection(http.get(makeCall(), "/bids"))).toMatchObject({ effect: "none" });
  });

  it("counts a request of unknown outcome, but not one that was refused or declared safe", async () => {
    const http = client(await serve());
    const call = makeCall();
    expect(await rejection(http.post(call, "/refused"))).toMatchObject({ effect: "none" });
    await http.post(call, "/harmless", { safe: true });
    expect(await rejection(http.get(call, "/bids"))).toMatchObject({ effect: "none" });
    expect(await rejection(http.post(call, "/broken"))).toMatchObject({ effect: "unknown" });
    expect(await rejection(http.post(call, "/refused"))).toMatchObject({ effect: "unknown" });
  });
});

describe("secrets", () => {
  it("stand in no error and no log line, wherever the other side repeats them", async () => {
    const secrets = ["hunter2-header", "hunter2-token", "hunter2-body", "hunter2 query"] as const;
    const [header, token, body, query] = secrets;
    const echo = await loopback((request, response) =>
      sendJson(response, { message: `${JSON.stringify(request.headers)} ${request.body} ${request.url}` }, 400),
    );
    const broken = await loopbackTcp((socket) => socket.on("data", (data) => socket.end(data)));
    const throwing: typeof globalThis.fetch = async (url, init) => {
      throw new TypeError(`failed: ${String(url)} ${JSON.stringify(init)}`);
    };
    const logger = recordingLogger();
    const errors: unknown[] = [];
    for (const options of [{}, { fetch: throwing }]) {
      for (const server of [echo, broken]) {
        const http = client(server, {
          headers: { "x-api-key": new Secret(header), authorization: async () => `Bearer ${token}` },
          errorText: (parsed) => textAt(parsed, "message"),
          ...options,
        });
        for (const method of ["get", "post"] as const) {
          errors.push(
            await rejection(
              http[method](makeCall({ logger }), "/x", {
                query: { q: new Secret(query) },
                ...(method === "post" ? { body: { b: new Secret(body) } } : {}),
              }),
            ),
          );
        }
      }
    }
    const text =
      inspect(errors, { depth: 9 }) + JSON.stringify(errors) + errors.map((error) => (error as Error).stack).join() + logger.text();
    for (const secret of [...secrets, "hunter2+query", "hunter2%20query"]) expect(text).not.toContain(secret);
    expect(text).toContain("[secret]");
    expect(logger.text()).toContain('"path":"/x"');
  });
});
