import { describe, expect, it } from "vitest";
import { failure, HOUR_MS, launchFor, placementFor, Stage } from "./market-fixture.js";

describe("simulated marketplace: the plain way", () => {
  it("lists, binds, runs, hands over, releases and bills exactly", async () => {
    const stage = new Stage();
    const offer = await stage.offer();
    expect(offer).toMatchObject({
      id: "sim-solo-1",
      backend: "marketplace",
      binding: "firm",
      price: { usdPerHour: 0.36, source: "simulated market" },
    });
    const lease = await stage.until(stage.market.bind(placementFor("k1", offer), stage.call()));
    expect(lease.ref).toEqual({ backend: "marketplace", key: "k1", data: { simulated: true, node: "sim-solo-1" } });
    expect(await stage.phase("k1")).toBe("pending");
    await stage.host.advance(600);
    expect(await stage.phase("k1")).toBe("starting");
    await stage.host.advance(400);
    expect(await stage.phase("k1")).toBe("running");
    expect(stage.market.openLeases()).toMatchObject([{ key: "k1", state: "open", phase: "running" }]);
    await stage.host.advance(10_000);
    expect(await stage.report("k1")).toMatchObject({ kind: "status", phase: "exited", exitCode: 0, charge: { final: false } });
    const { manifest, text } = await stage.collect("k1");
    expect(text("out.txt")).toBe("right result");
    expect(manifest).toMatchObject({
      exitCode: 0,
      nonce: "nonce-k1",
      outputs: [{ path: "out.txt", member: "", size: 12, sha256: stage.host.sha256("right result") }],
    });
    expect((manifest.endedAtMs ?? 0) - (manifest.startedAtMs ?? 0)).toBe(10_000);
    await stage.host.advance(9_000);
    expect(await stage.release("k1")).toBe("released");
    // 20 s at 0.36 USD an hour.
    expect(stage.market.ledger()).toEqual([
      { key: "k1", node: "sim-solo-1", usdPerHour: 0.36, openedAtMs: 0, openMs: 20_000, billedMs: 20_000, amount: 2_000_000n, final: true },
    ]);
    await stage.host.advance(HOUR_MS);
    expect(await stage.report("k1")).toMatchObject({
      kind: "status",
      phase: "exited",
      exitCode: 0,
      charge: { amount: 2_000_000n, final: true },
    });
    expect(stage.market.openLeases()).toEqual([]);
    expect(stage.host.pendingTimers()).toEqual([]);
  });

  it("declares itself a simulation that costs no real money", () => {
    const { market } = new Stage();
    expect(market.capabilities).toMatchObject({
      simulated: true,
      paid: false,
      charges: "reported",
      trust: { operators: ["permissionless"] },
    });
    expect(market.nodes.every((node) => node.id.startsWith("sim-"))).toBe(true);
  });

  it("is idempotent on the key, also for two binds at the same time", async () => {
    const stage = new Stage({ latencyMs: [10, 500] });
    const offer = await stage.offer();
    const [one, two] = await stage.until(
      Promise.all([stage.market.bind(placementFor("k1", offer), stage.call()), stage.market.bind(placementFor("k1", offer), stage.call())]),
    );
    expect(one).toEqual(two);
    expect(stage.market.leases()).toHaveLength(1);
    await stage.release("k1");
    expect(await stage.until(stage.market.bind(placementFor("k1", offer), stage.call()))).toEqual(one);
    expect(stage.market.leases()).toHaveLength(1);
  });

  it("takes no more than a node's capacity", async () => {
    const stage = new Stage({ providers: [{ name: "solo", capacity: 2 }] });
    const offer = await stage.offer();
    expect(offer.capacity).toBe(2);
    const bind = (key: string) => stage.until(stage.market.bind(placementFor(key, offer), stage.call()));
    await bind("k1");
    await bind("k2");
    expect(await stage.offers()).toEqual([]);
    expect(await failure(bind("k3"))).toMatchObject({ code: "NO_CAPACITY", effect: "none" });
    await stage.release("k1");
    await bind("k3");
    expect(stage.market.openLeases().map((lease) => lease.key)).toEqual(["k2", "k3"]);
  });

  it("lists only what is large enough", async () => {
    const stage = new Stage({
      providers: [
        { name: "small", resources: { cpu: 1, memoryMiB: 2048 } },
        { name: "gpu", resources: { cpu: 8, memoryMiB: 65_536, gpu: { label: "NVIDIA L4", count: 1, memoryGiB: 22.5 } } },
      ],
    });
    const base = { cpu: 1, memoryMiB: 1024, diskMiB: 1, image: false, interruptible: true, maxLifetimeMs: 1 };
    const ids = async (demand: object) => (await stage.offers({ ...base, ...demand })).map((offer) => offer.id);
    expect(await ids({})).toEqual(["sim-small-1", "sim-gpu-1"]);
    expect(await ids({ cpu: 2 })).toEqual(["sim-gpu-1"]);
    expect(await ids({ gpu: { models: [], count: 1, memoryGiB: 24 } })).toEqual(["sim-gpu-1"]);
    expect(await ids({ gpu: { models: [], count: 2 } })).toEqual([]);
    expect(await ids({ arch: "arm64" })).toEqual([]);
    const offer = await stage.offer("sim-small-1");
    const launch = launchFor("k1", { resources: { cpu: 4, memoryMiB: 1, diskMiB: 1 } });
    expect(await failure(stage.until(stage.market.bind(placementFor("k1", offer, { launch }), stage.call())))).toMatchObject({
      code: "BACKEND_REJECTED",
    });
  });
});
