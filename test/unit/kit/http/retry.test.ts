import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createHttp, type HttpOptions } from "../../../../src/kit/index.js";
import { makeCall, rejection } from "../make-call.js";

/** A fetch that plays a list of answers, repeating the last, and remembers when it was asked. */
function scripted(call: { readonly host: { readonly elapsedMs: number } }, ...script: (() => Response)[]) {
  const asked: number[] = [];
  const fetch: typeof globalThis.fetch = async () => {
    asked.push(call.host.elapsedMs);
    return (script[asked.length - 1] ?? script.at(-1))?.() ?? new Response();
  };
  return { fetch, asked };
}

const answer =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    new Response("{}", { status, headers });
const refused = (): never => {
  throw Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }) });
};
const client = (fetch: typeof globalThis.fetch, options: Partial<HttpOptions> = {}) =>
  createHttp({ backend: "acme", baseUrl: "https://acme.example", fetch, ...options });

/** Real timers must not be used: any that is set fails the test. */
const forbidTimers = (): void => {
  vi.spyOn(globalThis, "setTimeout").mockImplementation(() => {
    throw new Error("a real timer was set");
  });
  vi.spyOn(globalThis, "setInterval").mockImplementation(() => {
    throw new Error("a real timer was set");
  });
};

describe("retries", () => {
  beforeEach(forbidTimers);
  afterEach(() => vi.restoreAllMocks());

  it.each([408, 429, 500, 502, 503, 504])("repeats a safe request after %i, with growing waits on the host's clock", async (status) => {
    const call = makeCall();
    const { fetch, asked } = scripted(call, answer(status), answer(status), answer(200));
    const done = client(fetch).get(call, "/x");
    expect((await call.host.waitFor(done, { limitMs: 60_000 })).status).toBe(200);
    expect(asked).toHaveLength(3);
    expect(asked[1]).toBeGreaterThanOrEqual(125);
    expect(asked[1]).toBeLessThanOrEqual(375);
    expect((asked[2] ?? 0) - (asked[1] ?? 0)).toBeGreaterThanOrEqual(250);
    expect(call.host.pendingTimers()).toEqual([]);
  });

  it("repeats after a refused connection, and gives the last error when it stays so", async () => {
    const call = makeCall();
    const { fetch, asked } = scripted(call, refused);
    const failed = rejection(client(fetch, { retries: 3 }).get(call, "/x"));
    expect(await call.host.waitFor(failed, { limitMs: 60_000 })).toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "none" });
    expect(asked).toHaveLength(4);
  });

  it.each([400, 401, 402, 403, 404, 409, 422])("does not repeat after %i", async (status) => {
    const call = makeCall();
    const { fetch, asked } = scripted(call, answer(status));
    await expect(client(fetch).get(call, "/x")).rejects.toMatchObject({ details: { status } });
    expect(asked).toHaveLength(1);
  });

  it.each(["post", "put", "patch", "delete"] as const)("never repeats a %s, unless told that it is safe", async (method) => {
    const call = makeCall();
    const once = scripted(call, answer(503));
    expect(await rejection(client(once.fetch)[method](call, "/x"))).toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "unknown" });
    expect(once.asked).toHaveLength(1);
    const safe = scripted(call, answer(503), answer(200));
    const done = client(safe.fetch)[method](call, "/x", { safe: true });
    expect((await call.host.waitFor(done, { limitMs: 60_000 })).status).toBe(200);
  });

  it("waits as long as Retry-After says, in seconds or as a date", async () => {
    for (const value of [() => "7", (nowMs: number) => new Date(nowMs + 7_000).toUTCString()]) {
      const call = makeCall();
      const { fetch, asked } = scripted(call, answer(429, { "retry-after": value(call.host.now()) }), answer(200));
      await call.host.waitFor(client(fetch).get(call, "/x"), { limitMs: 60_000 });
      expect(asked).toEqual([0, 7_000]);
    }
  });

  it("gives up at once when the wait would not fit before the deadline", async () => {
    const host = makeCall().host;
    const call = makeCall({ host, deadlineMs: host.now() + 5_000 });
    const { fetch, asked } = scripted(call, answer(429, { "retry-after": "60" }));
    expect(await rejection(client(fetch).get(call, "/x"))).toMatchObject({
      code: "BACKEND_RATE_LIMITED",
      retry: "later",
      details: { retryAfterMs: 60_000 },
    });
    expect(asked).toEqual([0]);
    expect(host.elapsedMs).toBe(0);
  });

  it("stops waiting for the next try when the call is aborted", async () => {
    const controller = new AbortController();
    const call = makeCall({ signal: controller.signal });
    const { fetch, asked } = scripted(call, answer(503));
    const failed = rejection(client(fetch).get(call, "/x"));
    await call.host.drain();
    controller.abort("no longer wanted");
    expect(await failed).toBe("no longer wanted");
    expect(asked).toHaveLength(1);
    expect(call.host.pendingTimers()).toEqual([]);
  });

  it("sets no real timer and no virtual one that outlives the request, with retries off", async () => {
    const call = makeCall();
    const { fetch } = scripted(call, answer(503));
    await expect(client(fetch, { retries: 0 }).get(call, "/x")).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
    expect(call.host.pendingTimers()).toEqual([]);
    expect(call.host.firedTimers).toBe(0);
  });

  it("asks a header function again for each try", async () => {
    const call = makeCall();
    const seen: unknown[] = [];
    let tokens = 0;
    const fetch: typeof globalThis.fetch = async (_url, init) => {
      seen.push(new Headers(init?.headers).get("authorization"));
      return new Response("{}", { status: seen.length === 1 ? 503 : 200 });
    };
    await call.host.waitFor(client(fetch, { headers: { authorization: async () => `Bearer token-${++tokens}` } }).get(call, "/x"), {
      limitMs: 60_000,
    });
    expect(seen).toEqual(["Bearer token-1", "Bearer token-2"]);
  });
});

describe("limits on calls", () => {
  afterEach(() => vi.useRealTimers());

  it("keeps the number of requests under way", async () => {
    const call = makeCall();
    let now = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const fetch: typeof globalThis.fetch = async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => release.push(resolve));
      now--;
      return new Response("{}");
    };
    const http = client(fetch, { concurrency: 3 });
    const all = Promise.all(Array.from({ length: 10 }, () => http.get(call, "/x")));
    for (let done = 0; done < 10; done++) {
      await call.host.drain();
      release.shift()?.();
    }
    await all;
    expect(most).toBe(3);
  });

  it.each([
    [5, 12, 5, 1_000],
    [0.5, 3, 1, 2_000],
  ])("begins at most %d requests a second, over any window", async (callsPerSecond, count, cap, windowMs) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
    const call = makeCall();
    const begun: number[] = [];
    const fetch: typeof globalThis.fetch = async () => {
      begun.push(Date.now());
      return new Response("{}");
    };
    const http = client(fetch, { callsPerSecond });
    const all = Promise.all(Array.from({ length: count }, () => http.get(call, "/x")));
    for (let step = 0; step < 100 && begun.length < count; step++) await vi.advanceTimersByTimeAsync(100);
    await all;
    for (const [index, at] of begun.entries()) {
      const before = begun[index - cap];
      if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(windowMs);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it("drops a request that waits in line when its call is aborted, and says that nothing was done when its deadline passes", async () => {
    const hang: typeof globalThis.fetch = () => new Promise(() => undefined);
    const http = client(hang, { concurrency: 1 });
    const first = makeCall();
    const blocked = rejection(http.post(first, "/first"));
    const controller = new AbortController();
    const waiting = rejection(http.post(makeCall({ signal: controller.signal, host: first.host }), "/second"));
    const hurried = rejection(http.post(makeCall({ host: first.host, deadlineMs: first.host.now() + 1_000 }), "/third"));
    await first.host.drain();
    controller.abort("stop");
    expect(await waiting).toBe("stop");
    await first.host.advance(1_000);
    expect(await hurried).toMatchObject({ code: "BACKEND_TIMEOUT", effect: "none", message: expect.stringContaining("was not sent") });
    await first.host.advance(29_000);
    expect(await blocked).toMatchObject({ code: "BACKEND_TIMEOUT", effect: "unknown", details: { by: "timeout" } });
    expect(first.host.pendingTimers()).toEqual([]);
  });
});
