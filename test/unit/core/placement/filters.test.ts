import { describe, expect, it } from "vitest";
import { placeNaively } from "../../../../src/core/placement/place.js";
import type { PlacementInput } from "../../../../src/core/placement/types.js";
import type { BreakerView, TrustReader } from "../../../../src/core/trust/estimate.js";
import { TrustBook } from "../../../../src/core/trust/trust-book.js";
import type { RejectionCode } from "../../../../src/model/decision.js";
import type { Offer } from "../../../../src/model/offer.js";
import { NO_EXCLUSIONS } from "../../../../src/model/run.js";
import type { Workload } from "../../../../src/model/workload.js";
import { cheapest, compose, filter } from "../../../../src/policies/index.js";
import { backendOf, capabilitiesOf, dataOf, HOUR_MS, inputOf, NOW_MS, offerOf, trustOf, workloadOf } from "./fixtures.js";

/** What a decision over one offer says of it. */
function judge(offer: Partial<Offer>, workload: Partial<Workload> = {}, changes: Partial<PlacementInput> = {}): string {
  const { record } = placeNaively(inputOf([offerOf("it", offer)], { workload: workloadOf(workload), ...changes }));
  const [rejection] = record.rejections;
  return rejection === undefined ? "chosen" : `${rejection.code}: ${rejection.example.message}`;
}

const gpu = (label: string, count = 1) => ({ cpu: 4, memoryMiB: 8192, diskMiB: 100_000, gpu: { label, count } });
const resources = { cpu: 2, memoryMiB: 1024, diskMiB: 1024 };

const cases: readonly [string, Partial<Offer>, Partial<Workload>, RejectionCode | "chosen", RegExp?][] = [
  ["fits", {}, {}, "chosen"],
  ["too few CPUs", { resources: { cpu: 1, memoryMiB: 9999, diskMiB: 9999 } }, {}, "too-small", /needs 2 CPUs; the offer has 1/],
  [
    "too little memory",
    { resources: { cpu: 2, memoryMiB: 1023, diskMiB: 9999 } },
    {},
    "too-small",
    /1024 MiB of memory; the offer has 1023/,
  ],
  ["too little disk", { resources: { cpu: 2, memoryMiB: 1024, diskMiB: 1 } }, {}, "too-small", /disk/],
  ["unknown size", { resources: { cpu: Number.NaN, memoryMiB: 1024, diskMiB: 9999 } }, {}, "too-small", /NaN/],
  ["no GPU", {}, { resources: { ...resources, gpu: { models: [], count: 1 } } }, "wrong-gpu", /the offer has none/],
  [
    "another GPU",
    { resources: gpu("T4") },
    { resources: { ...resources, gpu: { models: ["l4"], count: 1 } } },
    "wrong-gpu",
    /needs 1 x l4.*T4/,
  ],
  [
    "too few GPUs",
    { resources: gpu("NVIDIA L4") },
    { resources: { ...resources, gpu: { models: ["l4"], count: 2 } } },
    "wrong-gpu",
    /1 x NVIDIA L4/,
  ],
  ["the right GPU", { resources: gpu("NVIDIA L4") }, { resources: { ...resources, gpu: { models: ["l4"], count: 1 } } }, "chosen"],
  ["unknown architecture", {}, { resources: { ...resources, arch: "arm64" } }, "wrong-arch", /arm64.*unknown architecture/],
  [
    "the right architecture",
    { resources: { ...offerOf("x").resources, arch: "arm64" } },
    { resources: { ...resources, arch: "arm64" } },
    "chosen",
  ],
  ["reclaimable", { interruptible: true }, { interruptible: false }, "not-interruptible", /must not be interrupted/],
  ["reclaimable, and the work bears it", { interruptible: true }, {}, "chosen"],
  ["expired", { expiresAtMs: NOW_MS - 5_000 }, {}, "expired", /expired 5 s ago/],
  ["expires this moment", { expiresAtMs: NOW_MS }, {}, "expired"],
  ["used up", { capacity: 0 }, {}, "no-capacity"],
  ["closed to such data", { maxSensitivity: "public" }, { data: dataOf("internal") }, "sensitivity", /internal.*at most public/],
  ["open to less restricted data", { maxSensitivity: "phi" }, { data: dataOf("internal") }, "chosen"],
  [
    "a claimed place",
    { place: { country: "DE", proof: "claimed" } },
    { data: dataOf("public", { residency: ["DE"] }) },
    "residency",
    /DE is only claimed/,
  ],
  [
    "an unknown place",
    { place: { proof: "contract" } },
    { data: dataOf("public", { residency: ["DE"] }) },
    "residency",
    /country is unknown/,
  ],
  [
    "another place",
    { place: { country: "US", proof: "audited" } },
    { data: dataOf("public", { residency: ["DE"] }) },
    "residency",
    /stay in DE; the country is US/,
  ],
  ["the place", { place: { country: "DE", proof: "audited" } }, { data: dataOf("public", { residency: ["DE"] }) }, "chosen"],
  ["secrets with a stranger", { trust: trustOf("permissionless") }, { secrets: { A: "env:A" } }, "secrets"],
  ["secrets with a known operator", { trust: trustOf("audited") }, { secrets: { A: "env:A" } }, "chosen"],
  ["too volatile", { hazardPerHour: 2 }, { expectedDurationMs: 30 * HOUR_MS, timeoutMs: 60 * HOUR_MS }, "too-long", /checkpoints/],
  ["a price that is no number", { price: { usdPerHour: Number.NaN } }, {}, "unsupported", /usdPerHour/],
  ["a negative price", { price: { usdPerHour: -1 } }, {}, "unsupported", /usdPerHour/],
];

describe("offer filters", () => {
  it.each(cases)("%s", (_title, offer, workload, expected, message) => {
    const answer = judge(offer, workload, { policy: cheapest() });
    expect(answer.split(":")[0]).toBe(expected);
    if (message !== undefined) expect(answer).toMatch(message);
  });

  it.each([
    ["nodes", { nodes: ["cloud/node-of-it"] }, /node node-of-it failed/],
    ["operators", { operators: ["cloud/operator-of-it"] }, /operator operator-of-it failed/],
    ["providers", { providers: ["cloud/acme"] }, /provider acme failed/],
    ["offers", { offers: ["cloud/it"] }, /this offer failed/],
    ["backends", { backends: ["cloud"] }, /this backend failed/],
  ])("leaves out excluded %s", (_what, exclusions, message) => {
    const answer = judge({ provider: "acme" }, {}, { exclusions: { ...NO_EXCLUSIONS, ...exclusions } });
    expect(answer).toMatch(/^excluded/);
    expect(answer).toMatch(message);
  });

  it("takes exclusions of other backends for what they are", () => {
    const exclusions = {
      nodes: ["other/node-of-it"],
      operators: ["other/operator-of-it"],
      providers: [],
      offers: ["other/it"],
      backends: ["other"],
    };
    expect(judge({}, {}, { exclusions })).toBe("chosen");
  });

  describe("siblings", () => {
    const unknown = (offer: Offer): Partial<Offer> => {
      const { operator: _o, node: _n, ...rest } = offer;
      return rest;
    };
    const judgeBeside = (offer: Offer, distinct: "operator" | "node" | "none", nodes: PlacementInput["siblings"]["nodes"]): string => {
      const { record } = placeNaively(inputOf([offer], { siblings: { distinct, nodes } }));
      return record.rejections[0]?.code ?? "chosen";
    };
    const known = offerOf("it", { operator: "ann", node: "n1" });
    const anonymous = unknown(known) as Offer;

    it("keeps operators apart", () => {
      expect(judgeBeside(known, "operator", [{ backend: "cloud", operator: "ann", node: "n2" }])).toBe("same-operator");
      expect(judgeBeside(known, "operator", [{ backend: "cloud", operator: "bob", node: "n1" }])).toBe("chosen");
      expect(judgeBeside(known, "operator", [{ backend: "other", operator: "ann" }])).toBe("chosen");
    });

    it("counts unknown operators of one backend as one", () => {
      expect(judgeBeside(anonymous, "operator", [{ backend: "cloud" }])).toBe("same-operator");
      expect(judgeBeside(anonymous, "operator", [{ backend: "cloud", node: "n9" }])).toBe("same-operator");
      expect(judgeBeside(anonymous, "operator", [{ backend: "other" }])).toBe("chosen");
    });

    it("keeps nodes apart, unknown nodes of one operator as one", () => {
      expect(judgeBeside(known, "node", [{ backend: "cloud", operator: "ann", node: "n1" }])).toBe("same-operator");
      expect(judgeBeside(known, "node", [{ backend: "cloud", operator: "ann", node: "n2" }])).toBe("chosen");
      const { node: _, ...nodeless } = known;
      expect(judgeBeside(nodeless, "node", [{ backend: "cloud", operator: "ann" }])).toBe("same-operator");
    });

    it("lets them be together where nothing has to differ", () => {
      expect(judgeBeside(known, "none", [known])).toBe("chosen");
    });
  });

  describe("breakers", () => {
    const book = new TrustBook();
    const trust = (view: (node: string | undefined) => BreakerView): TrustReader => ({
      revision: 0,
      estimate: (who, prior, nowMs) => book.estimate(who, prior, nowMs),
      breaker: ({ node }) => view(node),
    });
    const closed: BreakerView = { state: "closed", share: 1 };

    it("lets nothing through an open one, of backend or node", () => {
      const open: BreakerView = { state: "open", share: 0, untilMs: NOW_MS + 90_000 };
      expect(judge({}, {}, { trust: trust(() => open) })).toMatch(/^breaker-open: backend cloud.*another 90 s/);
      expect(judge({}, {}, { trust: trust((node) => (node === undefined ? closed : open)) })).toMatch(/^breaker-open: node node-of-it/);
    });

    it("lets the stated share through a half-open one, and everyone in the end", () => {
      const probation = trust((node) => (node === undefined ? closed : { state: "half-open", share: 0.3 }));
      const lets = (seed: string, nowMs: number): boolean =>
        judge({ expiresAtMs: nowMs + 1 }, {}, { trust: probation, seed, nowMs }) === "chosen";
      const through = Array.from({ length: 1_000 }, (_, i) => lets(`run-${i}/1`, NOW_MS)).filter(Boolean).length;
      expect(through).toBeGreaterThan(240);
      expect(through).toBeLessThan(360);
      // The same run is drawn again as time passes.
      const waits = Array.from({ length: 60 }, (_, second) => lets("run/1", NOW_MS + second * 1_000));
      expect(waits).toContain(true);
      expect(waits).toContain(false);
      expect(lets("run/1", NOW_MS)).toBe(lets("run/1", NOW_MS));
    });
  });

  it("names the policy's filter and its reason", () => {
    const policy = compose(cheapest(), {
      filters: [filter("no-cloud", ({ offer }) => (offer.backend === "cloud" ? "clouds are for the sky" : undefined))],
    });
    expect(judge({}, {}, { policy })).toBe("policy: no-cloud: clouds are for the sky");
  });

  it("says what a whole backend lacks, once, and what it failed with", () => {
    const error = {
      code: "BACKEND_UNAVAILABLE" as const,
      message: "503 from the API",
      retry: "elsewhere" as const,
      effect: "unknown" as const,
    };
    const backends = [
      backendOf("empty", []),
      backendOf("broken", [], { error }),
      backendOf("plain", [offerOf("a", { backend: "plain" }), offerOf("b", { backend: "plain" })], {
        capabilities: capabilitiesOf({ images: "none" }),
      }),
      backendOf("short", [offerOf("c", { backend: "short" })], { capabilities: capabilitiesOf({ lifetimeLimitMs: 1_000 }) }),
    ];
    const { record } = placeNaively(inputOf([], { backends, workload: workloadOf({ image: "a:1" }) }));
    expect(record).toMatchObject({ evaluated: 4, rejected: 4, priced: 0 });
    const told = Object.fromEntries(record.rejections.map(({ code, example }) => [code, example]));
    expect(told).toMatchObject({
      "no-capacity": { backend: "empty" },
      "backend-failed": { backend: "broken", message: expect.stringContaining("503 from the API") },
      "no-images": { backend: "plain" },
      lifetime: { backend: "short" },
    });
  });
});
