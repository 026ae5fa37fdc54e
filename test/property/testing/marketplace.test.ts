import { describe, expect, it } from "vitest";
import type { LeaseReport } from "../../../src/model/lease.js";
import { createVirtualHost, type MarketplaceOptions, marketplace, type ProviderSpec, testCallContext } from "../../../src/testing/index.js";
import { fc } from "../../support/property.js";
import { complete, DEMAND, HOUR_MS, launchFor, outputPlan, placementFor } from "../../unit/testing/market-fixture.js";

const share = (most: number) => fc.double({ min: 0, max: most, noNaN: true });
const upTo = (most: number) => fc.double({ min: 0, max: most, noNaN: true });

const provider = (name: string): fc.Arbitrary<ProviderSpec> =>
  fc.record({
    name: fc.constant(name),
    nodes: fc.integer({ min: 1, max: 4 }),
    operators: fc.constantFrom("unknown" as const, 1, 2),
    capacity: fc.integer({ min: 1, max: 2 }),
    usdPerHour: fc.constantFrom(0.05, [0.1, 3] as const),
    usdPerLaunch: fc.constantFrom(0, 0.01),
    egressUsdPerGB: fc.constantFrom(0, 50),
    speed: fc.constant([0.5, 2] as const),
    startMs: fc.constant([0, 20_000] as const),
    hazardPerHour: upTo(40),
    lifetimes: fc.constantFrom("exponential" as const, "heavy-tailed" as const),
    downMs: fc.constant(30_000),
    silentDeathShare: share(1),
    silentMs: fc.constant([1_000, 20_000] as const),
    reclaimsPerHour: upTo(20),
    neverStartShare: share(0.2),
    failedStartShare: share(0.2),
    wrongShare: share(0.5),
    busyShare: share(0.2),
    showsNode: fc.boolean(),
  });

const options: fc.Arbitrary<MarketplaceOptions> = fc.record({
  seed: fc.string({ maxLength: 6 }),
  providers: fc.tuple(provider("one"), provider("two")),
  binding: fc.constantFrom("firm" as const, "indicative" as const),
  priceVolatility: upTo(0.3),
  priceEveryMs: fc.constant(20_000),
  billing: fc.record({
    granularityMs: fc.constantFrom(1, 1_000, 60_000),
    minimumMs: fc.constantFrom(0, 45_000),
    prepaid: fc.boolean(),
    refund: fc.constantFrom("none" as const, "unused" as const),
  }),
  billsDeadNodes: fc.boolean(),
  latencyMs: fc.constantFrom(0, [1, 900] as const),
  visibilityMs: fc.constantFrom(0, 10_000),
  faults: fc.record({
    rates: fc.record({
      any: fc.record({
        refused: share(0.1),
        requestLost: share(0.1),
        requestDelayed: share(0.1),
        duplicated: fc.constantFrom(0, 0.6),
        answerLost: share(0.1),
        answerDelayed: share(0.1),
      }),
    }),
    unknownShare: share(0.2),
    lyingStatusShare: share(0.3),
    priceMoveShare: share(0.2),
    reportLagMs: fc.constantFrom(0, [0, 8_000] as const),
    releasePendingMs: fc.constantFrom(0, [0, 15_000] as const),
    outagesPerHour: upTo(10),
  }),
});

interface Run {
  readonly log: string;
  readonly reports: ReadonlyMap<string, readonly LeaseReport[]>;
  readonly market: ReturnType<typeof marketplace>;
  readonly host: ReturnType<typeof createVirtualHost>;
}

/** A careless user: binds, watches, collects what it can, releases until that is done. All at the same time, all faults swallowed. */
async function use(market: MarketplaceOptions, keys: readonly string[]): Promise<Run> {
  const host = createVirtualHost({ seed: "user" });
  const backend = marketplace(market);
  const lines: string[] = [];
  const reports = new Map<string, LeaseReport[]>();
  const call = () => testCallContext({ host, deadlineMs: host.now() + 20_000 });
  const pause = (ms: number) => new Promise<void>((resolve) => void host.setTimer(ms, resolve));
  const note = (what: string, value: unknown) => {
    lines.push(`${host.elapsedMs} ${what} ${JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `${one}n` : one))}`);
    return value;
  };
  const attempt = async <T>(what: string, promise: Promise<T>): Promise<T | undefined> => {
    try {
      const value = await promise;
      note(what, value);
      return value;
    } catch (error) {
      note(what, error);
      return undefined;
    }
  };
  const one = async (key: string, index: number) => {
    await pause(index * 3_000);
    const ref = { backend: "marketplace", key, data: {} };
    const offers = (await attempt("offers", backend.listOffers(DEMAND, call()))) ?? [];
    const offer = offers[index % Math.max(1, offers.length)];
    if (offer !== undefined)
      await attempt(
        "bind",
        backend.bind(
          placementFor(key, offer, { launch: launchFor(key, { env: { VIRTUAL_DURATION_MS: "40000" }, maxLifetimeMs: 10 * 60_000 }) }),
          call(),
        ),
      );
    const seen: LeaseReport[] = [];
    reports.set(key, seen);
    for (let step = 0; step < 12; step++) {
      await pause(7_000);
      const [report] = (await attempt("inspect", backend.inspect([ref], call()))) ?? [];
      if (report !== undefined) seen.push(report);
      await attempt("find", backend.find([{ key, intendedAtMs: 0 }], call()));
      if (report?.kind === "status" && report.phase === "exited") break;
    }
    await attempt("collect", complete(backend).collect(ref, outputPlan(host, launchFor(key)), call()));
    while ((await attempt("release", backend.release(ref, { graceMs: 0 }, call()))) !== "released") await pause(5_000);
  };
  await host.waitFor(Promise.all(keys.map(one)), { limitMs: 10 * HOUR_MS });
  // Whatever is still on its way arrives, and whatever arrived late is let go.
  await host.advance(60_000);
  for (const lease of backend.openLeases()) {
    const release = async () => {
      while ((await attempt("late release", backend.release(lease.ref, { graceMs: 0 }, call()))) !== "released") await pause(5_000);
    };
    await host.waitFor(release(), { limitMs: HOUR_MS });
  }
  await host.advance(60_000);
  note("history", backend.history());
  note("ledger", backend.ledger());
  return { log: lines.join("\n"), reports, market: backend, host };
}

const KEYS = ["ka", "kb", "kc", "kd", "ke"];

describe("simulated marketplace: properties", () => {
  it("gives the same history, byte for byte, for the same seed", async () => {
    await fc.assert(
      fc.asyncProperty(options, async (market) => {
        const [one, two] = [await use(market, KEYS), await use(market, KEYS)];
        expect(two.log).toBe(one.log);
      }),
      { numRuns: 40 },
    );
  });

  it("leaves no timers, no open leases and charges nothing any more once everything is released", async () => {
    await fc.assert(
      fc.asyncProperty(options, async (market) => {
        const { host, market: backend } = await use(market, KEYS);
        expect(host.pendingTimers()).toEqual([]);
        expect(backend.openLeases()).toEqual([]);
        const charged = backend.charged();
        await host.advance(HOUR_MS);
        expect(backend.charged()).toBe(charged);
        expect(backend.ledger().filter((line) => !line.final)).toEqual(
          backend.ledger().filter((line) => backend.leases().find((lease) => lease.key === line.key)?.state === "ended"),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("bills what the rules say and nothing else, never beyond the booked time", async () => {
    await fc.assert(
      fc.asyncProperty(options, async (market) => {
        const { market: backend } = await use(market, KEYS);
        const { granularityMs, minimumMs, prepaid, refund } = backend.capabilities.billing;
        const handed = backend.history().filter((event) => event.event === "collected");
        for (const line of backend.ledger()) {
          const node = backend.nodes.find((one) => one.id === line.node);
          const billable = prepaid && refund === "none" ? 10 * 60_000 : line.openMs;
          const units = Math.ceil(Math.max(billable, minimumMs) / granularityMs);
          const time = (units * granularityMs * line.usdPerHour) / HOUR_MS + (node?.spec.usdPerLaunch ?? 0);
          const usd = Number(line.amount) / 1e9;
          expect(line.openMs).toBeLessThanOrEqual(10 * 60_000);
          if (line.final) {
            expect(line.billedMs).toBe(units * granularityMs);
            if (handed.every((event) => event.key !== line.key)) expect(Math.abs(usd - time)).toBeLessThan(2e-9);
            else expect(usd).toBeGreaterThanOrEqual(time - 2e-9);
          }
        }
        expect(backend.ledger().reduce((sum, line) => sum + line.amount, 0n)).toBe(backend.charged());
      }),
      { numRuns: 40 },
    );
  });

  it("never makes two leases of one key, nor more than a node can hold", async () => {
    await fc.assert(
      fc.asyncProperty(options, async (market) => {
        const { market: backend } = await use({ ...market, billsDeadNodes: false }, KEYS);
        const opened = backend.history().filter((event) => event.event === "lease-opened");
        expect(new Set(opened.map((event) => event.key)).size).toBe(opened.length);
        expect(opened.length).toBe(backend.leases().length);
        for (const line of backend.ledger()) {
          const together = backend
            .ledger()
            .filter((one) => one.node === line.node && one.openedAtMs <= line.openedAtMs && line.openedAtMs < one.openedAtMs + one.openMs);
          expect(together.length).toBeLessThanOrEqual(Math.max(1, backend.nodes.find((node) => node.id === line.node)?.capacity ?? 0));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("never takes an end back: after exited, ended or gone a lease neither runs nor changes its exit code", async () => {
    await fc.assert(
      fc.asyncProperty(options, async (market) => {
        const { reports } = await use({ ...market, visibilityMs: 0 }, KEYS);
        for (const seen of reports.values()) {
          let over: LeaseReport | undefined;
          for (const report of seen) {
            if (over !== undefined && report.kind === "status") {
              expect(report.phase).toBe(over.kind === "status" ? over.phase : "never");
              if (over.kind === "status") expect(report.exitCode).toBe(over.exitCode);
            }
            const neverBound = report.kind === "gone" && report.charge === undefined;
            if (
              (report.kind === "gone" && !neverBound) ||
              (report.kind === "status" && (report.phase === "exited" || report.phase === "ended"))
            )
              over = report;
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("decides a launch's fate by its key and node alone, not by what else goes on", async () => {
    const calm: MarketplaceOptions = {
      seed: "s",
      providers: [
        {
          name: "pool",
          nodes: 30,
          startMs: [0, 60_000],
          reclaimsPerHour: 5,
          wrongShare: 0.5,
          neverStartShare: 0.2,
          speed: [0.5, 2],
          hazardPerHour: 2,
          silentDeathShare: 0.5,
        },
      ],
    };
    const fates = async (order: readonly number[]) => {
      const host = createVirtualHost();
      const backend = marketplace(calm);
      const call = () => testCallContext({ host });
      const offers = await backend.listOffers(DEMAND, call());
      await Promise.all(
        order.map(async (index) => {
          const offer = offers[index];
          if (offer !== undefined) await backend.bind(placementFor(`k${index}`, offer, { launch: launchFor(`k${index}`) }), call());
        }),
      );
      const seen: string[] = [];
      for (let step = 0; step < 20; step++) {
        await host.advance(60_000);
        const reports = await Promise.all(
          offers.map((_, index) => backend.inspect([{ backend: "marketplace", key: `k${index}`, data: {} }], call())),
        );
        seen.push(
          JSON.stringify(
            reports.flat().map((report) => (report.kind === "status" ? [report.phase, report.exitCode, report.reason] : report.kind)),
          ),
        );
      }
      return seen;
    };
    const order = Array.from({ length: 30 }, (_, index) => index);
    const plain = await fates(order);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(order, { minLength: 30 }), async (shuffled) => {
        expect(await fates(shuffled)).toEqual(plain);
      }),
      { numRuns: 10 },
    );
    expect(new Set(plain).size).toBeGreaterThan(5);
  });
});
