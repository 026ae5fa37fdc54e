import { describe, expect, it } from "vitest";
import type { LeaseReport } from "../../../src/model/lease.js";
import {
  createVirtualHost,
  flakyMarket,
  type MarketplaceOptions,
  marketplace,
  type PresetOptions,
  steadyMarket,
  testCallContext,
} from "../../../src/testing/index.js";
import { complete, DEMAND, HOUR_MS, launchFor, outputPlan, placementFor } from "./market-fixture.js";

interface Outcome {
  readonly done: number;
  readonly lost: number;
  readonly wrong: number;
  readonly usd: number;
}

/** Runs one job after the other on every node that is there, each an hour of work long. */
async function work(options: MarketplaceOptions, jobs: number, jobMs: number): Promise<Outcome> {
  const host = createVirtualHost();
  const market = marketplace({ ...options, virtualJob: () => ({ durationMs: jobMs, outputs: { "out.txt": "right" } }) });
  const call = () => testCallContext({ host, deadlineMs: host.now() + jobMs });
  const outcome = { done: 0, lost: 0, wrong: 0 };
  for (let number = 0; number < jobs; number++) {
    const offers = await market.listOffers(DEMAND, call());
    const offer = offers[number % Math.max(1, offers.length)];
    if (offer === undefined) {
      await host.advance(jobMs);
      continue;
    }
    const key = `k${number}`;
    const launch = launchFor(key, { timeoutMs: 100 * jobMs, maxLifetimeMs: 4 * jobMs });
    const bound = await host.waitFor(
      market.bind(placementFor(key, offer, { launch }), call()).catch(() => undefined),
      { limitMs: jobMs },
    );
    if (bound === undefined) continue;
    let report: LeaseReport | undefined;
    for (let step = 0; step < 40; step++) {
      await host.advance(jobMs / 10);
      [report] = await market.inspect([bound.ref], call());
      if (report?.kind !== "status" || report.phase === "exited" || report.phase === "ended") break;
    }
    if (report?.kind === "status" && report.phase === "exited") {
      const manifest = await complete(market)
        .collect(bound.ref, outputPlan(host, launch), call())
        .catch(() => undefined);
      if (manifest?.outputs[0]?.sha256 === host.sha256("right")) outcome.done++;
      else if (manifest === undefined) outcome.lost++;
      else outcome.wrong++;
    } else outcome.lost++;
    await market.release(bound.ref, { graceMs: 0 }, call());
  }
  expect(market.openLeases().length).toBeLessThanOrEqual(jobs / 10);
  return { ...outcome, usd: Number(market.charged()) / 1e9 };
}

describe("market presets", () => {
  it("are what they say: one cheap, flaky and with a liar, one dear and steady", async () => {
    const flaky = await work(flakyMarket(), 200, HOUR_MS);
    const steady = await work(steadyMarket(), 200, HOUR_MS);
    expect(flaky.lost).toBeGreaterThan(30);
    expect(flaky.wrong).toBeGreaterThan(2);
    expect(flaky.done).toBeGreaterThan(60);
    expect(steady.wrong).toBe(0);
    expect(steady.lost).toBeLessThan(15);
    expect(steady.done).toBeGreaterThan(180);
    expect(flaky.usd / 200).toBeLessThan((steady.usd / 200) * 0.5);
  });

  it("behave alike when time goes faster, with hours as seconds", async () => {
    const fast = await work(flakyMarket({ timeScale: 3_600 }), 200, 1_000);
    expect(fast.lost).toBeGreaterThan(30);
    expect(fast.done).toBeGreaterThan(60);
    expect(flakyMarket({ timeScale: 3_600 }).capabilities?.pollMs?.least).toBe(50);
  });

  it("say everywhere that they are simulations", async () => {
    for (const preset of [flakyMarket, steadyMarket] satisfies ((options: PresetOptions) => MarketplaceOptions)[]) {
      const market = marketplace(preset({ seed: "x" }));
      const offers = await market.listOffers(DEMAND, testCallContext({ host: createVirtualHost() }));
      expect(market.capabilities).toMatchObject({ simulated: true, paid: false });
      expect(offers.length).toBeGreaterThan(3);
      for (const offer of offers)
        expect([offer.price.source, offer.id.startsWith("sim-"), offer.data]).toMatchObject([
          "simulated market",
          true,
          { simulated: true },
        ]);
    }
  });

  it("differ by seed and mode as asked", () => {
    expect(flakyMarket({ seed: "a" }).seed).not.toBe(flakyMarket({ seed: "b" }).seed);
    expect([flakyMarket().execute, steadyMarket({ execute: "process" }).execute]).toEqual(["virtual", "process"]);
    const prices = (seed: string) => marketplace(flakyMarket({ seed })).nodes.map((node) => node.baseUsdPerHour);
    expect(prices("a")).toEqual(prices("a"));
    expect(prices("a")).not.toEqual(prices("b"));
  });
});
