import { describe, expect, it } from "vitest";
import { DEMAND, failure, HOUR_MS, launchFor, placementFor, Stage } from "./market-fixture.js";

describe("simulated marketplace: calls that go wrong", () => {
  it("answers a bind ambiguously, with and without a lease behind it", async () => {
    const made = new Stage({
      faults: { plan: { calls: [{ verb: "bind", after: { kind: "fail", code: "BACKEND_TIMEOUT", delayMs: 5_000 } }] } },
    });
    expect(await failure(made.bind("k1"))).toMatchObject({ code: "BACKEND_TIMEOUT", effect: "unknown" });
    expect(made.host.elapsedMs).toBe(5_000);
    expect(await made.until(made.market.find([{ key: "k1", intendedAtMs: 0 }], made.call()))).toMatchObject([
      { kind: "bound", lease: { ref: made.market.leases()[0]?.ref } },
    ]);
    const lost = new Stage({ faults: { plan: { calls: [{ verb: "bind", before: { kind: "fail", code: "BACKEND_TIMEOUT" } }] } } });
    expect(await failure(lost.bind("k1"))).toMatchObject({ code: "BACKEND_TIMEOUT", effect: "unknown" });
    expect(await lost.until(lost.market.find([{ key: "k1", intendedAtMs: 0 }], lost.call()))).toEqual([{ kind: "absent", key: "k1" }]);
    await lost.bind("k1");
    expect(lost.market.openLeases()).toHaveLength(1);
  });

  it("draws ambiguous answers of both kinds at the given rates", async () => {
    const stage = new Stage({
      providers: [{ name: "pool", nodes: 200 }],
      offersTtlMs: HOUR_MS,
      faults: { rates: { bind: { answerLost: 0.2, requestLost: 0.2 } } },
    });
    let unclear = 0;
    for (const [index, offer] of (await stage.offers()).entries()) {
      const outcome = await stage
        .until(stage.market.bind(placementFor(`k${index}`, offer), stage.call()))
        .catch((error: { effect: string }) => error.effect);
      if (outcome === "unknown") unclear++;
    }
    const made = stage.market.leases().length;
    expect(unclear).toBeGreaterThan(45);
    expect(unclear).toBeLessThan(115);
    // Those without a fault, and those whose answer was lost; the others never arrived.
    expect(made).toBeGreaterThan(200 - unclear + 12);
    expect(made).toBeLessThan(200 - 12);
  });

  it("lets a bind arrive after its caller has given up", async () => {
    const stage = new Stage({ faults: { plan: { calls: [{ verb: "bind", before: { kind: "delay", ms: 10_000 } }] } } });
    const controller = new AbortController();
    const bind = stage.market.bind(placementFor("k1", await stage.offer()), stage.call({ signal: controller.signal }));
    bind.catch(() => undefined);
    await stage.host.advance(1_000);
    controller.abort(new Error("enough"));
    await expect(bind).rejects.toThrow("enough");
    expect(stage.host.elapsedMs).toBe(1_000);
    expect(stage.market.leases()).toEqual([]);
    await stage.host.advance(9_000);
    expect(stage.market.openLeases()).toMatchObject([{ key: "k1" }]);
  });

  it("never lets a bind arrive after its deadline", async () => {
    const stage = new Stage({ faults: { plan: { calls: [{ verb: "bind", before: { kind: "delay", ms: 10_001 } }] } } });
    const call = stage.call({ deadlineMs: stage.host.now() + 10_000 });
    expect(await failure(stage.until(stage.market.bind(placementFor("k1", await stage.offer()), call)))).toMatchObject({
      code: "BACKEND_TIMEOUT",
    });
    expect(stage.market.leases()).toEqual([]);
  });

  it("delivers requests twice without doing anything twice", async () => {
    for (const binding of ["firm", "indicative"] as const) {
      const stage = new Stage({
        binding,
        bidShare: 1,
        providers: [{ name: "solo", capacity: 2, startMs: 1_000 }],
        faults: { rates: { any: { duplicated: 1 } } },
      });
      await stage.bind("k1");
      expect(stage.market.leases()).toHaveLength(1);
      await stage.host.advance(20_000);
      await stage.collect("k1");
      expect(await stage.release("k1")).toBe("released");
      const events = stage.market.history().map((event) => event.event);
      expect(events.filter((event) => event === "lease-opened")).toHaveLength(1);
      expect(events.filter((event) => event === "released")).toHaveLength(1);
      expect(stage.market.ledger()).toHaveLength(1);
    }
  });

  it("shows a new lease late, and a released one as long", async () => {
    const stage = new Stage({ visibilityMs: 20_000 });
    expect(stage.market.capabilities.visibilityMs).toBe(20_000);
    await stage.bind("k1");
    const seen = async () => ({
      find: (await stage.until(stage.market.find([{ key: "k1", intendedAtMs: 0 }], stage.call())))[0]?.kind,
      inspect: await stage.phase("k1"),
      list: (await stage.until(stage.market.listLeases(stage.call()))).length,
    });
    expect(await seen()).toEqual({ find: "absent", inspect: "gone", list: 0 });
    await stage.host.advance(20_000);
    expect(await seen()).toEqual({ find: "bound", inspect: "exited", list: 1 });
    await stage.release("k1");
    expect(await seen()).toEqual({ find: "absent", inspect: "exited", list: 1 });
    await stage.host.advance(20_000);
    expect(await seen()).toEqual({ find: "absent", inspect: "exited", list: 0 });
  });

  it("lists nothing of other namespaces", async () => {
    const stage = new Stage();
    await stage.bind("k1");
    expect(await stage.until(stage.market.listLeases(stage.call({ namespace: { id: "others", secret: "" } })))).toEqual([]);
    expect(await stage.until(stage.market.listLeases(stage.call()))).toHaveLength(1);
  });

  it("shows everything to another client of the same market", async () => {
    const stage = new Stage();
    const { ref } = await stage.bind("k1");
    const other = stage.market.connect();
    expect([other.id, other.capabilities]).toEqual([stage.market.id, stage.market.capabilities]);
    expect(await stage.until(other.listLeases(stage.call()))).toEqual([ref]);
    expect(await stage.until(other.find([{ key: "k1", intendedAtMs: 0 }], stage.call()))).toMatchObject([
      { kind: "bound", lease: { ref } },
    ]);
    stage.market.injectOutage({ durationMs: 1_000 });
    await expect(stage.until(other.release(ref, { graceMs: 0 }, stage.call()))).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
    await stage.host.advance(1_000);
    expect(await stage.until(other.release(ref, { graceMs: 0 }, stage.call()))).toBe("released");
    expect(stage.market.openLeases()).toEqual([]);
  });

  it("answers unknown about single leases now and then", async () => {
    const stage = new Stage({ faults: { unknownShare: 0.4 } });
    await stage.bind("k1");
    const kinds = { report: new Set<string>(), finding: new Set<string | undefined>() };
    for (let step = 0; step < 60; step++) {
      kinds.report.add((await stage.report("k1")).kind);
      kinds.finding.add((await stage.until(stage.market.find([{ key: "k1", intendedAtMs: 0 }], stage.call())))[0]?.kind);
    }
    expect(kinds.report).toEqual(new Set(["status", "unknown"]));
    expect(kinds.finding).toEqual(new Set(["bound", "unknown"]));
  });

  it("releases idempotently, whatever the lease is", async () => {
    const stage = new Stage();
    expect(await stage.release("never-bound")).toBe("released");
    await stage.bind("k1");
    expect(await stage.release("k1")).toBe("released");
    await stage.host.advance(5_000);
    expect(await stage.release("k1")).toBe("released");
    expect(await stage.report("k1")).toMatchObject({ phase: "ended", reason: "CANCELLED", charge: { final: true } });
    expect(await failure(stage.collect("k1"))).toMatchObject({ code: "LEASE_LOST" });
    expect(stage.market.history().filter((event) => event.event === "released")).toHaveLength(1);
  });

  it("loses a release, whose lease then goes on costing", async () => {
    const stage = new Stage({ faults: { plan: { calls: [{ verb: "release", before: { kind: "fail", code: "BACKEND_TIMEOUT" } }] } } });
    await stage.bind("k1");
    expect(await failure(stage.release("k1"))).toMatchObject({ code: "BACKEND_TIMEOUT" });
    expect(stage.market.openLeases()).toMatchObject([{ state: "open" }]);
    expect(await stage.release("k1")).toBe("released");
  });

  it("is down during outages: those ordered, for single verbs or all, refusing or hanging", async () => {
    const stage = new Stage();
    const list = () => stage.until(stage.market.listOffers(DEMAND, stage.call({ deadlineMs: stage.host.now() + 8_000 })));
    await list();
    stage.market.injectOutage({ afterMs: 1_000, durationMs: 10_000 });
    await list();
    await stage.host.advance(1_000);
    expect(await failure(list())).toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "none" });
    await stage.host.advance(10_000);
    await list();
    stage.market.injectOutage({ durationMs: 1_000, verbs: ["listOffers"], hangs: true });
    await stage.until(stage.market.listLeases(stage.call()));
    const before = stage.host.elapsedMs;
    expect(await failure(list())).toMatchObject({ code: "BACKEND_TIMEOUT" });
    expect(stage.host.elapsedMs - before).toBe(8_000);
    await list();
  });

  it("has outages of its own, at their rate", async () => {
    const stage = new Stage({ faults: { outagesPerHour: 1, outageMs: HOUR_MS } });
    let down = 0;
    for (let step = 0; step < 400; step++) {
      await stage.offers().catch(() => down++);
      await stage.host.advance(HOUR_MS);
    }
    expect(down).toBeGreaterThan(140);
    expect(down).toBeLessThan(260);
  });

  it("refuses more calls a second than it takes, and says when to come back", async () => {
    const stage = new Stage({ maxCallsPerSecond: 4 });
    for (let step = 0; step < 4; step++) await stage.offers();
    const error = await failure(stage.offers());
    expect(error).toMatchObject({ code: "BACKEND_RATE_LIMITED", effect: "none", details: { retryAfterMs: 250 } });
    await stage.host.advance(250);
    await stage.offers();
    await expect(stage.offers()).rejects.toThrow(/4 calls a second/);
  });

  it("takes its time to answer and lets go at once when it is aborted", async () => {
    const stage = new Stage({ latencyMs: [200, 400] });
    await stage.offers();
    expect(stage.host.elapsedMs).toBeGreaterThanOrEqual(200);
    expect(stage.host.elapsedMs).toBeLessThan(400);
    const controller = new AbortController();
    const listing = stage.market.listOffers(DEMAND, stage.call({ signal: controller.signal }));
    listing.catch(() => undefined);
    await stage.host.advance(10);
    controller.abort(new Error("enough"));
    await expect(listing).rejects.toThrow("enough");
    expect(stage.host.pendingTimers()).toEqual([]);
    await expect(stage.market.listOffers(DEMAND, stage.call({ signal: controller.signal }))).rejects.toThrow("enough");
  });

  it("does not notice that the caller's clock is set", async () => {
    const stage = new Stage();
    await stage.bind("k1");
    await stage.host.advance(2_000);
    stage.host.jumpClock(24 * HOUR_MS);
    expect(await stage.phase("k1")).toBe("running");
    const report = await stage.report("k1");
    expect(report).toMatchObject({ startedAtMs: stage.host.now() - 1_000 });
    stage.host.jumpClock(-48 * HOUR_MS);
    await stage.host.advance(9_000);
    expect(await stage.phase("k1")).toBe("exited");
    expect((await stage.until(stage.market.listOffers({ ...DEMAND, cpu: 4 }, stage.call()))).length).toBe(0);
    await stage.release("k1");
    expect(stage.market.charged()).toBe(1_100_000n);
  });

  it("starts all over after a reset", async () => {
    const stage = new Stage({ providers: [{ name: "pool", nodes: 3, usdPerHour: [1, 2] }], priceVolatility: 0.3 });
    const before = await stage.offers();
    await stage.bind("k1");
    stage.market.killNode("sim-pool-2");
    stage.market.setPrice("sim-pool-3", 9);
    stage.market.injectOutage({ durationMs: HOUR_MS });
    stage.market.faults.launch({ blockStartMs: "forever" });
    await stage.host.advance(10 * HOUR_MS);
    await stage.market.reset();
    expect([stage.market.leases(), stage.market.history(), stage.market.ledger()]).toEqual([[], [], []]);
    const after = await stage.offers();
    expect(after.map(({ price, node }) => [price, node])).toEqual(before.map(({ price, node }) => [price, node]));
    await stage.bind("k1");
    await stage.host.advance(60_000);
    expect(await stage.phase("k1")).toBe("exited");
  });
});

describe("simulated marketplace: virtual jobs", () => {
  it("follow the launch's environment by default, and honest replicas agree", async () => {
    const stage = new Stage({ providers: [{ name: "pool", nodes: 3, startMs: 0 }], virtualJob: undefined as never });
    const launch = (key: string, more: Record<string, string> = {}) =>
      launchFor(key, {
        env: { VIRTUAL_DURATION_MS: "5000", ...more },
        outputs: [
          { path: "a", optional: false },
          { path: "b", optional: false },
        ],
      });
    await stage.bind("k1", { launch: launch("k1") });
    await stage.bind("k2", { launch: launch("k2") });
    await stage.bind("k3", { launch: launch("k3", { VIRTUAL_EXIT_CODE: "3" }) });
    await stage.host.advance(4_999);
    expect(await stage.phase("k1")).toBe("running");
    await stage.host.advance(1);
    const digests = async (key: string) => (await stage.collect(key, launch(key))).manifest.outputs.map((output) => output.sha256);
    const one = await digests("k1");
    expect(new Set(one).size).toBe(2);
    expect(await digests("k2")).toEqual(one);
    expect(await stage.report("k3")).toMatchObject({ exitCode: 3 });
    expect(await digests("k3")).toEqual([]);
    await stage.release("k1");
    const bad = stage.bind("k4", { launch: launch("k4", { VIRTUAL_DURATION_MS: "soon" }) });
    expect(await failure(bad)).toMatchObject({ code: "BACKEND_REJECTED", details: { field: "env.VIRTUAL_DURATION_MS" } });
    expect(stage.market.leases()).toHaveLength(3);
  });

  it("hand over directories member by member, and miss required outputs", async () => {
    const stage = new Stage({
      virtualJob: () => ({ durationMs: 1, outputs: { "out/b/2.txt": "two", "out/a.txt": "one", outsider: "x" } }),
    });
    await stage.bind("k1");
    await stage.host.advance(2_000);
    const { manifest } = await stage.collect(
      "k1",
      launchFor("k1", {
        outputs: [
          { path: "out", optional: false },
          { path: "none", optional: true },
        ],
      }),
    );
    expect(manifest.outputs.map(({ path, member }) => [path, member])).toEqual([
      ["out", "a.txt"],
      ["out", "b/2.txt"],
    ]);
    const missing = stage.collect("k1", launchFor("k1", { outputs: [{ path: "none", optional: false }] }));
    expect(await failure(missing)).toMatchObject({ code: "OUTPUT_MISSING" });
  });

  it("print lines while they run, to whoever follows", async () => {
    const stage = new Stage({ virtualJob: () => ({ durationMs: 9_000, logs: ["one", "two"] }) });
    await stage.bind("k1");
    const follow = async (signal?: AbortSignal) => {
      const lines: string[] = [];
      for await (const chunk of stage.market.logs(stage.ref("k1"), stage.call(signal === undefined ? {} : { signal })))
        lines.push(`${chunk.text.trim()}@${(chunk.atMs ?? 0) - stage.host.now() + stage.host.elapsedMs}`);
      return lines;
    };
    const first = follow();
    expect(await stage.until(first)).toEqual(["one@4000", "two@7000"]);
    expect(await stage.until(follow())).toEqual(["one@4000", "two@7000"]);
    expect(stage.host.pendingTimers()).toEqual([]);
  });

  it("print no more once the lease is released or nobody listens", async () => {
    const stage = new Stage({ virtualJob: () => ({ durationMs: 9_000, logs: ["one", "two"] }) });
    await stage.bind("k1");
    const controller = new AbortController();
    const read = async (signal?: AbortSignal) => {
      const lines: string[] = [];
      for await (const chunk of stage.market.logs(stage.ref("k1"), stage.call(signal === undefined ? {} : { signal })))
        lines.push(chunk.text.trim());
      return lines;
    };
    const aborted = read(controller.signal);
    const released = read();
    await stage.host.advance(5_000);
    controller.abort();
    expect(await stage.until(aborted)).toEqual(["one"]);
    await stage.release("k1");
    expect(await stage.until(released)).toEqual(["one"]);
  });
});

describe("simulated marketplace: options", () => {
  it("are refused with the field's name when they are out of range", () => {
    const attempt = (options: object) => {
      try {
        new Stage(options);
      } catch (error) {
        return (error as { details: { field: string } }).details.field;
      }
      return "accepted";
    };
    expect(attempt({ providers: [] })).toBe("providers");
    expect(attempt({ providers: [{ name: "Bad Name" }] })).toBe("providers[0].name");
    expect(attempt({ providers: [{ name: "a" }, { name: "a" }] })).toBe("providers[1].name");
    expect(attempt({ providers: [{ name: "a", nodes: 0 }] })).toBe("providers[0].nodes");
    expect(attempt({ providers: [{ name: "a", speed: 0 }] })).toBe("providers[0].speed");
    expect(attempt({ providers: [{ name: "a", startMs: [5, 1] }] })).toBe("providers[0].startMs");
    expect(attempt({ providers: [{ name: "a", wrongShare: 1.5 }] })).toBe("providers[0].wrongShare");
    expect(attempt({ faults: { unknownShare: Number.NaN } })).toBe("faults.unknownShare");
    expect(attempt({ billing: { granularityMs: 0 } })).toBe("billing.granularityMs");
    expect(attempt({})).toBe("accepted");
  });
});
