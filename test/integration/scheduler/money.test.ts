import { formatUsd, Scheduler, toUsd } from "spillway";
import { local } from "spillway/backends/local";
import type { Backend } from "spillway/spec";
import { memoryStore } from "spillway/stores/memory";
import { describe, expect, it } from "vitest";
import { job, world } from "../../support/world.js";

const dear = { providers: [{ name: "acme", nodes: 4, usdPerHour: 6, startMs: 1_000 }] } as const;

describe("caps", () => {
  it("let a run fail with BUDGET_EXHAUSTED when the next attempt can never fit, with nothing spent", async () => {
    const { scheduler, wait, market } = world({ market: dear });
    const run = await wait(scheduler.schedule(job("a", 60, { maxCost: "$0.50" })));
    const error = await wait(run.result().catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ code: "BUDGET_EXHAUSTED" });
    expect(market.charged()).toBe(0n);
    await wait(scheduler.close());
  });

  it("of the scheduler hold the worst case before bind, make runs wait for refunds, and are never passed", async () => {
    const { scheduler, wait, store, market } = world({ market: dear, scheduler: { budget: "$5" } });
    let most = 0n;
    const group = await wait(scheduler.scheduleAll([job("a", 5), job("b", 5), job("c", 5)]));
    scheduler.on("event", () => {
      void store.balances(["budget/total"]).then(([balance]) => {
        const total = (balance?.held ?? 0n) + (balance?.spent ?? 0n);
        if (total > most) most = total;
      });
    });
    await wait(group.results());
    const { charged } = await wait(group.settled());
    await wait(scheduler.close());
    const [balance] = await store.balances(["budget/total"]);
    expect(balance).toMatchObject({ held: 0n, spent: charged });
    expect(charged).toBe(market.charged());
    expect(toUsd(most)).toBeGreaterThan(0);
    expect(toUsd(most)).toBeLessThanOrEqual(5);
    expect(formatUsd(charged)).toMatch(/^\$\d/);
  });

  it("of a fan-out cover all members together", async () => {
    const { scheduler, wait, market } = world({ market: dear });
    const group = await wait(
      scheduler.schedule({ ...job("x", 5), kind: "batch", shards: 3, outputs: { "/out/result": "mem://results/{shard}" }, maxCost: "$4" }),
    );
    await wait(group.settledResults());
    await wait(group.settled());
    expect(toUsd(market.charged())).toBeLessThanOrEqual(4);
    await wait(scheduler.close());
  });
});

describe("backends that cost real money", () => {
  const paid = (): Backend => {
    const { market } = world();
    return Object.assign(Object.create(market) as Backend, { id: "dear", capabilities: { ...market.capabilities, paid: true } });
  };

  it("are refused with a store that forgets", () => {
    expect(() => new Scheduler({ backends: [paid()] })).toThrow(expect.objectContaining({ code: "VOLATILE_STORE" }));
  });

  it("are refused without any cap", async () => {
    const { host } = world();
    const scheduler = new Scheduler({ backends: [paid()], store: memoryStore(), allowVolatile: true, host });
    const error = await host.waitFor(
      scheduler.schedule(job("a")).catch((thrown: unknown) => thrown),
      { limitMs: 1_000 },
    );
    expect(error).toMatchObject({ code: "BUDGET_REQUIRED", details: { backend: "dear" } });
  });
});

describe("local()", () => {
  it("wants its price to be stated", () => {
    // @ts-expect-error the price is missing on purpose
    expect(() => local({})).toThrow(
      expect.objectContaining({ code: "INVALID_CONFIG", details: expect.objectContaining({ field: "usdPerHour" }) }),
    );
  });
});
