import { policies } from "spillway";
import { describe, expect, it } from "vitest";
import { job, world } from "../../support/world.js";

describe("fallback", () => {
  it("goes elsewhere when a node dies, and tells the story", async () => {
    const { scheduler, wait, market, host } = world();
    const run = await wait(scheduler.schedule(job("a", 30)));
    await host.advance(5 * 60_000);
    const [lease] = market.openLeases();
    market.killNode(lease?.node ?? "");
    const result = await wait(run.result());
    expect(result.attempts.map(({ outcome }) => outcome)).toEqual(["lost", "succeeded"]);
    expect(result.winner.node.node).not.toBe(lease?.node);
    const events: string[] = [];
    for await (const event of run.events()) events.push(event.type);
    expect(events).toEqual(expect.arrayContaining(["run-accepted", "lease-lost", "fallback", "result-accepted", "run-ended"]));
    expect(await run.explain()).toContain("chosen because");
    await wait(scheduler.close());
  });

  it("fails after the policy's limit with the whole history", async () => {
    const { scheduler, wait } = world({ market: { providers: [{ name: "grave", nodes: 9, failedStartShare: 1 }] } });
    const run = await wait(scheduler.schedule(job("a")));
    const error = await wait(run.result().catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({
      code: "ATTEMPTS_EXHAUSTED",
      details: { attempts: expect.arrayContaining([expect.objectContaining({ code: "PROVISIONING_FAILED" })]) },
    });
    await wait(scheduler.close());
  });
});

describe("verification", () => {
  const liars = {
    providers: [
      { name: "acme", nodes: 6, startMs: 1_000, wrongShare: 0 },
      { name: "bent", nodes: 1, wrongShare: 1, usdPerHour: 0.01 },
    ],
  } as const;

  it("outvotes a liar, distrusts it, and delivers the truth", async () => {
    const { scheduler, wait, artifacts } = world({ market: liars });
    const run = await wait(
      scheduler.schedule(job("a", 5, { verification: { kind: "quorum", maxErrorProbability: 0.01, maxReplicas: 7 } })),
    );
    const result = await wait(run.result());
    const wrong = result.attempts.filter(({ verdict }) => verdict === "wrong");
    expect(wrong.map(({ node }) => node.node)).toEqual(["sim-bent-1"]);
    expect(new Set(result.attempts.map(({ node }) => node.operator)).size).toBe(result.attempts.length);
    const kept = new TextDecoder().decode(artifacts.objects.get("mem://results/a"));
    expect(kept).toContain('["work","a"]');
    await wait(scheduler.close());
  });
});

describe("waiting for a place", () => {
  it("is no failure while it may still help, and ends at startWithin with the reason", async () => {
    const { scheduler, wait, host } = world({ market: { providers: [{ name: "tiny", nodes: 1, resources: { cpu: 1 } }] } });
    const run = await wait(scheduler.schedule(job("a", 5, { resources: { cpu: 64, memory: "1GiB" }, startWithin: "30m" })));
    await host.advance(10 * 60_000);
    const error = await wait(run.result().catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ code: "START_DEADLINE_EXCEEDED", message: expect.stringContaining("The last obstacle") });
    await wait(scheduler.close());
  });

  it("ends when the deadline passes before anything could run", async () => {
    const { scheduler, wait, market } = world();
    market.injectOutage({ durationMs: 24 * 3_600_000 });
    const run = await wait(scheduler.schedule(job("a", 5, { deadline: "1h" })));
    await expect(wait(run.result())).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await wait(scheduler.close());
  });
});

describe("plan", () => {
  it("says what would happen and creates nothing", async () => {
    const { scheduler, wait, market } = world({ scheduler: { policy: policies.cheapest() } });
    const plan = await wait(scheduler.plan(job("a", 30)));
    expect(plan.expectedUsd).toBeGreaterThan(0);
    expect(plan.worstCaseUsd).toBeGreaterThan(plan.chosen?.parts.find(({ name }) => name === "compute")?.usd ?? 0);
    expect(plan.explain()).toContain("chosen because");
    expect(market.leases()).toEqual([]);
    expect((await wait(scheduler.list())).runs).toEqual([]);
    await wait(scheduler.close());
  });
});

describe("many waiting runs", () => {
  it("share one listing of offers", async () => {
    const { scheduler, wait, market } = world({ market: { providers: [{ name: "acme", nodes: 50 }] } });
    let listings = 0;
    const listOffers = market.listOffers.bind(market);
    market.listOffers = (demand, call) => {
      listings += 1;
      return listOffers(demand, call);
    };
    const group = await wait(scheduler.scheduleAll(Array.from({ length: 40 }, (_, index) => job(`j${index}`, 1))));
    await wait(group.results());
    expect(listings).toBeLessThan(40);
    await wait(scheduler.close());
  });
});
