import { describe, expect, it } from "vitest";
import { launchFor, Stage } from "./market-fixture.js";

describe("simulated marketplace: lies", () => {
  const finish = async (stage: Stage, key: string, node: string) => {
    await stage.bind(key, { node });
    await stage.host.advance(20_000);
    const { manifest, files } = await stage.collect(key);
    await stage.release(key);
    return { digest: manifest.outputs[0]?.sha256, bytes: [...(files.get("out.txt") ?? [])] };
  };

  it("corrupts outputs, with digests of the corrupted bytes, differently on each lying node and alike on one", async () => {
    const stage = new Stage({ providers: [{ name: "honest" }, { name: "liar", nodes: 2, wrongShare: 1 }] });
    const right = await finish(stage, "k1", "sim-honest-1");
    const one = await finish(stage, "k2", "sim-liar-1");
    const two = await finish(stage, "k3", "sim-liar-2");
    const again = await finish(stage, "k4", "sim-liar-1");
    expect(right.digest).toBe(stage.host.sha256("right result"));
    for (const wrong of [one, two]) {
      expect(wrong.digest).toBe(stage.host.sha256(Uint8Array.from(wrong.bytes)));
      expect(wrong.digest).not.toBe(right.digest);
    }
    expect(one.digest).not.toBe(two.digest);
    expect(again.digest).toBe(one.digest);
  });

  it("lets liars collude", async () => {
    const stage = new Stage({ providers: [{ name: "gang", nodes: 2, wrongShare: 1, collusion: "the gang" }] });
    const one = await finish(stage, "k1", "sim-gang-1");
    const two = await finish(stage, "k2", "sim-gang-2");
    expect(one.digest).toBe(two.digest);
    expect(one.digest).not.toBe(stage.host.sha256("right result"));
  });

  it("lies as often as it was told to", async () => {
    const stage = new Stage({ providers: [{ name: "half", nodes: 60, wrongShare: 0.5 }] });
    let wrong = 0;
    for (let index = 1; index <= 60; index++) {
      const { digest } = await finish(stage, `k${index}`, `sim-half-${index}`);
      if (digest !== stage.host.sha256("right result")) wrong++;
    }
    expect(wrong).toBeGreaterThan(15);
    expect(wrong).toBeLessThan(45);
  });

  it("takes scripted lies, and scripted honesty", async () => {
    const bytes = new TextEncoder().encode("fake");
    const stage = new Stage({
      providers: [{ name: "liar", wrongShare: 1 }],
      faults: {
        plan: {
          launches: [
            { match: { key: "k1" }, lieAboutOutput: bytes },
            { match: { key: "k2" }, lieAboutOutput: false },
          ],
        },
      },
    });
    expect((await finish(stage, "k1", "sim-liar-1")).digest).toBe(stage.host.sha256("fake"));
    expect((await finish(stage, "k2", "sim-liar-1")).digest).toBe(stage.host.sha256("right result"));
  });

  it("claims one speed and has another", async () => {
    const stage = new Stage({ providers: [{ name: "boaster", speed: 0.5, claimedSpeed: 2, startMs: 0 }] });
    expect((await stage.offer()).speed).toBe(2);
    await stage.bind("k1");
    await stage.host.advance(19_999);
    expect(await stage.phase("k1")).toBe("running");
    await stage.host.advance(1);
    expect(await stage.phase("k1")).toBe("exited");
  });

  it("hides its hazard or states another one", async () => {
    const stage = new Stage({
      providers: [
        { name: "quiet", hazardPerHour: 0.0001 },
        { name: "boaster", hazardPerHour: 0.0001, claimedHazardPerHour: 0 },
      ],
    });
    const offers = await stage.offers();
    expect(offers.map((offer) => offer.hazardPerHour)).toEqual([undefined, 0]);
    expect(stage.market.nodes.map((node) => node.hazardPerHour)).toEqual([0.0001, 0.0001]);
  });

  it("hides who runs a node until the command runs", async () => {
    const stage = new Stage({ providers: [{ name: "masked", operators: "unknown", showsNode: false, startMs: 1_000 }] });
    const offer = await stage.offer();
    expect("operator" in offer || "node" in offer).toBe(false);
    expect((await stage.bind("k1")).node).toBeUndefined();
    expect("node" in (await stage.report("k1"))).toBe(false);
    await stage.host.advance(1_000);
    expect(await stage.report("k1")).toMatchObject({ node: { backend: "marketplace", provider: "masked", node: "sim-masked-1" } });
  });

  it("lets a status step back now and then, but never an ended one", async () => {
    const stage = new Stage({ faults: { lyingStatusShare: 0.5 } });
    await stage.bind("k1");
    await stage.host.advance(1_000);
    const seen = new Set<string>();
    for (let step = 0; step < 100; step++) {
      seen.add(await stage.phase("k1"));
      await stage.host.advance(50);
    }
    expect(seen).toEqual(new Set(["running", "pending"]));
    await stage.host.advance(10_000);
    for (let step = 0; step < 50; step++) expect(await stage.phase("k1")).toBe("exited");
  });

  it("reports late what happened, and never takes it back", async () => {
    const stage = new Stage({ faults: { reportLagMs: 5_000 } });
    await stage.bind("k1");
    await stage.host.advance(5_999);
    expect(await stage.phase("k1")).toBe("starting");
    await stage.host.advance(1);
    expect(await stage.phase("k1")).toBe("running");
    await stage.host.advance(9_999);
    expect(await stage.phase("k1")).toBe("running");
    expect(stage.market.leases()).toMatchObject([{ phase: "exited" }]);
    await stage.release("k1");
    expect(await stage.report("k1")).toMatchObject({ phase: "exited", exitCode: 0 });
    await stage.host.advance(5_000);
    expect(await stage.report("k1")).toMatchObject({ phase: "exited", exitCode: 0 });
  });

  it("runs for as long and exits as scripted", async () => {
    const stage = new Stage({ faults: { plan: { launches: [{ runForMs: 1_234, exitCode: 7, times: 2 }] } } });
    await stage.bind("k1");
    await stage.host.advance(2_234);
    expect(await stage.report("k1")).toMatchObject({ phase: "exited", exitCode: 7 });
    const launch = launchFor("k1", { outputs: [{ path: "missing", optional: false }] });
    // After a failure whatever exists is handed over, and nothing is missed.
    expect((await stage.collect("k1", launch)).manifest).toMatchObject({ exitCode: 7, outputs: [] });
  });
});
