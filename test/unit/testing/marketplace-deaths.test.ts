import { describe, expect, it } from "vitest";
import { failure, HOUR_MS, launchFor, Stage } from "./market-fixture.js";

describe("simulated marketplace: nodes and leases that end", () => {
  it("announces a node's death, bills until then and loses what the command left behind", async () => {
    const stage = new Stage({ faults: { plan: { launches: [{ dieAfterMs: 5_000 }] } } });
    await stage.bind("k1");
    await stage.host.advance(5_999);
    expect(await stage.phase("k1")).toBe("running");
    await stage.host.advance(1);
    expect(await stage.report("k1")).toMatchObject({
      kind: "status",
      phase: "ended",
      reason: "LEASE_LOST",
      charge: { amount: 600_000n, final: false },
    });
    expect(await failure(stage.collect("k1"))).toMatchObject({ code: "LEASE_LOST" });
    expect(stage.market.openLeases()).toEqual([]);
    expect(stage.market.leases()).toMatchObject([{ state: "ended" }]);
    await stage.host.advance(60_000);
    expect(await stage.release("k1")).toBe("released");
    expect(stage.market.ledger()).toMatchObject([{ openMs: 6_000, amount: 600_000n, final: true }]);
  });

  it("reports a node that died in silence as running, then as unknown, then as gone", async () => {
    const stage = new Stage({ faults: { plan: { launches: [{ dieAfterMs: 2_000, silentMs: 30_000 }] } } });
    await stage.bind("k1");
    await stage.host.advance(3_000);
    expect(await stage.phase("k1")).toBe("running");
    expect(stage.market.leases()).toMatchObject([{ state: "ended" }]);
    await stage.host.advance(29_999);
    expect(await stage.phase("k1")).toBe("running");
    expect(await stage.until(stage.market.listLeases(stage.call()))).toHaveLength(1);
    await stage.host.advance(1);
    expect(await stage.report("k1")).toMatchObject({ kind: "unknown", error: { code: "BACKEND_UNAVAILABLE" } });
    await stage.host.advance(30_000);
    expect(await stage.report("k1")).toMatchObject({ kind: "gone", charge: { amount: 300_000n, final: true } });
    expect(await stage.until(stage.market.listLeases(stage.call()))).toEqual([]);
    expect(await stage.until(stage.market.find([{ key: "k1", intendedAtMs: 0 }], stage.call()))).toEqual([{ kind: "absent", key: "k1" }]);
    expect(await stage.release("k1")).toBe("released");
  });

  it("keeps reporting an exit that came before the death", async () => {
    const stage = new Stage();
    await stage.bind("k1");
    await stage.host.advance(12_000);
    stage.market.killNode("sim-solo-1");
    await stage.host.advance(60_000);
    expect(await stage.report("k1")).toMatchObject({ phase: "exited", exitCode: 0 });
    expect(await failure(stage.collect("k1"))).toMatchObject({ code: "LEASE_LOST" });
  });

  it("bills dead nodes until release where the market is of that kind", async () => {
    const stage = new Stage({ billsDeadNodes: true, faults: { plan: { launches: [{ dieAfterMs: 0 }] } } });
    await stage.bind("k1");
    await stage.host.advance(100_000);
    await stage.release("k1");
    expect(stage.market.ledger()).toMatchObject([{ openMs: 100_000, final: true }]);
  });

  it("takes machines back", async () => {
    const stage = new Stage({ faults: { plan: { launches: [{ revokeAfterMs: 4_000 }] } } });
    await stage.bind("k1");
    await stage.host.advance(4_000);
    expect(await stage.report("k1")).toMatchObject({ phase: "ended", reason: "PREEMPTED" });
  });

  it("reclaims at the rate it was given, on the whole", async () => {
    const stage = new Stage({
      providers: [{ name: "spot", nodes: 200, reclaimsPerHour: 1, startMs: 0 }],
      virtualJob: () => ({ durationMs: 10 * HOUR_MS }),
      enforcesLifetime: false,
    });
    const offers = await stage.offers();
    const launch = (key: string) => launchFor(key, { timeoutMs: 100 * HOUR_MS, maxLifetimeMs: 100 * HOUR_MS });
    for (const [index, offer] of offers.entries()) await stage.bind(`k${index}`, { node: offer.id, launch: launch(`k${index}`) });
    await stage.host.advance(HOUR_MS);
    const reports = await stage.until(
      stage.market.inspect(
        offers.map((_, index) => stage.ref(`k${index}`)),
        stage.call(),
      ),
    );
    const reclaimed = reports.filter((report) => report.kind === "status" && report.reason === "PREEMPTED").length;
    // 1 - 1/e of 200 is 126; five standard deviations are 34.
    expect(Math.abs(reclaimed - 126)).toBeLessThan(34);
  });

  it("lets launches never start, start slowly, or fail to start", async () => {
    const stage = new Stage({
      providers: [{ name: "solo", nodes: 4, startMs: 1_000 }],
      faults: { plan: { launches: [{ blockStartMs: "forever" }, { blockStartMs: 60_000 }, { startError: "IMAGE_PULL_FAILED" }] } },
    });
    for (const [index, key] of ["never", "slow", "failed", "plain"].entries()) await stage.bind(key, { node: `sim-solo-${index + 1}` });
    await stage.host.advance(59_999);
    expect([await stage.phase("never"), await stage.phase("slow")]).toEqual(["pending", "starting"]);
    expect(await stage.report("failed")).toMatchObject({ phase: "ended", reason: "IMAGE_PULL_FAILED" });
    expect(await stage.phase("plain")).toBe("exited");
    await stage.host.advance(1);
    expect(await stage.phase("slow")).toBe("running");
    await stage.host.advance(HOUR_MS);
    expect(await stage.phase("never")).toBe("pending");
    expect(await failure(stage.collect("never"))).toMatchObject({ code: "BACKEND_REJECTED", effect: "none" });
  });

  it("draws never-starting, slow and failing launches by their shares", async () => {
    const phasesAfter = async (share: object) => {
      const stage = new Stage({
        providers: [{ name: "pool", nodes: 100, startMs: 1_000, ...share }],
        virtualJob: () => ({ durationMs: HOUR_MS / 2 }),
      });
      for (const [index, offer] of (await stage.offers()).entries()) await stage.bind(`k${index}`, { node: offer.id });
      await stage.host.advance(5_000);
      const reports = await stage.until(
        stage.market.inspect(
          Array.from({ length: 100 }, (_, index) => stage.ref(`k${index}`)),
          stage.call(),
        ),
      );
      return reports.map((report) => (report.kind === "status" ? report.phase : report.kind));
    };
    const count = (phases: string[], phase: string) => phases.filter((one) => one === phase).length;
    expect(count(await phasesAfter({}), "running")).toBe(100);
    for (const [share, phase] of [
      ["neverStartShare", "pending"],
      ["failedStartShare", "ended"],
      ["slowStartShare", "starting"],
    ] as const) {
      const hit = count(await phasesAfter({ [share]: 0.3 }), phase);
      expect(hit, share).toBeGreaterThan(10);
      expect(hit, share).toBeLessThan(50);
    }
  });

  it("ends leases at their lifetime limit, and commands at their time limit", async () => {
    const stage = new Stage({ providers: [{ name: "solo", nodes: 2, startMs: 0 }], virtualJob: () => ({ durationMs: HOUR_MS }) });
    await stage.bind("life", { node: "sim-solo-1", launch: launchFor("life", { maxLifetimeMs: 20_000 }) });
    await stage.bind("time", { node: "sim-solo-2", launch: launchFor("time", { timeoutMs: 10_000 }) });
    await stage.host.advance(30_000);
    expect(await stage.report("life")).toMatchObject({ phase: "ended", reason: "LEASE_LOST", charge: { amount: 555_556n } });
    expect(await stage.report("time")).toMatchObject({ phase: "exited", exitCode: 143, reason: "WORKLOAD_TIMED_OUT" });
  });

  it("kills nodes on demand, takes them off the list, and brings them back when it was told so", async () => {
    const stage = new Stage();
    await stage.bind("k1");
    await stage.host.advance(2_000);
    stage.market.killNode("sim-solo-1", { downMs: 60_000 });
    expect(await stage.phase("k1")).toBe("ended");
    expect(await stage.offers()).toEqual([]);
    await stage.host.advance(60_000);
    expect(await stage.offers()).toHaveLength(1);
    expect(() => stage.market.killNode("nobody")).toThrow(/no node or provider called nobody/);
  });

  it("has nodes die and come back as their hazard says, whatever anybody does", async () => {
    const upShare = async (lifetimes: "exponential" | "heavy-tailed") => {
      const stage = new Stage({ providers: [{ name: "pool", nodes: 50, hazardPerHour: 1, downMs: HOUR_MS, lifetimes }] });
      const seen: number[] = [];
      for (let hour = 0; hour < 100; hour++) {
        seen.push((await stage.offers()).length);
        await stage.host.advance(HOUR_MS);
      }
      return seen;
    };
    const plain = await upShare("exponential");
    expect(plain[0]).toBe(50);
    // Up and down times have the same mean, so half of the nodes are up in the long run.
    const mean = plain.slice(20).reduce((sum, one) => sum + one, 0) / 80;
    expect(mean).toBeGreaterThan(21);
    expect(mean).toBeLessThan(29);
    const heavy = await upShare("heavy-tailed");
    expect(heavy).not.toEqual(plain);
    expect(await upShare("heavy-tailed")).toEqual(heavy);
  });

  it("can lose the connection to a lease for a while without harm to the work", async () => {
    const stage = new Stage({ faults: { plan: { launches: [{ loseConnection: { afterMs: 3_000, forMs: 4_000 } }] } } });
    await stage.bind("k1");
    const phases: string[] = [];
    for (let second = 0; second < 12; second++) {
      phases.push(await stage.phase("k1"));
      await stage.host.advance(1_000);
    }
    expect(phases).toEqual([
      "pending",
      "running",
      "running",
      "unknown",
      "unknown",
      "unknown",
      "unknown",
      "running",
      "running",
      "running",
      "running",
      "exited",
    ]);
  });
});
