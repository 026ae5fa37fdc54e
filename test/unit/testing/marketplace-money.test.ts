import { describe, expect, it } from "vitest";
import { complete, failure, HOUR_MS, launchFor, placementFor, Stage } from "./market-fixture.js";

describe("simulated marketplace: the bill", () => {
  /** Open for 90 s at 3.6 USD an hour, that is 0.001 USD a second. */
  const bill = async (billing: object, more: object = {}) => {
    const stage = new Stage({ providers: [{ name: "solo", usdPerHour: 3.6, startMs: 0, ...more }], billing });
    await stage.bind("k1", { launch: launchFor("k1", { maxLifetimeMs: 10 * 60_000 }) });
    await stage.host.advance(90_000);
    const open = stage.market.ledger()[0]?.amount;
    await stage.release("k1");
    return { open, closed: stage.market.ledger()[0]?.amount };
  };

  it("rounds open time up and keeps to the minimum", async () => {
    expect(await bill({})).toEqual({ open: 90_000_000n, closed: 90_000_000n });
    expect(await bill({ granularityMs: 60_000 })).toEqual({ open: 120_000_000n, closed: 120_000_000n });
    expect(await bill({ minimumMs: 300_000 })).toEqual({ open: 300_000_000n, closed: 300_000_000n });
  });

  it("takes prepaid time at bind and gives unused time back only where the seller does", async () => {
    expect(await bill({ prepaid: true, refund: "unused" })).toEqual({ open: 600_000_000n, closed: 90_000_000n });
    expect(await bill({ prepaid: true, refund: "none" })).toEqual({ open: 600_000_000n, closed: 600_000_000n });
  });

  it("adds launches and egress, the egress of a file once", async () => {
    const stage = new Stage({
      providers: [{ name: "solo", usdPerHour: 3.6, usdPerLaunch: 0.5, egressUsdPerGB: 100, startMs: 0 }],
      virtualJob: () => ({ durationMs: 1_000, outputs: { "out.txt": new Uint8Array(1_000_000) } }),
    });
    await stage.bind("k1");
    await stage.host.advance(10_000);
    await stage.collect("k1");
    await stage.collect("k1");
    await stage.release("k1");
    expect(stage.market.charged()).toBe(10_000_000n + 500_000_000n + 100_000_000n);
  });

  it("charges nothing after a release, even one that takes its time", async () => {
    const stage = new Stage({ faults: { releasePendingMs: 30_000 }, finalChargeMs: 60_000 });
    await stage.bind("k1");
    await stage.host.advance(20_000);
    expect(await stage.release("k1")).toBe("pending");
    expect(stage.market.openLeases()).toMatchObject([{ state: "releasing" }]);
    const atRelease = stage.market.charged();
    await stage.host.advance(29_999);
    expect(await stage.release("k1")).toBe("pending");
    await stage.host.advance(1);
    expect(await stage.release("k1")).toBe("released");
    expect(await stage.report("k1")).toMatchObject({ charge: { amount: atRelease, final: false } });
    await stage.host.advance(60_000);
    expect(await stage.report("k1")).toMatchObject({ charge: { amount: atRelease, final: true } });
    await stage.host.advance(HOUR_MS);
    expect(stage.market.charged()).toBe(atRelease);
  });

  it("bills a reused lease through, with each launch once", async () => {
    const stage = new Stage({ providers: [{ name: "solo", usdPerHour: 3.6, usdPerLaunch: 1, startMs: 1_000 }] });
    await stage.bind("k1");
    await stage.host.advance(5_000);
    const second = launchFor("k2");
    expect(await failure(stage.until(complete(stage.market).start(stage.ref("k1"), second, stage.call())))).toMatchObject({
      code: "BACKEND_REJECTED",
    });
    await stage.host.advance(7_000);
    await stage.until(complete(stage.market).start(stage.ref("k1"), second, stage.call()));
    await stage.until(complete(stage.market).start(stage.ref("k1"), second, stage.call()));
    await stage.host.advance(2_000);
    expect(await stage.report("k1")).toMatchObject({ phase: "running", attempt: "k2" });
    await stage.host.advance(9_000);
    expect(await stage.report("k1")).toMatchObject({ phase: "exited", attempt: "k2" });
    await stage.release("k1");
    expect(stage.market.leases()).toMatchObject([{ launches: ["k1", "k2"] }]);
    expect(stage.market.charged()).toBe(23_000_000n + 2_000_000_000n);
    expect(await failure(stage.until(complete(stage.market).start(stage.ref("k1"), launchFor("k3"), stage.call())))).toMatchObject({
      code: "LEASE_LOST",
    });
  });
});

describe("simulated marketplace: prices", () => {
  it("move over time, by node, around the base", async () => {
    const stage = new Stage({ providers: [{ name: "pool", nodes: 40, usdPerHour: 1 }], priceVolatility: 0.2 });
    const logs: number[] = [];
    const first = (await stage.offers()).map((offer) => offer.price.usdPerHour);
    for (let step = 0; step < 50; step++) {
      logs.push(...(await stage.offers()).map((offer) => Math.log(offer.price.usdPerHour)));
      await stage.host.advance(600_000);
    }
    expect((await stage.offers()).map((offer) => offer.price.usdPerHour)).not.toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(30);
    const mean = logs.reduce((sum, one) => sum + one, 0) / logs.length;
    const deviation = Math.sqrt(logs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / logs.length);
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(deviation).toBeGreaterThan(0.16);
    expect(deviation).toBeLessThan(0.24);
  });

  it("of firm offers hold until they expire", async () => {
    const stage = new Stage({ priceVolatility: 0.5, priceEveryMs: 1_000, offersTtlMs: 30_000 });
    const offer = await stage.offer();
    await stage.host.advance(29_999);
    expect((await stage.offer()).price.usdPerHour).not.toBe(offer.price.usdPerHour);
    const lease = await stage.until(stage.market.bind(placementFor("k1", offer), stage.call()));
    expect(lease.price?.usdPerHour).toBe(offer.price.usdPerHour);
    await stage.release("k1");
    await stage.host.advance(1);
    expect(await failure(stage.until(stage.market.bind(placementFor("k2", offer), stage.call())))).toMatchObject({
      code: "OFFER_EXPIRED",
      effect: "none",
    });
  });

  it("cannot be made up, nor exceed the placement's cap", async () => {
    const stage = new Stage();
    const offer = await stage.offer();
    const cheaper = { ...offer, price: { usdPerHour: 0.01 } };
    expect(await failure(stage.until(stage.market.bind(placementFor("k1", cheaper), stage.call())))).toMatchObject({
      code: "OFFER_EXPIRED",
    });
    expect(
      await failure(stage.until(stage.market.bind(placementFor("k1", offer, { priceCapUsdPerHour: 0.3 }), stage.call()))),
    ).toMatchObject({ code: "BACKEND_REJECTED" });
    expect(await failure(stage.until(stage.market.bind(placementFor("k1", { ...offer, backend: "other" }), stage.call())))).toMatchObject({
      code: "BACKEND_REJECTED",
    });
    expect(await failure(stage.until(stage.market.bind(placementFor("k1", { ...offer, data: {} }), stage.call())))).toMatchObject({
      code: "BACKEND_REJECTED",
    });
    expect(stage.market.leases()).toEqual([]);
  });

  it("jump between listing and binding when scripted or drawn", async () => {
    const scripted = new Stage({ faults: { plan: { launches: [{ priceJump: 3 }] } } });
    const offer = await scripted.offer();
    const bind = () => scripted.until(scripted.market.bind(placementFor("k1", offer), scripted.call()));
    expect(await failure(bind())).toMatchObject({ code: "OFFER_EXPIRED", effect: "none" });
    await bind();
    const drawn = new Stage({ providers: [{ name: "pool", nodes: 100 }], faults: { priceMoveShare: 0.3 } });
    let moved = 0;
    for (const [index, one] of (await drawn.offers()).entries()) {
      const outcome = await drawn
        .until(drawn.market.bind(placementFor(`k${index}`, one), drawn.call()))
        .catch((error: { code: string }) => error.code);
      if (outcome === "OFFER_EXPIRED") moved++;
    }
    expect(moved).toBeGreaterThan(12);
    expect(moved).toBeLessThan(50);
  });

  it("can be set, for a node or a provider, for what is listed from then on", async () => {
    const stage = new Stage({
      providers: [
        { name: "one", nodes: 2, usdPerHour: 1 },
        { name: "two", usdPerHour: 1 },
      ],
    });
    const old = await stage.offer("sim-one-1");
    await stage.host.advance(1);
    stage.market.setPrice("one", 9);
    stage.market.setPrice("sim-two-1", 0.5);
    expect((await stage.offers()).map((offer) => offer.price.usdPerHour)).toEqual([9, 9, 0.5]);
    expect((await stage.until(stage.market.bind(placementFor("k1", old), stage.call()))).price?.usdPerHour).toBe(1);
    expect(() => stage.market.setPrice("two", 0)).toThrow(/above 0/);
    expect(() => stage.market.setPrice("nobody", 1)).toThrow(/nobody/);
  });
});
