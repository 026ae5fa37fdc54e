import { describe, expect, it } from "vitest";
import { createPlacer } from "../../../src/core/placement/place.js";
import type { AttemptRow } from "../../../src/model/attempt.js";
import { ERROR_CODES } from "../../../src/model/errors/codes.js";
import { nanoUsd } from "../../../src/model/money.js";
import type { Offer } from "../../../src/model/offer.js";
import type { Workload } from "../../../src/model/workload.js";
import {
  cheapest,
  compliant,
  compose,
  DEFAULT_RETRY,
  decentralized,
  fastest,
  filter,
  hedgeWhenLate,
  hybrid,
  penalty,
  policies,
  spotReplacement,
} from "../../../src/policies/index.js";
import type { Policy } from "../../../src/spec/policy.js";
import { backendOf, capabilitiesOf, dataOf, HOUR_MS, inputOf, NOW_MS, offerOf, trustOf, workloadOf } from "../core/placement/fixtures.js";

/** One steady company's machine, one quick one, one cheap stranger, one reclaimable machine of a company, one's own. */
const market = (changes: Partial<Offer> = {}): readonly Offer[] => [
  offerOf("company", { price: { usdPerHour: 1 }, hazardPerHour: 0.0005, ...changes }),
  offerOf("quick", { price: { usdPerHour: 4 }, speed: 3, hazardPerHour: 0.0005, ...changes }),
  offerOf("stranger", {
    price: { usdPerHour: 0.2 },
    trust: trustOf("permissionless"),
    place: { country: "DE", proof: "claimed" },
    ...changes,
  }),
  offerOf("spot", { price: { usdPerHour: 0.5 }, interruptible: true, hazardPerHour: 0.05, ...changes }),
  offerOf("own", { price: { usdPerHour: 1.5 }, trust: trustOf("self"), place: { proof: "claimed" }, hazardPerHour: 0.0001, ...changes }),
];

const middle = (policy: Policy): Policy => compose(policy, { selection: { kind: "quantile", quantile: 0.5 } });

function winner(policy: Policy, workload: Partial<Workload> = {}, deadlineInMs?: number): string | undefined {
  const deadline = deadlineInMs === undefined ? {} : { deadlineAtMs: NOW_MS + deadlineInMs };
  return createPlacer().place(inputOf(market(), { policy: middle(policy), workload: workloadOf(workload), ...deadline })).chosen?.offer.id;
}

const outputs = { "/out": { optional: false } };

describe("hybrid", () => {
  it("sends public batch work wherever a result costs least", () => {
    expect(winner(hybrid())).toBe("stranger");
  });

  it("keeps sensitive and interactive work with trusted operators, even in a tee that would satisfy the class", () => {
    expect(winner(hybrid(), { data: dataOf("internal") })).toBe("spot");
    expect(winner(hybrid(), { data: dataOf("confidential") })).toBe("spot");
    expect(winner(hybrid(), { latency: "interactive" })).toBe("quick");
    const enclave = offerOf("enclave", { trust: trustOf("permissionless", { tee: ["tdx"] }) });
    const capabilities = capabilitiesOf({ trust: { operators: ["permissionless"], certifications: [], agreements: [], tee: ["tdx"] } });
    const { record } = createPlacer().place(
      inputOf([], {
        backends: [backendOf("cloud", [enclave], { capabilities })],
        policy: hybrid(),
        workload: workloadOf({ data: dataOf("confidential", { tee: ["tdx"] }) }),
      }),
    );
    expect(record.rejections).toMatchObject([
      { code: "policy", example: { message: expect.stringMatching(/trusted-operators: confidential data stays/) } },
    ]);
  });

  it("lets the caller say what needs trust", () => {
    expect(winner(hybrid({ trustedFor: ({ labels }) => labels["vip"] === "yes" }), { labels: { vip: "yes" } })).toBe("spot");
    expect(winner(hybrid({ trustedFor: () => false }), { latency: "interactive", interruptible: false, priority: 1 })).not.toBeUndefined();
  });

  it("checks strangers' results when a wrong one would cost something, which makes trusted machines cheaper", () => {
    const ask = hybrid().verification;
    const stranger = offerOf("s", { trust: trustOf("permissionless") });
    expect(ask?.(workloadOf({ outputs, valueAtRiskUsd: 5 }), stranger)).toEqual({
      kind: "quorum",
      maxErrorProbability: 0.001,
      maxReplicas: 7,
    });
    expect(ask?.(workloadOf({ outputs }), stranger)).toEqual({ kind: "none" });
    expect(ask?.(workloadOf({ valueAtRiskUsd: 5 }), stranger)).toEqual({ kind: "none" });
    expect(ask?.(workloadOf({ outputs, valueAtRiskUsd: 5 }), offerOf("c"))).toEqual({ kind: "none" });
    expect(winner(hybrid(), { outputs, valueAtRiskUsd: 5 })).toBe("spot");
    const mild = hybrid({ verify: "always", maxErrorProbability: 0.1, maxReplicas: 3 }).verification;
    expect(mild?.(workloadOf({ outputs }), stranger)).toEqual({ kind: "quorum", maxErrorProbability: 0.1, maxReplicas: 3 });
    expect(hybrid({ verify: "never" }).verification?.(workloadOf({ outputs, valueAtRiskUsd: 5 }), stranger)).toEqual({ kind: "none" });
  });

  it("values time as documented", () => {
    const { value } = hybrid();
    expect(value(workloadOf())).toEqual({ waitingUsdPerHour: 0.05, startUsdPerHour: 0, latenessUsdPerHour: 10, missUsd: 10 });
    expect(value(workloadOf({ latency: "interactive" }))).toMatchObject({ waitingUsdPerHour: 60, startUsdPerHour: 60 });
    expect(value(workloadOf({ maxCost: nanoUsd(2.5, "up") })).missUsd).toBe(2.5);
    expect(hybrid({ missUsd: 3, waitingUsdPerHour: 1 }).value(workloadOf({ maxCost: nanoUsd(2.5, "up") }))).toMatchObject({
      missUsd: 3,
      waitingUsdPerHour: 1,
    });
  });

  it("buys speed when the deadline is near", () => {
    expect(winner(hybrid(), { data: dataOf("internal") }, 24 * HOUR_MS)).toBe("spot");
    expect(winner(hybrid(), { data: dataOf("internal") }, HOUR_MS)).toBe("quick");
  });
});

describe("cheapest", () => {
  it("ignores time, unless told what a miss costs", () => {
    expect(winner(cheapest(), { latency: "interactive" })).toBe("stranger");
    expect(winner(cheapest(), {}, HOUR_MS / 2)).toBe("stranger");
    expect(winner(cheapest({ missUsd: 50 }), {}, HOUR_MS / 2)).toBe("quick");
  });
});

describe("fastest", () => {
  it("pays for speed and hedges what is late", () => {
    expect(winner(fastest())).toBe("quick");
    expect(fastest().hedge).toBeDefined();
    expect(fastest({ hedgeFactor: false }).hedge).toBeUndefined();
  });

  it("hedges once, and only a running attempt that takes too long", () => {
    const hedge = hedgeWhenLate(2);
    const attempt = (changes: Partial<AttemptRow>): AttemptRow =>
      ({ state: "running", purpose: "primary", startedAtMs: NOW_MS, ...changes }) as AttemptRow;
    const ask = (attempts: readonly AttemptRow[], afterMs: number) => hedge({ workload: workloadOf(), attempts, nowMs: NOW_MS + afterMs });
    expect(ask([attempt({})], 2 * HOUR_MS)).toBeUndefined();
    expect(ask([attempt({})], 2 * HOUR_MS + 1)).toBe("hedge");
    const { startedAtMs: _, ...unstarted } = attempt({});
    expect(ask([unstarted], 9 * HOUR_MS)).toBeUndefined();
    expect(ask([attempt({}), attempt({ purpose: "hedge" })], 9 * HOUR_MS)).toBeUndefined();
    expect(ask([attempt({ state: "done" }), attempt({ purpose: "hedge" })], 9 * HOUR_MS)).toBeUndefined();
    expect(ask([attempt({ state: "done" }), attempt({})], 9 * HOUR_MS)).toBe("hedge");
  });
});

describe("compliant", () => {
  const reasons = (policy: Policy, offer: Offer): string | undefined =>
    createPlacer().place(inputOf([offer], { policy })).record.rejections[0]?.example.message;

  it("holds house rules for public data too", () => {
    expect(reasons(compliant(), offerOf("ok"))).toBeUndefined();
    expect(reasons(compliant(), offerOf("s", { trust: trustOf("permissionless") }))).toMatch(/house-operators: .*permissionless/);
    expect(reasons(compliant(), offerOf("c", { place: { country: "DE", proof: "claimed" } }))).toMatch(/house-places: .*proven/);
    expect(reasons(compliant({ countries: ["FR"] }), offerOf("d"))).toMatch(/places in FR only; this one is in DE/);
    expect(reasons(compliant({ certifications: ["soc2"] }), offerOf("e"))).toMatch(/must hold soc2/);
    expect(reasons(compliant({ agreements: ["dpa"] }), offerOf("f"))).toMatch(/agreement dpa/);
    const own = offerOf("own", { trust: trustOf("self"), place: { proof: "claimed" } });
    expect(reasons(compliant({ countries: ["FR"], certifications: ["soc2"], agreements: ["dpa"] }), own)).toBeUndefined();
    expect(reasons(compliant({ operators: ["audited"] }), own)).toMatch(/operators of class audited only/);
  });

  it("decides the same whatever the seed", () => {
    const offers = [offerOf("a", { trust: trustOf("single") }), offerOf("b", { trust: trustOf("self") })];
    const winners = Array.from(
      { length: 30 },
      (_, i) => createPlacer().place(inputOf(offers, { policy: compliant(), seed: `${i}` })).chosen?.totalUsd,
    );
    expect(new Set(winners).size).toBe(1);
  });
});

describe("spotReplacement", () => {
  it("runs interruptible work on what can vanish, and other work on steady machines", () => {
    expect(winner(spotReplacement())).toBe("stranger");
    expect(winner(spotReplacement(), { data: dataOf("internal") })).toBe("spot");
    expect(winner(spotReplacement(), { interruptible: false })).toBe("company");
  });

  it("drops the surcharge on steady machines when time runs short", () => {
    const surcharge = (deadlineInMs: number): number => {
      const input = inputOf([offerOf("it")], { policy: middle(spotReplacement()), deadlineAtMs: NOW_MS + deadlineInMs });
      return (
        createPlacer()
          .place(input)
          .record.chosen?.parts.find(({ name }) => name === "steady-capacity")?.usd ?? 0
      );
    };
    expect(surcharge(10 * HOUR_MS)).toBeGreaterThan(0.4);
    expect(surcharge(1.5 * HOUR_MS)).toBe(0);
  });
});

describe("decentralized", () => {
  it("uses networks only, and one's own machines when told", () => {
    expect(winner(decentralized())).toBe("stranger");
    const only = (policy: Policy, id: string): string | undefined =>
      createPlacer().place(
        inputOf(
          market().filter((offer) => offer.id === id),
          { policy },
        ),
      ).chosen?.offer.id;
    expect(only(decentralized(), "company")).toBeUndefined();
    expect(only(decentralized(), "own")).toBeUndefined();
    expect(only(decentralized({ self: true }), "own")).toBe("own");
  });

  it("verifies every comparable result of strangers", () => {
    const stranger = offerOf("s", { trust: trustOf("permissionless") });
    expect(decentralized().verification?.(workloadOf({ outputs }), stranger)).toMatchObject({ kind: "quorum" });
    expect(decentralized().verification?.(workloadOf({ outputs }), offerOf("a", { trust: trustOf("audited") }))).toEqual({ kind: "none" });
  });
});

describe("compose", () => {
  const never = filter("never", () => "no");

  it("adds rules, and replaces those of the same name", () => {
    const once = compose(hybrid(), { filters: [never], penalties: [penalty("tax", () => 1)] });
    expect(once.filters.map(({ name }) => name)).toEqual(["trusted-operators", "never"]);
    const twice = compose(once, { filters: [filter("never", () => undefined)] }, { name: "mine" });
    expect(twice.filters).toHaveLength(2);
    expect(twice.filters[1]?.test({} as never)).toBeUndefined();
    expect(twice.name).toBe("mine");
    expect(hybrid().filters).toHaveLength(1);
  });

  it("merges values and retries field by field", () => {
    const policy = compose(
      hybrid(),
      {
        value: (workload, base) => ({ missUsd: base.missUsd * 2 + workload.priority }),
        retry: { maxFailures: 9, backoff: { maxMs: 60_000 } },
      },
      { value: () => ({ waitingUsdPerHour: 7 }), retry: { byCode: { WORKLOAD_FAILED: { retry: "same" } } } },
    );
    expect(policy.value(workloadOf({ priority: 3 }))).toEqual({
      waitingUsdPerHour: 7,
      startUsdPerHour: 0,
      latenessUsdPerHour: 10,
      missUsd: 23,
    });
    expect(policy.retry).toMatchObject({ maxFailures: 9, maxLaunches: 50, backoff: { initialMs: 2_000, factor: 2, maxMs: 60_000 } });
    expect(policy.retry.byCode.WORKLOAD_FAILED).toEqual({ retry: "same" });
    expect(policy.retry.byCode.PREEMPTED).toEqual({ retry: "elsewhere", exclude: "node" });
  });

  it("refuses a malformed result", () => {
    expect(() => compose(hybrid(), { maxBilledRatio: Number.NaN })).toThrow(/maxBilledRatio is NaN/);
    expect(() => compose(hybrid(), { filters: [filter("No", () => undefined)] })).toThrow(/kebab-case/);
  });
});

describe("defaults", () => {
  it("retries as documented", () => {
    expect(DEFAULT_RETRY).toMatchObject({ maxFailures: 4, maxLaunches: 50, backoff: { initialMs: 2_000, factor: 2, maxMs: 300_000 } });
    expect(DEFAULT_RETRY.byCode.WORKLOAD_FAILED?.retry).toBe("never");
    expect(DEFAULT_RETRY.byCode.WORKLOAD_OUT_OF_MEMORY?.retry).toBe("never");
    expect(DEFAULT_RETRY.byCode.PREEMPTED).toEqual({ retry: "elsewhere", exclude: "node" });
    for (const code of Object.keys(DEFAULT_RETRY.byCode)) expect(Object.keys(ERROR_CODES)).toContain(code);
  });

  it("offers every policy under one name as well", () => {
    expect(policies.hybrid).toBe(hybrid);
    expect(Object.keys(policies).sort()).toEqual([
      "cheapest",
      "compliant",
      "compose",
      "decentralized",
      "fastest",
      "filter",
      "hybrid",
      "penalty",
      "spotReplacement",
    ]);
    for (const make of [hybrid, cheapest, fastest, compliant, spotReplacement, decentralized]) {
      const policy = make();
      expect(createPlacer().place(inputOf([], { policy })).chosen).toBeUndefined();
      expect(policy.name).toMatch(/^[a-z-]+$/);
    }
  });
});
