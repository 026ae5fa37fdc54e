import { describe, expect, it } from "vitest";
import { completionCost } from "../../../../src/core/cost/completion.js";
import { volatilityPremium } from "../../../../src/core/cost/volatility.js";
import { maxLifetimeMs } from "../../../../src/core/placement/lifetime.js";
import { placeNaively } from "../../../../src/core/placement/place.js";
import type { PlacementInput } from "../../../../src/core/placement/types.js";
import type { NodeEstimate, TrustReader } from "../../../../src/core/trust/estimate.js";
import { expectedReplicas } from "../../../../src/core/verification/verifier-for.js";
import type { CandidateRecord } from "../../../../src/model/decision.js";
import { toUsd } from "../../../../src/model/money.js";
import type { Offer } from "../../../../src/model/offer.js";
import type { Workload } from "../../../../src/model/workload.js";
import { cheapest, compose, hybrid, penalty } from "../../../../src/policies/index.js";
import { backendOf, capabilitiesOf, HOUR_MS, inputOf, NOW_MS, offerOf, trustOf, workloadOf } from "./fixtures.js";

const perfect: NodeEstimate = {
  success: { alpha: 1e9, beta: 1e-3 },
  launch: { alpha: 1e9, beta: 1e-3 },
  hazard: { a: 1e-3, b: 1e9 },
  slowness: { mean: 0, variance: 0, n: 100 },
  start: { mean: 0, variance: 0 },
  wrong: 0,
};

/** A trust that is certain of everything. */
const certain = (changes: Partial<NodeEstimate> = {}): TrustReader => ({
  revision: 0,
  estimate: () => ({ ...perfect, ...changes }),
  breaker: () => ({ state: "closed", share: 1 }),
});

/** Without time value: money only. */
const plain = cheapest();
const median = compose(plain, { selection: { kind: "quantile", quantile: 0.5 } });

function price(offer: Partial<Offer>, workload: Partial<Workload> = {}, changes: Partial<PlacementInput> = {}): CandidateRecord {
  const input = inputOf([offerOf("it", offer)], { workload: workloadOf(workload), policy: median, trust: certain(), ...changes });
  const { record } = placeNaively(input);
  if (record.chosen === undefined) throw new Error(JSON.stringify(record.rejections));
  return record.chosen;
}

const part = ({ parts }: CandidateRecord, name: string): number => parts.find((one) => one.name === name)?.usd ?? 0;

describe("candidate cost", () => {
  it("of a perfect machine is price times work", () => {
    const it = price({ price: { usdPerHour: 0.5 } });
    expect(it.totalUsd).toBeCloseTo(0.5, 6);
    expect(it.expectedHours).toBeCloseTo(1, 6);
    expect(it.successProbability).toBeCloseTo(1, 6);
  });

  it("agrees with the closed form for a known hazard", () => {
    // A narrow belief: 2 million interruptions in 20 million hours, half of the fault-free launches, speed 0.8.
    const trust = certain({
      hazard: { a: 2e6, b: 2e7 },
      launch: { alpha: 8e8, beta: 2e8 },
      slowness: { mean: -Math.log(0.8), variance: 0, n: 9 },
      start: { mean: 0.25, variance: 0 },
    });
    const it = price(
      { price: { usdPerHour: 0.5, usdPerLaunch: 0.02, egressUsdPerGB: 0.09, ingressUsdPerGB: 0.01 } },
      {},
      {
        trust,
        data: { inputBytes: 4e9, outputBytes: 2e9, inputEgressUsdPerGB: 0.05 },
        backends: [
          backendOf(
            "cloud",
            [offerOf("it", { price: { usdPerHour: 0.5, usdPerLaunch: 0.02, egressUsdPerGB: 0.09, ingressUsdPerGB: 0.01 } })],
            { capabilities: capabilitiesOf({ staging: "native" }) },
          ),
        ],
      },
    );
    const closed = completionCost({
      workHours: 1.25,
      setupHours: 0.25,
      hazardPerHour: 0.1,
      detectionHours: 1 / 60,
      usdPerHour: 0.5,
      usdPerLaunch: 0.02,
      launchFailureProbability: 0.2,
      launchFailureUsd: 0.02 + 0.5 * 0.25,
      inputGB: 4,
      inputUsdPerGB: 0.06,
      outputGB: 2,
      outputUsdPerGB: 0.09,
      billing: { granularityMs: 1_000, minimumMs: 0, prepaid: false, refund: "unused" },
    });
    if (!closed.feasible) throw new Error(closed.reason);
    expect(it.totalUsd).toBeCloseTo(closed.usd, 4);
    expect(part(it, "input-egress")).toBeCloseTo(closed.parts.inputEgress, 5);
  });

  it("carries the spread of a token but not its volatility, which widens the reservation alone", () => {
    const dollars = price({ price: { usdPerHour: 1 } });
    const tokens = price({ price: { usdPerHour: 1, settlement: { asset: "AKT", annualVolatility: 1.08, spread: 0.02 } } });
    expect(tokens.totalUsd).toBeCloseTo(dollars.totalUsd * 1.02, 6);
    const lifetimeHours = maxLifetimeMs(workloadOf()) / HOUR_MS + 30 / 3600;
    expect(tokens.worstCaseUsd / dollars.worstCaseUsd).toBeCloseTo(1.02 * (1 + volatilityPremium(1.08, lifetimeHours)), 6);
  });

  it("reserves the whole lifetime at the price cap", () => {
    const { worstCaseUsd } = price({ price: { usdPerHour: 1, usdPerLaunch: 0.5 } });
    // 4 h of timeout, 15 min of margin and 30 s in which the bind may happen.
    expect(worstCaseUsd).toBeCloseTo(1.05 * (15_330 / 3_600) + 0.5, 9);
  });

  it("repeats everything that a fault of the place wastes", () => {
    const it = price({ price: { usdPerHour: 1 } }, {}, { trust: certain({ success: { alpha: 8e8, beta: 2e8 } }) });
    expect(it.totalUsd).toBeCloseTo(1 / 0.8, 3);
    expect(part(it, "repeats")).toBeCloseTo(0.25, 3);
    expect(it.expectedHours).toBeCloseTo(1.25, 3);
    expect(it.successProbability).toBeCloseTo(0.8, 3);
  });

  it("pays for the replicas that a quorum is expected to need", () => {
    const request = { kind: "quorum", maxErrorProbability: 0.001, maxReplicas: 7 } as const;
    const it = price({}, { valueAtRiskUsd: 200 }, { trust: certain({ wrong: 0.05 }), verification: request });
    const { expected, errorProbability, undecidedProbability } = expectedReplicas(request, 0.05);
    expect(expected).toBeGreaterThan(3);
    expect(it.totalUsd - part(it, "wrong-result")).toBeCloseTo(expected / (1 - undecidedProbability), 3);
    expect(part(it, "wrong-result")).toBeCloseTo(200 * errorProbability, 6);
    expect(it.successProbability).toBeCloseTo(0.95, 3);
  });

  it("charges the value at risk for results that nobody checks", () => {
    const it = price({}, { valueAtRiskUsd: 30 }, { trust: certain({ wrong: 0.1 }) });
    expect(part(it, "wrong-result")).toBeCloseTo(3, 6);
    expect(it.successProbability).toBeCloseTo(1, 3);
  });

  it("adds the policy's verification for places that need it, and only there", () => {
    const outputs = { "/out": { optional: false } };
    const policy = compose(hybrid({ waitingUsdPerHour: 0 }), { selection: { kind: "quantile", quantile: 0.5 } });
    const trust = certain({ wrong: 0.2 });
    const stranger = price({ trust: trustOf("permissionless") }, { outputs, valueAtRiskUsd: 1 }, { policy, trust });
    const company = price({ trust: trustOf("single") }, { outputs, valueAtRiskUsd: 1 }, { policy, trust });
    expect(part(stranger, "verification")).toBeGreaterThan(2);
    expect(part(company, "verification")).toBe(0);
  });

  it("refuses a place whose results no quorum could confirm", () => {
    const input = inputOf([offerOf("liar")], {
      policy: median,
      trust: certain({ wrong: 0.5 }),
      verification: { kind: "quorum", maxErrorProbability: 0.001, maxReplicas: 7 },
    });
    expect(placeNaively(input).record.rejections).toMatchObject([
      { code: "untrusted-operator", example: { message: expect.stringContaining("wrong too often") } },
    ]);
  });

  it("turns time into money: waiting, start, lateness and a miss", () => {
    const policy = compose(median, { value: () => ({ waitingUsdPerHour: 2, startUsdPerHour: 3, latenessUsdPerHour: 5, missUsd: 7 }) });
    const trust = certain({ start: { mean: 0.5, variance: 0 } });
    const it = price({}, {}, { policy, trust, deadlineAtMs: NOW_MS + HOUR_MS });
    expect(part(it, "waiting")).toBeCloseTo(2 * 1.5, 6);
    expect(part(it, "start")).toBeCloseTo(3 * 0.5, 6);
    expect(part(it, "lateness")).toBeCloseTo(5 * 0.5, 6);
    expect(part(it, "miss")).toBe(7);
    const early = price({}, {}, { policy, trust, deadlineAtMs: NOW_MS + 2 * HOUR_MS });
    expect(part(early, "lateness") + part(early, "miss")).toBeLessThan(1e-6);
  });

  it("shows penalties to the policy what it may see, and adds them by name", () => {
    const seen: unknown[] = [];
    const policy = compose(median, {
      penalties: [
        penalty("distance", (view) => {
          seen.push({ hours: view.expectedHours, cost: view.costUsd, left: view.timeLeftMs, paid: view.capabilities.paid });
          return 0.25;
        }),
      ],
    });
    const it = price({}, {}, { policy, deadlineAtMs: NOW_MS + HOUR_MS * 9 });
    expect(part(it, "distance")).toBe(0.25);
    expect(it.totalUsd).toBeCloseTo(1.25, 6);
    expect(seen).toEqual([{ hours: expect.closeTo(1, 6), cost: expect.closeTo(1, 6), left: 9 * HOUR_MS, paid: true }]);
  });

  it("bills booked time that does not come back", () => {
    const billing = { granularityMs: HOUR_MS, minimumMs: HOUR_MS, prepaid: true, refund: "none" } as const;
    const it = price({ billing }, { timeoutMs: 2 * HOUR_MS });
    expect(it.totalUsd).toBeCloseTo(3, 6);
    expect(part(it, "billing-steps")).toBeCloseTo(2, 6);
    // The time of the result is not that of the bill.
    expect(it.expectedHours).toBeCloseTo(1, 6);
  });

  it("costs nothing on a free machine, whose time still counts", () => {
    const policy = compose(median, { value: () => ({ waitingUsdPerHour: 1, startUsdPerHour: 0, latenessUsdPerHour: 0, missUsd: 0 }) });
    const it = price({ price: { usdPerHour: 0 } }, {}, { policy });
    expect(it.totalUsd).toBeCloseTo(1, 6);
    expect(it.worstCaseUsd).toBe(0);
  });

  it("moves files at network speed unless the backend moves them itself", () => {
    const data = { inputBytes: 45e9, outputBytes: 0, inputEgressUsdPerGB: 0 };
    const over = price({}, {}, { data });
    expect(over.expectedHours).toBeCloseTo(2, 6);
    const native = price(
      {},
      {},
      { data, backends: [backendOf("cloud", [offerOf("it")], { capabilities: capabilitiesOf({ staging: "native" }) })] },
    );
    expect(native.expectedHours).toBeCloseTo(1, 6);
  });

  it("prices inputs by what reading them costs the backend in question", () => {
    const data = { inputBytes: 10e9, outputBytes: 0, inputEgressUsdPerGB: 0.05 };
    const egress = (inputEgressByBackend: Readonly<Record<string, number>>): number =>
      part(price({}, {}, { data: { ...data, inputEgressByBackend } }), "input-egress");
    expect(egress({})).toBeCloseTo(0.5, 6);
    expect(egress({ cloud: 0.01 })).toBeCloseTo(0.1, 6);
    // What another backend pays does not matter here.
    expect(egress({ other: 0 })).toBeCloseTo(0.5, 6);
  });

  it("prices the rest of the work when a checkpoint holds some of it, but never nothing", () => {
    expect(price({}, {}, { workDoneMs: 0.75 * HOUR_MS }).totalUsd).toBeCloseTo(0.25, 6);
    expect(price({}, {}, { workDoneMs: 9 * HOUR_MS }).totalUsd).toBeCloseTo(0.05, 6);
  });

  it("never lets an unlucky draw alone condemn a place", () => {
    // Mean hazard 0.05 over 40 h of work: e^2 on average, but draws far above are common with a shape of 1.
    const workload = { expectedDurationMs: 40 * HOUR_MS, timeoutMs: 100 * HOUR_MS };
    const policy = compose(cheapest(), { maxBilledRatio: 5 });
    const totals = Array.from(
      { length: 300 },
      (_, i) =>
        price({ hazardPerHour: 0.05 }, workload, { policy, seed: `seed-${i}`, trust: certain({ hazard: { a: 1, b: 20 } }) }).totalUsd,
    );
    // Some were out of reach and are priced at the limit.
    expect(Math.max(...totals)).toBeGreaterThan(190);
    expect(Math.max(...totals)).toBeLessThan(40 * 5.1);
    expect(Math.min(...totals)).toBeLessThan(50);
  });

  it("keeps the money exact: what is reserved is the worst case, rounded up to a nano-dollar", () => {
    const { chosen, record } = placeNaively(inputOf([offerOf("it", { price: { usdPerHour: 1 / 3 } })]));
    expect(toUsd(chosen?.worstCase ?? 0n)).toBeGreaterThanOrEqual(record.chosen?.worstCaseUsd ?? 1);
    expect(toUsd(chosen?.worstCase ?? 0n) - (record.chosen?.worstCaseUsd ?? 0)).toBeLessThan(1e-9);
  });
});
