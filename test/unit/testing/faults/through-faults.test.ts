import { describe, expect, it } from "vitest";
import type { Backend } from "../../../../src/spec/backend.js";
import {
  batchKey,
  combineFaults,
  createVirtualHost,
  type FaultDecision,
  type FaultPort,
  FaultScript,
  marketplace,
  noFaults,
  PASS,
  seededFaults,
  testCallContext,
  throughFaults,
  withFaults,
} from "../../../../src/testing/index.js";
import { complete } from "../market-fixture.js";

const port = (before: FaultDecision, after: FaultDecision = PASS): FaultPort => ({ before: () => before, after: () => after });

function setUp() {
  const host = createVirtualHost();
  const effects: number[] = [];
  const effect = async () => {
    effects.push(host.elapsedMs);
    return effects.length;
  };
  return { host, effects, effect };
}

describe("throughFaults", () => {
  it("passes, fails before the effect and fails after it", async () => {
    const { host, effects, effect } = setUp();
    const call = testCallContext({ host });
    expect(await throughFaults(noFaults, "bind", "k", call, effect)).toBe(1);
    const refused: FaultDecision = { kind: "fail", code: "BACKEND_RATE_LIMITED", retryAfterMs: 7, message: "slow down" };
    await expect(throughFaults(port(refused), "bind", "k", call, effect)).rejects.toMatchObject({
      code: "BACKEND_RATE_LIMITED",
      effect: "none",
      message: "slow down",
      details: { retryAfterMs: 7 },
    });
    expect(effects).toHaveLength(1);
    await expect(throughFaults(port(PASS, refused), "bind", "k", call, effect)).rejects.toMatchObject({
      code: "BACKEND_RATE_LIMITED",
      effect: "unknown",
    });
    expect(effects).toHaveLength(2);
    // Reading changes nothing, whatever became of the answer.
    await expect(throughFaults(port(PASS, refused), "inspect", "k", call, effect)).rejects.toMatchObject({ effect: "none" });
    await expect(throughFaults(port(PASS, { ...refused, effect: "none" }), "bind", "k", call, effect)).rejects.toMatchObject({
      effect: "none",
    });
  });

  it("delays requests and answers", async () => {
    const { host, effects, effect } = setUp();
    const call = testCallContext({ host });
    await host.waitFor(throughFaults(port({ kind: "delay", ms: 100 }, { kind: "delay", ms: 50 }), "bind", "k", call, effect), {
      limitMs: 1_000,
    });
    expect([effects, host.elapsedMs]).toEqual([[100], 150]);
  });

  it("hangs until the deadline, whatever the wall clock does meanwhile", async () => {
    const { host, effects, effect } = setUp();
    const call = testCallContext({ host, deadlineMs: host.now() + 500 });
    const hanging = throughFaults(port({ kind: "hang" }), "bind", "k", call, effect);
    hanging.catch(() => undefined);
    host.jumpClock(-1_000_000);
    await expect(host.waitFor(hanging, { limitMs: 1_000 })).rejects.toMatchObject({ code: "BACKEND_TIMEOUT", effect: "unknown" });
    expect([effects, host.elapsedMs]).toEqual([[], 500]);
  });

  it("rejects at once with the reason when it is aborted, in every kind of waiting", async () => {
    const waits: FaultPort[] = [
      port({ kind: "hang" }),
      port({ kind: "delay", ms: 900 }),
      port(PASS, { kind: "hang" }),
      port(PASS, { kind: "delay", ms: 900 }),
      port({ kind: "fail", code: "BACKEND_TIMEOUT", delayMs: 900 }),
    ];
    for (const waiting of waits) {
      const { host, effect } = setUp();
      const controller = new AbortController();
      const reason = new Error("enough");
      const going = throughFaults(waiting, "bind", "k", testCallContext({ host, signal: controller.signal }), effect);
      going.catch(() => undefined);
      await host.advance(10);
      controller.abort(reason);
      await expect(going).rejects.toBe(reason);
      expect(host.elapsedMs).toBe(10);
      await host.runAll(1_000);
      await expect(throughFaults(waiting, "bind", "k", testCallContext({ host, signal: controller.signal }), effect)).rejects.toBe(reason);
    }
  });

  it("gives a late request a signal of its own", async () => {
    const { host } = setUp();
    const controller = new AbortController();
    const seen: boolean[] = [];
    const going = throughFaults(
      port({ kind: "delay", ms: 100 }),
      "bind",
      "k",
      testCallContext({ host, signal: controller.signal }),
      async (call) => {
        seen.push(call.signal.aborted);
      },
    );
    going.catch(() => undefined);
    controller.abort(new Error("enough"));
    await host.runAll(1_000);
    expect(seen).toEqual([false]);
  });

  it("delivers twice and answers once, even if the second delivery fails", async () => {
    const { host } = setUp();
    let count = 0;
    const answer = await throughFaults(port({ kind: "duplicate" }), "bind", "k", testCallContext({ host }), async () => {
      if (++count === 2) throw new Error("second");
      return count;
    });
    expect([answer, count]).toEqual([1, 2]);
  });

  it("loses error answers too", async () => {
    const { host } = setUp();
    const lost = port(PASS, { kind: "fail", code: "BACKEND_TIMEOUT" });
    await expect(
      throughFaults(lost, "bind", "k", testCallContext({ host }), () => Promise.reject(new Error("no capacity"))),
    ).rejects.toMatchObject({ code: "BACKEND_TIMEOUT" });
  });
});

describe("fault scripts", () => {
  it("use rules up in order, by verb, key and count", () => {
    const script = new FaultScript({
      calls: [
        { verb: "bind", key: "a", before: { kind: "hang" } },
        { verb: "bind", skip: 1, times: 2, before: { kind: "duplicate" } },
      ],
    });
    const kinds = (keys: string[]) => keys.map((key) => script.before("bind", key).kind);
    expect(kinds(["b", "a", "a", "b", "c"])).toEqual(["pass", "hang", "duplicate", "duplicate", "pass"]);
    expect(script.before("release", "a")).toBe(PASS);
  });

  it("keep what comes after a call with its call", () => {
    const fail: FaultDecision = { kind: "fail", code: "BACKEND_TIMEOUT" };
    const script = new FaultScript({ calls: [{ verb: "bind", after: fail }] });
    script.before("bind", "a");
    script.before("bind", "b");
    expect([script.after("bind", "b"), script.after("bind", "a"), script.after("bind", "a")]).toEqual([PASS, fail, PASS]);
    script.call({ verb: "bind", after: fail });
    script.before("bind", "a");
    // The first call never arrived; its successor has nothing to do with it.
    script.before("bind", "a");
    expect(script.after("bind", "a")).toBe(PASS);
  });

  it("match launches by every given fact", () => {
    const facts = { key: "ns-run-1", node: "n1", provider: "p", operator: "o", labels: { run: "r1", attempt: "1" } };
    const matches = (match: object) => new FaultScript({ launches: [{ match, exitCode: 1 }] }).takeLaunch(facts).exitCode === 1;
    for (const match of [
      {},
      { key: "ns-run-1" },
      { keyPrefix: "ns-" },
      { node: "n1", provider: "p", operator: "o" },
      { labels: { run: "r1" } },
    ])
      expect(matches(match)).toBe(true);
    for (const match of [
      { key: "x" },
      { keyPrefix: "run" },
      { node: "n2" },
      { provider: "q" },
      { operator: "p" },
      { node: "n1", operator: "x" },
      { labels: { run: "r2" } },
      { labels: { other: "" } },
    ])
      expect(matches(match)).toBe(false);
    const script = new FaultScript();
    script.launch({ exitCode: 1, times: 2 });
    expect(
      [script.peekLaunch(facts), script.takeLaunch(facts), script.takeLaunch(facts), script.takeLaunch(facts)].map(
        (found) => found.exitCode,
      ),
    ).toEqual([1, 1, 1, undefined]);
    script.launch({ exitCode: 1 });
    script.clear();
    expect(script.takeLaunch(facts)).toEqual({});
  });
});

describe("fault ports", () => {
  it("combine: the first that does not pass decides, and every one is asked", () => {
    const asked: string[] = [];
    const named = (name: string, decision: FaultDecision): FaultPort => ({
      before: () => {
        asked.push(name);
        return decision;
      },
      after: () => PASS,
    });
    const combined = combineFaults(named("a", PASS), named("b", { kind: "hang" }), named("c", { kind: "duplicate" }));
    expect(combined.before("bind", "k")).toEqual({ kind: "hang" });
    expect(combined.after("bind", "k")).toBe(PASS);
    expect(asked).toEqual(["a", "b", "c"]);
  });

  it("draw at their rates, the same for the same call whatever comes between", () => {
    const rates = {
      bind: { refused: 0.1, rateLimited: 0.1, requestLost: 0.1, requestDelayed: 0.1, duplicated: 0.1, hung: 0.1 },
      any: { answerLost: 0.25, answerDelayed: 0.25 },
    };
    const draw = (keys: readonly string[]) => {
      const drawn = seededFaults({ seed: "s", rates });
      return new Map(keys.map((key) => [key, drawn.before("bind", key)]));
    };
    const keys = Array.from({ length: 2_000 }, (_, index) => `k${index}`);
    const forward = draw(keys);
    const backward = draw([...keys].reverse());
    for (const key of keys) expect(backward.get(key)).toEqual(forward.get(key));
    const tally = new Map<string, number>();
    for (const decision of forward.values()) {
      const name = decision.kind === "fail" ? decision.code : decision.kind;
      tally.set(name, (tally.get(name) ?? 0) + 1);
    }
    expect([...tally.keys()].sort()).toEqual([
      "BACKEND_RATE_LIMITED",
      "BACKEND_TIMEOUT",
      "BACKEND_UNAVAILABLE",
      "delay",
      "duplicate",
      "hang",
      "pass",
    ]);
    // Five standard deviations of 2,000 draws at 0.1 and 0.4.
    for (const [name, count] of tally)
      expect(Math.abs(count - (name === "pass" ? 800 : 200)), name).toBeLessThan(name === "pass" ? 110 : 68);
    const drawn = seededFaults({ seed: "s", rates });
    const after = keys.map((key) => {
      drawn.before("release", key);
      return drawn.after("release", key).kind;
    });
    expect(new Set(after)).toEqual(new Set(["pass", "fail", "delay"]));
    expect(seededFaults({ seed: "s", rates: {} }).before("bind", "k")).toBe(PASS);
  });

  it("name batches by their first key and size", () => {
    expect([batchKey([]), batchKey([{ key: "a" }]), batchKey([{ key: "a" }, { key: "b" }, { key: "c" }])]).toEqual(["", "a", "a+2"]);
  });
});

describe("withFaults", () => {
  it("puts the port in front of every verb and leaves absent verbs absent", async () => {
    const host = createVirtualHost();
    const inner = complete(marketplace({ providers: [{ name: "solo" }] }));
    const asked: string[] = [];
    const backend = withFaults(inner, {
      before: (verb, key) => {
        asked.push(`${verb}:${key}`);
        return { kind: "fail", code: "BACKEND_UNAVAILABLE" };
      },
      after: () => PASS,
    });
    const call = testCallContext({ host });
    const ref = { backend: "marketplace", key: "k1", data: {} };
    const never = {} as never;
    const attempts = [
      () => backend.listOffers(never, call),
      () => backend.bind({ key: "k1" } as never, call),
      () => backend.find([{ key: "k1", intendedAtMs: 0 }], call),
      () => backend.inspect([ref, ref], call),
      () => backend.release(ref, { graceMs: 0 }, call),
      () => backend.listLeases(call),
      () => backend.start(ref, { key: "k2" } as never, call),
      () => backend.collect(ref, never, call),
      async () => {
        for await (const chunk of backend.logs(ref, call)) throw new Error(`unexpected ${chunk.text}`);
      },
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
    expect(asked).toEqual([
      "listOffers:",
      "bind:k1",
      "find:k1",
      "inspect:k1+1",
      "release:k1",
      "listLeases:",
      "start:k2",
      "collect:k1",
      "logs:k1",
    ]);
    const { start, collect, logs, close, ...least } = inner;
    const bare: Backend = least;
    expect(Object.keys(withFaults(bare, noFaults)).filter((name) => ["start", "collect", "logs", "close"].includes(name))).toEqual([]);
    expect([typeof start, typeof collect, typeof logs, typeof close]).toEqual(["function", "function", "function", "function"]);
  });
});
