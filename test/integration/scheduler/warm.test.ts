import { policies, type Run, Scheduler, type SchedulerOptions } from "spillway";
import type { PolicyView } from "spillway/spec";
import { memoryStore } from "spillway/stores/memory";
import { describe, expect, it } from "vitest";
import { world as anyWorld, job } from "../../support/world.js";

const MINUTE = 60_000;
/** A seller that bills whole hours, at a dollar. */
const hourly = {
  billing: { granularityMs: 60 * MINUTE, minimumMs: 60 * MINUTE },
  priceVolatility: 0,
  providers: [{ name: "acme", nodes: 3, startMs: 1_000, usdPerHour: 1 }],
};
/** Without exploration: the expected cost alone decides. */
const policy = { ...policies.cheapest(), selection: { kind: "quantile" as const, quantile: 0.5 } };
const world = (options: { market?: object; scheduler?: Partial<SchedulerOptions> } = {}) =>
  anyWorld({ ...options, scheduler: { policy, ...options.scheduler } });
const DOLLAR = 1_000_000_000n;

const soon = (name: string, minutes = 5, more: object = {}) => job(name, minutes, { timeout: "8m", ...more });

const told = async (run: Run): Promise<readonly string[]> => {
  const types: string[] = [];
  for await (const { type } of run.events()) types.push(type);
  return types;
};

describe("a lease whose time is paid for anyway", () => {
  it("runs the next job, which costs nothing more", async () => {
    const { scheduler, market, wait } = world({ market: hourly });
    const first = await wait(scheduler.schedule(soon("one")));
    await wait(first.result());
    expect(market.openLeases()).toHaveLength(1);
    const second = await wait(scheduler.schedule(soon("two")));
    await wait(second.result());
    await wait(second.settled());

    const receipts = await wait(Promise.all([first.receipt(), second.receipt()]));
    expect(receipts.map(({ charged, final }) => [charged, final])).toEqual([
      [DOLLAR, true],
      [0n, true],
    ]);
    await wait(scheduler.close());
    expect(market.leases()).toMatchObject([{ state: "released" }]);
    expect(market.charged()).toBe(DOLLAR);
  });

  it("is told of in events and explanations", async () => {
    const { scheduler, wait } = world({ market: hourly });
    const first = await wait(scheduler.schedule(soon("one")));
    await wait(first.result());
    const second = await wait(scheduler.schedule(soon("two")));
    await wait(second.result());
    expect(await wait(second.explain())).toMatch(/an open lease is used again: its time is paid for \d+ min more/);
    await wait(scheduler.close());
    expect(await told(first)).toContain("lease-kept");
    expect(await told(second)).toContain("lease-reused");
    expect(await told(second)).not.toContain("lease-opened");
  });

  it("is released when nothing comes", async () => {
    const { scheduler, market, host, wait } = world({ market: hourly, scheduler: { keepWarm: "10m" } });
    const run = await wait(scheduler.schedule(soon("one")));
    await wait(run.settled());
    expect(market.openLeases()).toHaveLength(1);
    await host.advance(9 * MINUTE);
    expect(market.openLeases()).toHaveLength(1);
    await host.advance(2 * MINUTE);
    expect(market.openLeases()).toEqual([]);
    expect(await scheduler.leases()).toEqual([]);
    await wait(scheduler.close());
    expect(market.charged()).toBe(DOLLAR);
  });

  it("is released before its paid time is over", async () => {
    const { scheduler, market, host, wait } = world({ market: hourly, scheduler: { keepWarm: "5h" } });
    await wait((await wait(scheduler.schedule(soon("one")))).result());
    await host.advance(3 * 60 * MINUTE);
    expect(market.openLeases()).toEqual([]);
    expect(market.charged()).toBe(DOLLAR);
    await wait(scheduler.close());
  });

  it("is not kept when that is switched off", async () => {
    const { scheduler, market, wait } = world({ market: hourly, scheduler: { keepWarm: 0 } });
    await wait((await wait(scheduler.schedule(soon("one")))).settled());
    expect(market.openLeases()).toEqual([]);
    await wait(scheduler.close());
  });

  it("is not kept where each second costs", async () => {
    const { scheduler, market, wait } = world();
    await wait((await wait(scheduler.schedule(soon("one")))).settled());
    expect(market.openLeases()).toEqual([]);
    await wait(scheduler.close());
  });

  it("serves neither another tenant, nor another image, nor another class of data", async () => {
    const market = { ...hourly, providers: [{ name: "acme", nodes: 9, startMs: 1_000, trust: { operator: "single" as const } }] };
    const { scheduler, market: seller, wait } = world({ market, scheduler: { keepWarm: "40m" } });
    const of = (name: string, more: object) => soon(name, 5, { tenant: "a", image: "i:1", ...more });
    const works = [
      of("one", {}),
      of("two", { tenant: "b" }),
      of("three", { image: "i:2" }),
      of("four", { data: { sensitivity: "internal" } }),
      of("five", {}),
    ];
    for (const work of works) await wait((await wait(scheduler.schedule(work))).result());
    await wait(scheduler.close());
    expect(seller.leases().map(({ launches }) => launches.length)).toEqual([2, 1, 1, 1]);
  });

  it("is not kept after a command that was ended, and is kept after one that failed by itself", async () => {
    const { scheduler, market, wait } = world({ market: hourly });
    const ended = await wait(scheduler.schedule({ ...soon("slow", 5), env: { VIRTUAL_DURATION_MS: String(30 * MINUTE) } }));
    await wait(ended.result().catch(() => undefined));
    await wait(ended.settled());
    expect(market.openLeases()).toEqual([]);
    const failing = soon("bad", 5);
    const failed = await wait(scheduler.schedule({ ...failing, env: { ...failing.env, VIRTUAL_EXIT_CODE: "3" } }));
    await wait(failed.result().catch(() => undefined));
    expect(market.openLeases()).toHaveLength(1);
    await wait(scheduler.close());
  });

  it("goes when the scheduler drains or cancels", async () => {
    for (const mode of ["drain", "cancel"] as const) {
      const { scheduler, market, wait } = world({ market: hourly });
      await wait((await wait(scheduler.schedule(soon("one")))).result());
      expect(market.openLeases()).toHaveLength(1);
      expect(await wait(scheduler.close({ mode }))).toEqual({ openRuns: [], openLeases: [] });
      expect(market.openLeases()).toEqual([]);
    }
  });
});

describe("policies", () => {
  it("see an idle lease as a candidate, and may leave it out", async () => {
    const seen: unknown[] = [];
    const choosy = {
      ...policy,
      filters: [
        {
          name: "fresh-leases-only",
          test: ({ offer }: PolicyView) => {
            if (offer.reuses === undefined) return undefined;
            seen.push(offer.id, offer.price.usdPerHour);
            return "it was used before";
          },
        },
      ],
    };
    const { scheduler, market, wait } = world({ market: hourly, scheduler: { policy: choosy } });
    await wait((await wait(scheduler.schedule(soon("one")))).result());
    await wait((await wait(scheduler.schedule(soon("two")))).result());
    expect(seen.slice(0, 2)).toEqual([expect.stringMatching(/^warm:/), 0]);
    expect(market.leases()).toHaveLength(2);
    await wait(scheduler.close());
  });

  it("that try a failed command again may do so on its own lease", async () => {
    const patient = { ...policy, retry: { ...policy.retry, maxFailures: 3, byCode: { WORKLOAD_FAILED: { retry: "same" as const } } } };
    const { scheduler, market, wait } = world({ market: hourly, scheduler: { policy: patient } });
    const { env, ...rest } = soon("bad");
    const run = await wait(scheduler.schedule({ ...rest, env: { ...env, VIRTUAL_EXIT_CODE: "3" } }));
    await wait(run.result().catch(() => undefined));
    await wait(run.settled());
    expect((await run.receipt()).lines.map(({ charged }) => charged)).toEqual([DOLLAR, 0n, 0n]);
    await wait(scheduler.close());
    expect(market.leases()).toMatchObject([{ launches: { length: 3 }, state: "released" }]);
    expect(market.charged()).toBe(DOLLAR);
  });
});

describe("an idle lease that cannot be used", () => {
  for (const [what, faults] of [
    ["refuses", { rates: { start: { refused: 1 } } }],
    ["does not say whether it starts", { rates: { start: { answerLost: 1 } } }],
  ] as const) {
    it(`is let go when it ${what}, and the job runs elsewhere`, async () => {
      const { scheduler, market, wait } = world({ market: { ...hourly, faults } });
      await wait((await wait(scheduler.schedule(soon("one")))).result());
      const second = await wait(scheduler.schedule(soon("two")));
      await wait(second.result());
      await wait(scheduler.close());
      expect(market.openLeases()).toEqual([]);
      expect(market.charged()).toBe(2n * DOLLAR);
      const receipt = await second.receipt();
      expect(receipt.lines.map(({ charged }) => charged)).toEqual([0n, DOLLAR]);
    });
  }
});

describe("two schedulers on one store", () => {
  const pair = () => {
    // One that outlives the first scheduler.
    const store = { ...memoryStore(), durable: true, close: () => Promise.resolve() };
    const shared = world({ market: hourly, scheduler: { store } });
    const { host, market, artifacts } = shared;
    const other = new Scheduler({
      backends: [market],
      store,
      host,
      policy,
      artifacts: [artifacts],
    });
    return { ...shared, other };
  };

  it("find each other's idle leases when one is gone, and let them go in time", async () => {
    const { scheduler, other, market, host, wait } = pair();
    await wait((await wait(scheduler.schedule(soon("one")))).result());
    // Its claims run out: nothing of it is heard any more.
    await wait(scheduler.close({ mode: "detach" }));
    await wait(other.health());
    expect(market.openLeases()).toHaveLength(1);
    await wait((await wait(other.schedule(soon("two")))).result());
    expect(market.leases()).toMatchObject([{ launches: { length: 2 } }]);
    await host.advance(20 * MINUTE);
    expect(market.openLeases()).toEqual([]);
    await wait(other.close());
    expect(market.charged()).toBe(DOLLAR);
  });

  it("take over each other's idle leases, each by one run", async () => {
    const { scheduler, other, market, host, wait } = pair();
    await wait((await wait(scheduler.schedule(soon("one")))).result());
    await host.advance(2 * MINUTE);
    await wait((await wait(other.schedule(soon("two")))).result());
    expect(market.leases()).toMatchObject([{ launches: [expect.any(String), expect.any(String)] }]);
    await host.advance(2 * MINUTE);
    await wait(Promise.all(["three", "four"].map(async (name, i) => await [scheduler, other][i]?.schedule(soon(name)))));
    await host.advance(30 * MINUTE);
    await wait(other.close());
    await wait(scheduler.close());
    expect(market.leases().map(({ launches }) => launches.length)).toEqual([3, 1]);
    expect(market.charged()).toBe(2n * DOLLAR);
  });
});
