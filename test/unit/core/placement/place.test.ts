import { describe, expect, it } from "vitest";
import { createPlacer, placeNaively } from "../../../../src/core/placement/place.js";
import type { PlacementInput, WarmOffer } from "../../../../src/core/placement/types.js";
import type { BreakerView, TrustReader } from "../../../../src/core/trust/estimate.js";
import { TrustBook } from "../../../../src/core/trust/trust-book.js";
import { nanoUsd } from "../../../../src/model/money.js";
import type { Offer } from "../../../../src/model/offer.js";
import { NO_EXCLUSIONS } from "../../../../src/model/run.js";
import { cheapest, compose, filter, hybrid } from "../../../../src/policies/index.js";
import { backendOf, capabilitiesOf, dataOf, HOUR_MS, inputOf, NOW_MS, offerOf, trustOf, workloadOf } from "./fixtures.js";

const place = (input: PlacementInput) => createPlacer().place(input);
const steady = compose(cheapest(), { selection: { kind: "quantile", quantile: 0.5 } });
const priced = (id: string, usdPerHour: number, changes: Partial<Offer> = {}): Offer => offerOf(id, { price: { usdPerHour }, ...changes });

describe("choosing", () => {
  it("takes the least total, and equal ones by name", () => {
    const twins = [priced("b", 1, { operator: "o", node: "n" }), priced("a", 1, { operator: "o", node: "n" }), priced("c", 2)];
    expect(place(inputOf(twins, { policy: steady })).chosen?.offer.id).toBe("a");
    expect(place(inputOf(twins.toReversed(), { policy: steady })).chosen?.offer.id).toBe("a");
  });

  it("prefers a dear steady machine to a cheap one that loses the work", () => {
    const offers = [priced("flaky", 0.5, { hazardPerHour: 0.5 }), priced("firm", 1, { hazardPerHour: 0.0001 })];
    const workload = workloadOf({ expectedDurationMs: 6 * HOUR_MS, timeoutMs: 24 * HOUR_MS });
    expect(place(inputOf(offers, { policy: steady, workload })).chosen?.offer.id).toBe("firm");
    const checkpointed = { ...workload, checkpoint: { path: "/c", costMs: 5_000, restoreMs: 5_000, sizeBytes: 1 } };
    expect(place(inputOf(offers, { policy: steady, workload: checkpointed })).chosen?.offer.id).toBe("flaky");
  });

  it("explores with draws and repeats itself with the same seed", () => {
    const offers = [priced("x", 1, { trust: trustOf("audited") }), priced("y", 1.05, { trust: trustOf("audited") })];
    const winners = Array.from({ length: 200 }, (_, i) => place(inputOf(offers, { policy: cheapest(), seed: `s${i}` })).chosen?.offer.id);
    const share = winners.filter((id) => id === "y").length / 200;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.5);
    expect(place(inputOf(offers, { policy: cheapest(), seed: "s1" }))).toEqual(place(inputOf(offers, { policy: cheapest(), seed: "s1" })));
  });

  it("learns: a node that proved slow loses to one that proved quick", () => {
    const trust = new TrustBook();
    for (const [node, logRatio] of [
      ["node-of-slow", 1],
      ["node-of-quick", -0.2],
    ] as const) {
      for (let run = 0; run < 30; run++) {
        trust.record({
          who: { backend: "cloud", operator: node.replace("node", "operator"), node },
          atMs: NOW_MS,
          kind: "speed",
          logRatio,
        });
      }
    }
    const offers = [priced("slow", 0.9), priced("quick", 1)];
    const winners = Array.from(
      { length: 50 },
      (_, i) => place(inputOf(offers, { policy: cheapest(), trust, seed: `s${i}` })).chosen?.offer.id,
    );
    expect(new Set(winners)).toEqual(new Set(["quick"]));
  });

  it("carries what the runtime needs and a record that can be told apart from others", () => {
    const { chosen, record, hopeless, retryAtMs } = place(inputOf([priced("it", 1)], { attempt: 3, purpose: "replica", seed: "r/3" }));
    expect(chosen).toMatchObject({ backend: "cloud", priceCapUsdPerHour: 1.05, totalUsd: record.chosen?.totalUsd });
    expect(record).toMatchObject({
      id: `run/3@${NOW_MS}`,
      runId: "run",
      attempt: 3,
      purpose: "replica",
      atMs: NOW_MS,
      policy: "hybrid",
      seed: "r/3",
    });
    expect(hopeless).toBe(false);
    expect(retryAtMs).toBeUndefined();
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  });
});

describe("money that is available", () => {
  const offer = priced("it", 1, { binding: "indicative" });
  // 4 h timeout, 15 min margin, 30 s for the bind.
  const lifetimeHours = 15_330 / 3_600;

  it("lowers the price cap to what fits, and never reserves more", () => {
    const available = nanoUsd(1.1 * lifetimeHours, "down");
    const { chosen } = place(inputOf([offer], { available }));
    expect(chosen?.priceCapUsdPerHour).toBeCloseTo(1.1, 6);
    expect(chosen?.worstCase).toBeLessThanOrEqual(available);
    expect(place(inputOf([offer])).chosen?.priceCapUsdPerHour).toBe(1.25);
  });

  it("takes an offer whose own worst case fits to the nano-dollar, and not one that exceeds it by one", () => {
    const exact = nanoUsd(lifetimeHours, "up");
    expect(place(inputOf([offer], { available: exact })).chosen).toMatchObject({ priceCapUsdPerHour: 1, worstCase: exact });
    const { record, hopeless } = place(inputOf([offer], { available: exact - 1n }));
    expect(record.rejections).toMatchObject([
      { code: "over-budget", count: 1, example: { message: expect.stringMatching(/\$4\.26.*reserved.*available/) } },
    ]);
    // Refunds or the next day's budget may help.
    expect(hopeless).toBe(false);
  });

  it("goes to a dearer total that fits when the best does not", () => {
    const offers = [priced("fast", 3, { speed: 5 }), priced("slow", 1)];
    expect(place(inputOf(offers, { policy: steady })).chosen?.offer.id).toBe("fast");
    expect(place(inputOf(offers, { policy: steady, available: nanoUsd(5, "up") })).chosen?.offer.id).toBe("slow");
  });

  it("takes free machines when there is nothing to spend", () => {
    expect(place(inputOf([priced("free", 0)], { available: 0n })).chosen?.worstCase).toBe(0n);
  });
});

describe("when nothing can be chosen", () => {
  const big = workloadOf({ resources: { cpu: 64, memoryMiB: 1, diskMiB: 1 } });

  it("says so, says why, and says what would help", () => {
    const offers = [priced("a", 1), priced("b", 2), priced("c", 3, { interruptible: true })];
    const { chosen, record, hopeless } = place(inputOf(offers, { workload: { ...big, interruptible: false } }));
    expect(chosen).toBeUndefined();
    expect(hopeless).toBe(true);
    expect(record.chosen).toBeUndefined();
    expect(record.failure?.code).toBe("NO_FEASIBLE_PLACEMENT");
    expect(record.failure?.message).toMatch(/1 reclaimable.*2 too small \(cloud\/a: needs 64 CPUs; the offer has 4\).*interruptible: true/);
  });

  it("tells the nearest reasons first, however few they are", () => {
    const offers = [
      ...Array.from({ length: 30 }, (_, i) => priced(`small-${i}`, 1, { resources: { cpu: 1, memoryMiB: 1, diskMiB: 1 } })),
      priced("dear", 9),
    ];
    const { record } = place(inputOf(offers, { available: nanoUsd(1, "up") }));
    expect(record.failure?.message).toMatch(/^No offer can be used: 1 over budget.*30 too small.*raise maxCost/);
  });

  it.each<[string, Partial<PlacementInput>, boolean]>([
    ["too small", { workload: big }, true],
    ["data that may not go there", { workload: workloadOf({ data: dataOf("phi") }) }, true],
    ["excluded: time does not help, forgetting might", { exclusions: { ...NO_EXCLUSIONS, offers: ["cloud/it"] } }, true],
    ["over budget", { available: 1n }, false],
    ["a sibling's operator", { siblings: { distinct: "operator", nodes: [{ backend: "cloud", operator: "operator-of-it" }] } }, false],
    ["expired", { nowMs: NOW_MS + 2 * HOUR_MS }, false],
    ["against the policy, which may look at prices", { policy: compose(hybrid(), { filters: [filter("never", () => "no")] }) }, false],
    ["nobody to ask", { backends: [] }, true],
    ["nothing listed", { backends: [backendOf("cloud", [])] }, false],
  ])("knows whether waiting helps: %s", (_title, changes, hopeless) => {
    const result = place(inputOf([priced("it", 1)], changes));
    expect(result.chosen).toBeUndefined();
    expect(result.hopeless).toBe(hopeless);
    if (hopeless) expect(result.retryAtMs).toBeUndefined();
  });

  it("names the earliest time at which something changes", () => {
    const error = {
      code: "BACKEND_RATE_LIMITED" as const,
      message: "slow down",
      retry: "later" as const,
      effect: "none" as const,
      details: { retryAfterMs: 7_000 },
    };
    const book = new TrustBook();
    const breakers = (view: BreakerView): TrustReader => ({
      revision: 0,
      estimate: (...args) => book.estimate(...args),
      breaker: () => view,
    });
    const retryIn = (changes: Partial<PlacementInput>): number =>
      (place(inputOf([priced("it", 1)], changes)).retryAtMs ?? Number.NaN) - NOW_MS;

    expect(retryIn({ available: 1n })).toBe(HOUR_MS);
    expect(
      retryIn({ available: 1n, backends: [backendOf("cloud", [priced("a", 9), priced("b", 9, { expiresAtMs: NOW_MS + 5_000 })])] }),
    ).toBe(5_000);
    expect(retryIn({ backends: [backendOf("cloud", [], { error })] })).toBe(7_000);
    expect(retryIn({ backends: [backendOf("cloud", [], { capabilities: capabilitiesOf({ offersTtlMs: 9_000 }) })] })).toBe(9_000);
    expect(retryIn({ trust: breakers({ state: "open", share: 0, untilMs: NOW_MS + 42_000 }) })).toBe(42_000);
    expect(retryIn({ trust: breakers({ state: "half-open", share: 1e-9 }) })).toBe(1_000);
  });
});

describe("large markets", () => {
  const offers = Array.from({ length: 500 }, (_, i) =>
    priced(`o${i}`, 1 + ((i * 37) % 500) / 100, i % 5 === 0 ? { expiresAtMs: NOW_MS - 1 } : {}),
  );

  it("counts what was skipped as priced, and rejections of the moment only as far as they were met", () => {
    const { record } = place(inputOf(offers));
    const naive = placeNaively(inputOf(offers)).record;
    expect(record.evaluated).toBe(500);
    expect(naive.rejected).toBe(100);
    expect(record.rejected).toBeLessThan(100);
    expect(record.priced + record.rejected).toBe(500);
    expect(record.candidates).toHaveLength(20);
    expect(record.candidates[0]).toEqual(naive.candidates[0]);
  });

  it("follows a market in which one offer after another is taken", () => {
    const placer = createPlacer();
    let listing: readonly Offer[] = offers;
    const seen = new Set<string>();
    for (let step = 0; step < 30; step++) {
      const { chosen } = placer.place(inputOf(listing, { policy: steady }));
      expect(chosen?.totalUsd).toBe(placeNaively(inputOf(listing, { policy: steady })).chosen?.totalUsd);
      seen.add(chosen?.offer.id ?? "");
      listing = listing.filter((offer) => offer !== chosen?.offer);
    }
    expect(seen.size).toBe(30);
  });

  it("sees a price change, a new backend and new capabilities at once", () => {
    const placer = createPlacer();
    const first = placer.place(inputOf(offers, { policy: steady })).chosen?.offer.id;
    const cheaper = offers.map((offer) => (offer.id === "o499" ? { ...offer, price: { usdPerHour: 0.001 } } : offer));
    expect(first).not.toBe("o499");
    expect(placer.place(inputOf(cheaper, { policy: steady })).chosen?.offer.id).toBe("o499");
    const other = backendOf("other", [priced("new", 0.0005, { backend: "other" })]);
    expect(placer.place(inputOf([], { policy: steady, backends: [backendOf("cloud", cheaper), other] })).chosen?.offer.id).toBe("new");
    const barred = backendOf("cloud", cheaper, {
      capabilities: capabilitiesOf({ trust: { operators: [], certifications: [], agreements: [], tee: [] } }),
    });
    expect(placer.place(inputOf([], { policy: steady, backends: [barred] })).chosen).toBeUndefined();
    expect(placer.place(inputOf(cheaper, { policy: steady })).chosen?.offer.id).toBe("o499");
  });
});

describe("memory", () => {
  it("serves more shapes of work than it keeps", () => {
    const offers = Array.from({ length: 80 }, (_, i) => priced(`o${i}`, 1 + i / 100));
    const placer = createPlacer();
    const ask = (cpu: number): PlacementInput =>
      inputOf(offers, { policy: steady, workload: workloadOf({ resources: { cpu, memoryMiB: 1, diskMiB: 1 } }) });
    for (let round = 0; round < 2; round++) {
      for (let shape = 1; shape <= 150; shape++) expect(placer.place(ask(shape / 100)).chosen?.offer.id).toBe("o0");
    }
  });
});

describe("warm leases", () => {
  const warm = (changes: Partial<Offer> = {}, paidUntilMs = NOW_MS + 5 * HOUR_MS): WarmOffer => ({
    leaseKey: "k",
    offer: priced("warm:k", 0.2, { setupMs: 0, ...changes }),
    paidUntilMs,
  });

  it("join the candidates at their marginal price", () => {
    const { chosen, record } = place(inputOf([priced("cold", 1)], { warm: [warm()] }));
    expect(chosen?.offer.id).toBe("warm:k");
    expect(record).toMatchObject({ evaluated: 2, priced: 2, rejected: 0 });
  });

  it("are left alone when the work might outlast what is paid, or another rule forbids them", () => {
    const answer = (item: WarmOffer, changes: Partial<PlacementInput> = {}) =>
      place(inputOf([priced("cold", 1)], { warm: [item], ...changes }));
    expect(answer(warm({}, NOW_MS + 3 * HOUR_MS)).record.rejections).toMatchObject([{ code: "lifetime", example: { offerId: "warm:k" } }]);
    expect(
      answer(warm({ trust: trustOf("permissionless") }), { workload: workloadOf({ data: dataOf("internal") }) }).chosen?.offer.id,
    ).toBe("cold");
    expect(answer(warm(), { exclusions: { ...NO_EXCLUSIONS, nodes: ["cloud/node-of-warm:k"] } }).chosen?.offer.id).toBe("cold");
    const backends = [backendOf("cloud", [priced("cold", 1)]), backendOf("gone", [], { capabilities: capabilitiesOf({ images: "none" }) })];
    expect(answer(warm({ backend: "gone" }), { backends, workload: workloadOf({ image: "a:1" }) }).chosen?.offer.id).toBe("cold");
    expect(answer(warm({ backend: "unknown" })).chosen?.offer.id).toBe("cold");
  });

  it("may be used although their backend lists nothing else", () => {
    expect(place(inputOf([], { backends: [backendOf("cloud", [])], warm: [warm()] })).chosen?.offer.id).toBe("warm:k");
  });
});

describe("fallback chain", () => {
  const offers = [
    priced("first", 1, { operator: "ann" }),
    priced("neighbour", 1.01, { operator: "ann" }),
    priced("second", 1.1, { operator: "bob" }),
    priced("third", 1.2, { operator: "cid" }),
  ];

  it("starts with the chosen one and prefers other operators, the cheapest success first", () => {
    const { chain } = place(inputOf(offers, { policy: steady, failures: 1 })).record;
    expect(chain?.order).toEqual(["cloud/first", "cloud/second", "cloud/third"]);
    expect(chain?.successProbability).toBeGreaterThan(0.999);
  });

  it("takes neighbours in when there are no others left", () => {
    expect(place(inputOf(offers, { policy: steady })).record.chain?.order).toEqual([
      "cloud/first",
      "cloud/neighbour",
      "cloud/second",
      "cloud/third",
    ]);
  });

  it("is as long as the retry policy allows", () => {
    expect(place(inputOf(offers, { policy: steady, failures: 2 })).record.chain?.order).toEqual(["cloud/first", "cloud/second"]);
    expect(place(inputOf(offers, { policy: steady, failures: 3 })).record.chain?.order).toEqual(["cloud/first"]);
  });
});
