import { describe, expect, it } from "vitest";
import type { Offer } from "../../../src/model/offer.js";
import type { Bid } from "../../../src/spec/launch.js";
import { failure, placementFor, rankBelow, Stage } from "./market-fixture.js";

const MARKET = {
  binding: "indicative" as const,
  bidShare: 1,
  bidWindowMs: 3_000,
  providers: [{ name: "pool", nodes: 5, usdPerHour: [1, 2] as const }],
};

describe("simulated marketplace: orders and bids", () => {
  it("gathers bids for the window and takes the first that rank likes", async () => {
    const stage = new Stage(MARKET);
    const offer = await stage.offer();
    expect(offer.binding).toBe("indicative");
    const call = stage.call();
    const asked: Offer[][] = [];
    const placement = placementFor("k1", offer, {
      rank: (bids: readonly Bid[]) => {
        asked.push([...bids]);
        return rankBelow(10)(bids);
      },
    });
    const lease = await stage.until(stage.market.bind(placement, call));
    expect(stage.host.elapsedMs).toBe(3_000);
    expect(asked.map((bids) => bids.length)).toEqual([5]);
    const cheapest = stage.market.nodes.reduce((best, node) => (node.baseUsdPerHour < best.baseUsdPerHour ? node : best));
    expect(lease.node?.node).toBe(cheapest.id);
    expect(lease.price?.usdPerHour).toBeCloseTo(cheapest.baseUsdPerHour, 5);
    expect(call.progressed).toEqual([{ backend: "marketplace", key: "k1", data: { simulated: true, order: "order-k1" } }]);
    expect(stage.market.openOrders()).toEqual([]);
  });

  it("makes no agreement above the cap and closes the order without acceptable bids", async () => {
    const stage = new Stage(MARKET);
    const placement = placementFor("k1", await stage.offer(), { priceCapUsdPerHour: 0.5 });
    expect(await failure(stage.until(stage.market.bind(placement, stage.call())))).toMatchObject({ code: "NO_BIDS", effect: "none" });
    const careless = placementFor("k2", await stage.offer(), { priceCapUsdPerHour: 0.5, rank: rankBelow(10) });
    expect(await failure(stage.until(stage.market.bind(careless, stage.call())))).toMatchObject({ code: "NO_BIDS" });
    expect([stage.market.leases(), stage.market.openOrders()]).toEqual([[], []]);
  });

  it("brings dearer bids when prices move", async () => {
    const stage = new Stage({ ...MARKET, faults: { priceMoveShare: 1 } });
    const offer = await stage.offer("sim-pool-1");
    const only = placementFor("k1", offer, { rank: (bids) => rankBelow(10)(bids.filter((bid) => bid.id === offer.id)) });
    const lease = await stage.until(stage.market.bind(only, stage.call()));
    const ratio = (lease.price?.usdPerHour ?? 0) / offer.price.usdPerHour;
    expect(ratio).toBeGreaterThanOrEqual(1.2);
    expect(ratio).toBeLessThan(2);
    const scripted = new Stage({ ...MARKET, faults: { plan: { launches: [{ match: { node: "sim-pool-1" }, priceJump: 4 }] } } });
    const bid = await scripted.until(scripted.market.bind({ ...only, offer: await scripted.offer("sim-pool-1") }, scripted.call()));
    expect(bid.price?.usdPerHour).toBeCloseTo(4 * offer.price.usdPerHour, 4);
  });

  it("hears only from some nodes, always the same ones", async () => {
    const counts = async () => {
      const stage = new Stage({ ...MARKET, bidShare: 0.5, providers: [{ name: "pool", nodes: 40 }] });
      await stage.until(stage.market.bind(placementFor("k1", await stage.offer()), stage.call()));
      return stage.market.history().find((event) => event.event === "bids")?.detail;
    };
    const count = await counts();
    expect(count).toBeGreaterThan(8);
    expect(count).toBeLessThan(32);
    expect(await counts()).toBe(count);
  });

  it("leaves an order behind when the caller goes away, shows it as partial, and closes it on release", async () => {
    const stage = new Stage(MARKET);
    const controller = new AbortController();
    const reason = new Error("gone");
    const bind = stage.market.bind(placementFor("k1", await stage.offer()), stage.call({ signal: controller.signal }));
    bind.catch(() => undefined);
    await stage.host.advance(1_000);
    controller.abort(reason);
    await expect(bind).rejects.toBe(reason);
    expect(stage.market.openOrders()).toEqual(["k1"]);
    expect(await stage.until(stage.market.find([{ key: "k1", intendedAtMs: 0 }], stage.call()))).toMatchObject([
      { kind: "partial", key: "k1", ref: { data: { order: "order-k1" } } },
    ]);
    expect(await stage.until(stage.market.listLeases(stage.call()))).toMatchObject([{ key: "k1" }]);
    expect(await stage.release("k1")).toBe("released");
    expect(await stage.until(stage.market.find([{ key: "k1", intendedAtMs: 0 }], stage.call()))).toEqual([{ kind: "absent", key: "k1" }]);
    await stage.host.advance(60_000);
    expect([stage.market.leases(), stage.market.openOrders(), stage.host.pendingTimers()]).toEqual([[], [], []]);
  });

  it("does nothing at all once progress says that the claim is lost", async () => {
    const stage = new Stage(MARKET);
    const moved = new Error("claim moved");
    const call = stage.call({ progress: () => Promise.reject(moved) });
    await expect(stage.until(stage.market.bind(placementFor("k1", await stage.offer()), call))).rejects.toBe(moved);
    expect(stage.market.history()).toEqual([]);
  });

  it("makes one lease of two binds at the same time, and none of an order that was closed meanwhile", async () => {
    const stage = new Stage(MARKET);
    const offer = await stage.offer();
    const both = Promise.all([
      stage.market.bind(placementFor("k1", offer), stage.call()),
      stage.market.bind(placementFor("k1", offer), stage.call()),
    ]);
    const [one, two] = await stage.until(both);
    expect(one).toEqual(two);
    expect(stage.market.leases()).toHaveLength(1);
    const late = stage.market.bind(placementFor("k2", offer), stage.call());
    late.catch(() => undefined);
    await stage.host.advance(10);
    await stage.release("k2");
    expect(await failure(stage.until(late))).toMatchObject({ code: "BACKEND_REJECTED", effect: "none" });
    expect(stage.market.leases()).toHaveLength(1);
  });

  it("takes the next bid when the best node is gone by then", async () => {
    const stage = new Stage(MARKET);
    const offer = await stage.offer();
    const placement = placementFor("k1", offer, {
      rank: (bids) => {
        const ranked = rankBelow(10)(bids);
        if (bids.length === 5) stage.market.killNode(ranked[0]?.offerId ?? "");
        return ranked;
      },
    });
    const lease = await stage.until(stage.market.bind(placement, stage.call()));
    const prices = stage.market.nodes.map((node) => node.baseUsdPerHour).sort();
    expect(lease.price?.usdPerHour).toBeCloseTo(prices[1] ?? 0, 5);
  });
});
