import { describe, expect, it } from "vitest";
import { networkFault } from "../../../src/kit/http/faults.js";
import { createVirtualHost, type FetchFault, faultInjectingFetch } from "../../../src/testing/index.js";

/** A service that counts what it did. */
function service() {
  const done: string[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    done.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
    return Response.json({ number: done.length, padding: "x".repeat(100) });
  };
  return { done, fetch };
}

const URL_A = "https://service.test/a";
const post = { method: "POST", body: "payload" };

async function thrown(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("expected a rejection");
    },
    (error: unknown) => error,
  );
}

describe("fault-injecting fetch", () => {
  const setUp = (fault: FetchFault, rule: object = {}) => {
    const host = createVirtualHost();
    const real = service();
    return { host, ...real, faulty: faultInjectingFetch({ fetch: real.fetch, host, rules: [{ fault, ...rule }] }) };
  };

  it("passes requests through and remembers them", async () => {
    const { done, faulty } = setUp({ kind: "refused" }, { url: "/never" });
    const response = await faulty.fetch(URL_A, post);
    expect(await response.json()).toMatchObject({ number: 1 });
    expect(done).toEqual(["POST /a payload"]);
    expect(faulty.requests).toEqual([{ method: "POST", url: URL_A, sent: 1 }]);
  });

  it("breaks connections before and after the request took effect, as Node's fetch would", async () => {
    for (const [fault, sent, known] of [
      [{ kind: "refused" }, 0, false],
      [{ kind: "reset", sent: false }, 0, true],
      [{ kind: "reset", sent: true }, 1, true],
    ] as const) {
      const { done, faulty } = setUp(fault);
      const error = await thrown(faulty.fetch(URL_A, post));
      expect(error).toBeInstanceOf(TypeError);
      // The kit must take it for what it is: "sent" means that the request may have arrived.
      expect(networkFault(error)?.sent).toBe(known);
      expect(done).toHaveLength(sent);
      expect(faulty.requests[0]).toMatchObject({ fault: fault.kind, sent });
    }
  });

  it("answers nothing until the time is over or the caller gives up", async () => {
    const { host, done, faulty } = setUp({ kind: "timeout", sent: true }, { times: 2 });
    const first = thrown(faulty.fetch(URL_A, post));
    expect(networkFault(await host.waitFor(first, { limitMs: 400_000 }))).toMatchObject({ timeout: true, sent: true });
    expect(host.elapsedMs).toBe(300_000);
    const controller = new AbortController();
    const second = thrown(faulty.fetch(URL_A, { signal: controller.signal }));
    await host.advance(1_000);
    controller.abort(new Error("enough"));
    expect(await second).toMatchObject({ message: "enough" });
    expect(done).toHaveLength(2);
    expect(host.pendingTimers()).toEqual([]);
  });

  it("answers with another status, with and without effect", async () => {
    const { done, faulty } = setUp({ kind: "status", status: 503, sent: false, headers: { "retry-after": "7" } });
    faulty.script({ fault: { kind: "status", status: 500, sent: true, body: "{}" } });
    const first = await faulty.fetch(URL_A);
    expect([first.status, first.headers.get("retry-after"), done.length]).toEqual([503, "7", 0]);
    const second = await faulty.fetch(URL_A);
    expect([second.status, await second.text(), done.length]).toEqual([500, "{}", 1]);
    expect((await faulty.fetch(URL_A)).status).toBe(200);
  });

  it("is slow", async () => {
    const { host, faulty } = setUp({ kind: "slow", ms: 5_000 });
    await host.waitFor(faulty.fetch(URL_A), { limitMs: 5_000 });
    expect(host.elapsedMs).toBe(5_000);
  });

  it("sends twice, body included, and gives the second answer", async () => {
    const { done, faulty } = setUp({ kind: "duplicate" });
    expect(await (await faulty.fetch(URL_A, post)).json()).toMatchObject({ number: 2 });
    expect(done).toEqual(["POST /a payload", "POST /a payload"]);
    expect(faulty.requests[0]?.sent).toBe(2);
  });

  it("cuts bodies short or garbles them", async () => {
    const { faulty } = setUp({ kind: "truncated", afterBytes: 10 });
    faulty.script({ fault: { kind: "truncated", afterBytes: 0 } });
    faulty.script({ fault: { kind: "garbled", body: "<html>" } });
    const response = await faulty.fetch(URL_A);
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBe(10);
    expect(networkFault(await thrown(reader?.read() ?? Promise.resolve()))).toMatchObject({ code: "UND_ERR_SOCKET" });
    expect(networkFault(await thrown((await faulty.fetch(URL_A)).text()))).toMatchObject({ code: "UND_ERR_SOCKET" });
    const garbled = await faulty.fetch(URL_A);
    expect([garbled.status, await garbled.text()]).toEqual([200, "<html>"]);
  });

  it("chooses requests by method, URL, count", async () => {
    const { faulty } = setUp({ kind: "status", status: 418, sent: false }, { method: "POST", url: /\/b$/, skip: 1, times: 2 });
    const status = async (path: string, method: string) => (await faulty.fetch(`https://service.test/${path}`, { method })).status;
    const seen = [
      await status("b", "GET"),
      await status("a", "POST"),
      await status("b", "POST"),
      await status("b", "POST"),
      await status("b", "POST"),
      await status("b", "POST"),
    ];
    expect(seen).toEqual([200, 200, 200, 418, 418, 200]);
  });

  it("draws faults by seed, in whatever order requests are made", async () => {
    const run = async (seed: string, paths: readonly number[]) => {
      const faulty = faultInjectingFetch({
        fetch: service().fetch,
        host: createVirtualHost(),
        seed,
        rates: [{ share: 0.3, fault: { kind: "status", status: 503, sent: false } }],
      });
      const statuses = new Map<number, number>();
      for (const path of paths) statuses.set(path, (await faulty.fetch(`https://service.test/${path}`)).status);
      return [...statuses].sort(([a], [b]) => a - b);
    };
    const paths = Array.from({ length: 100 }, (_, index) => index);
    const one = await run("s", paths);
    expect(await run("s", [...paths].reverse())).toEqual(one);
    expect(await run("t", paths)).not.toEqual(one);
    const failed = one.filter(([, status]) => status === 503).length;
    expect(failed).toBeGreaterThan(14);
    expect(failed).toBeLessThan(48);
  });
});
