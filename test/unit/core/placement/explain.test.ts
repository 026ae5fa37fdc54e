import { describe, expect, it } from "vitest";
import { explain } from "../../../../src/core/placement/explain.js";
import { placeNaively } from "../../../../src/core/placement/place.js";
import type { CandidateRecord, DecisionRecord } from "../../../../src/model/decision.js";
import { dataOf, inputOf, offerOf, trustOf, workloadOf } from "./fixtures.js";

const chosen: CandidateRecord = {
  offerId: "m5",
  backend: "cloud",
  operator: "acme",
  usdPerHour: 0.92,
  totalUsd: 1.1,
  parts: [
    { name: "compute", usd: 1, why: "1.1 h at $0.920/h" },
    { name: "set-up", usd: 0.06 },
    { name: "waiting", usd: 0.04 },
  ],
  worstCaseUsd: 4.11,
  successProbability: 0.996,
  expectedHours: 1.2,
};

const record: DecisionRecord = {
  id: "run/2@0",
  runId: "run",
  attempt: 2,
  purpose: "replica",
  atMs: 0,
  policy: "hybrid",
  seed: "run/2",
  evaluated: 14,
  rejected: 12,
  priced: 2,
  chosen,
  candidates: [
    chosen,
    {
      ...chosen,
      offerId: "a10",
      backend: "akash",
      operator: "akash1x",
      node: "n7",
      usdPerHour: 0.4,
      totalUsd: 1.34,
      parts: [
        { name: "compute", usd: 0.45 },
        { name: "lost-work", usd: 0.8 },
        { name: "waiting", usd: 0.09 },
      ],
    },
  ],
  chain: { expectedUsd: 1.02, successProbability: 0.9999, order: ["cloud/m5", "akash/a10"] },
  rejections: [
    { code: "too-small", count: 11, example: { backend: "akash", offerId: "a1", message: "needs 8 CPUs; the offer has 2" } },
    { code: "no-images", count: 1, example: { backend: "local", message: "the workload is a container image" } },
  ],
};

describe("explain", () => {
  it("tells a choice at one glance", () => {
    expect(explain(record)).toBe(
      [
        "cloud/m5 (operator acme) at $0.920/h for attempt 2 (replica)",
        'chosen because its expected cost, $1.10, is the least of 2 candidates under the policy "hybrid":',
        "       $1.00  compute: 1.1 h at $0.920/h",
        "     $0.0600  set-up",
        "     $0.0400  waiting",
        "       $1.10  in all; at most $4.11 is reserved",
        "one attempt succeeds with 99.6 %; result expected in 1.2 h",
        "next best: akash/a10 (operator akash1x, node n7) at $0.400/h, $0.240 more (lost-work +$0.800, compute -$0.550, set-up -$0.0600)",
        "rejected because (12 of 14):",
        "      11  too small: akash/a1: needs 8 CPUs; the offer has 2",
        "       1  unable to run container images: local: the workload is a container image",
        "if it fails: akash/a10 (all of them together succeed with over 99.9 % at $1.02)",
      ].join("\n"),
    );
  });

  it("tells a refusal with the reasons and what would help", () => {
    const { chosen: _c, chain: _h, ...rest } = record;
    const failure = { code: "NO_FEASIBLE_PLACEMENT" as const, message: "No offer can be used: 11 too small." };
    expect(explain({ ...rest, candidates: [], priced: 0, failure })).toBe(
      [
        'Nothing was chosen: the policy "hybrid" looked at 14 offers.',
        "No offer can be used: 11 too small.",
        "rejected because (12 of 14):",
        "      11  too small: akash/a1: needs 8 CPUs; the offer has 2",
        "       1  unable to run container images: local: the workload is a container image",
      ].join("\n"),
    );
  });

  it("says so when there was no choice, a tie, or bids", () => {
    const { chain: _, ...single } = { ...record, priced: 1, candidates: [chosen], rejections: [], rejected: 0, evaluated: 1 };
    expect(explain(single)).toContain('chosen because nothing else can be used under the policy "hybrid"; its expected cost is $1.10:');
    const twin = { ...chosen, offerId: "z" };
    expect(explain({ ...record, candidates: [chosen, twin] })).toContain(
      "next best: cloud/z (operator acme) at $0.920/h, just as good; equal ones go by name",
    );
    const bids = [{ offerId: "b1", usdPerHour: 0.5, verdict: "taken" }];
    expect(explain({ ...record, bids })).toContain("1 bid: b1 at $0.500/h taken");
  });

  it("stays within 25 lines and a readable width, whatever the record holds", () => {
    const parts = Array.from({ length: 30 }, (_, i) => ({ name: `part-${i}`, usd: i / 10, why: "because" }));
    const codes = [
      "too-small",
      "wrong-gpu",
      "wrong-arch",
      "residency",
      "tee",
      "secrets",
      "staging",
      "expired",
      "excluded",
      "policy",
    ] as const;
    const crowded: DecisionRecord = {
      ...record,
      chosen: { ...chosen, parts },
      candidates: [{ ...chosen, parts }, ...record.candidates.slice(1)],
      rejections: codes.map((code) => ({ code, count: 3, example: { backend: "akash", offerId: "o", message: "x".repeat(500) } })),
      bids: Array.from({ length: 40 }, (_, i) => ({ offerId: `b${i}`, usdPerHour: i, verdict: "dropped" })),
    };
    const lines = explain(crowded).split("\n");
    expect(lines.length).toBeLessThanOrEqual(25);
    expect(explain(crowded)).toContain("12  for other reasons");
    for (const line of lines.filter((text) => !/^ +\$|^next|^if/.test(text))) expect(line.length).toBeLessThanOrEqual(190);
  });

  it("adds up: the lines of a real decision are its sum", () => {
    const offers = [
      offerOf("m5", { price: { usdPerHour: 0.92, usdPerLaunch: 0.1, egressUsdPerGB: 0.09 } }),
      offerOf("a10", { price: { usdPerHour: 2.5 }, trust: trustOf("permissionless"), hazardPerHour: 0.3 }),
      offerOf("xs", { resources: { cpu: 1, memoryMiB: 1, diskMiB: 1 } }),
    ];
    const data = { inputBytes: 1e10, outputBytes: 1e9, inputEgressUsdPerGB: 0.05 };
    const text = explain(placeNaively(inputOf(offers, { data })).record);
    const amounts = text.split("\n").flatMap((line) => /^ +\$([\d.,]+) {2}(?!in all)/.exec(line)?.[1] ?? []);
    const total = Number(/^ +\$([\d.]+) {2}in all/m.exec(text)?.[1]);
    expect(amounts.length).toBeGreaterThan(4);
    expect(amounts.reduce((sum, amount) => sum + Number(amount), 0)).toBeCloseTo(total, 1);
    expect(text).toMatch(/rejected because \(1 of 3\):\n +1 {2}too small: cloud\/xs: needs 2 CPUs; the offer has 1/);
  });

  it("never shows the workload's data", () => {
    const workload = workloadOf({
      command: ["run", "--patient", "Jane"],
      env: { WHO: "Jane" },
      labels: { who: "Jane" },
      name: "Jane",
      data: dataOf("phi"),
    });
    const { record: refused } = placeNaively(inputOf([offerOf("it")], { workload }));
    expect(JSON.stringify(refused)).not.toContain("Jane");
    expect(explain(refused)).not.toContain("Jane");
  });
});
