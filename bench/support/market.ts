/** A synthetic market for benchmarks: five backends of different kinds, thousands of offers, evidence about half of the nodes. */

import type { BackendOffers, PlacementInput } from "../../src/core/placement/types.js";
import { TrustBook } from "../../src/core/trust/trust-book.js";
import type { NodeIdentity, Offer, OperatorClass } from "../../src/model/offer.js";
import { NO_EXCLUSIONS } from "../../src/model/run.js";
import type { Workload } from "../../src/model/workload.js";
import { hybrid } from "../../src/policies/index.js";
import type { Capabilities } from "../../src/spec/capabilities.js";
import type { Policy } from "../../src/spec/policy.js";
import { type SeededRandom, seededRandom } from "../../src/testing/seeded-random.js";

export const START_MS = 1_790_000_000_000;

/** What sets one backend apart. `nodesPer`: offers that one operator has; 0: the operator is unknown. */
interface BackendSpec {
  readonly id: string;
  readonly share: number;
  readonly operators: readonly OperatorClass[];
  readonly nodesPer: number;
  readonly usdPerHour: number;
  readonly hazardPerHour?: number;
  readonly token?: string;
}

const SPECS: readonly BackendSpec[] = [
  { id: "own", share: 0.05, operators: ["self"], nodesPer: 1_000, usdPerHour: 0.9 },
  { id: "cloud", share: 0.25, operators: ["single"], nodesPer: 1_000, usdPerHour: 1.1, hazardPerHour: 0.01 },
  { id: "deployments", share: 0.3, operators: ["permissionless", "permissionless", "audited"], nodesPer: 20, usdPerHour: 0.5 },
  { id: "clusters", share: 0.2, operators: ["permissionless", "audited"], nodesPer: 4, usdPerHour: 0.45 },
  { id: "peers", share: 0.2, operators: ["permissionless"], nodesPer: 1, usdPerHour: 0.35, token: "GLM" },
];

const GPU_LABELS = ["NVIDIA L4", "a10g", "RTX 4090", "NVIDIA A100-SXM4-80GB", "T4"];

/** Capabilities that allow everything a benchmark asks for. */
export const capabilitiesOf = (spec: Pick<BackendSpec, "operators">): Capabilities => ({
  paid: true,
  images: "optional",
  exitCode: true,
  staging: "wrapper",
  logs: true,
  reuse: false,
  affinity: "any",
  inspect: { mode: "ids", max: 100 },
  pollMs: { least: 1_000, most: 60_000 },
  visibilityMs: 1_000,
  bindMs: 30_000,
  provisionMs: 600_000,
  billing: { granularityMs: 1_000, minimumMs: 60_000, prepaid: false, refund: "unused" },
  enforcesLifetime: true,
  trust: { operators: [...new Set(spec.operators)], certifications: [], agreements: [], tee: [] },
  countries: "any",
  limits: { concurrency: 10, callsPerSecond: 10 },
  offersTtlMs: 60_000,
});

/** A market that changes: offers are replaced by new objects, and a backend's listing by a new array, as listings are in life. */
export class BenchmarkMarket {
  readonly trust = new TrustBook();
  readonly #random: SeededRandom;
  readonly #capabilities: readonly Capabilities[];
  readonly #offers: (readonly Offer[])[];
  #serial = 0;

  constructor(offers: number, seed = "market") {
    this.#random = seededRandom(`${seed}/${offers}`);
    this.#capabilities = SPECS.map(capabilitiesOf);
    this.#offers = SPECS.map((spec) => Array.from({ length: Math.round(offers * spec.share) }, (_, index) => this.#offer(spec, index)));
    for (const listing of this.#offers) for (const offer of listing) if (this.#random.chance(0.5)) this.#learn(offer);
  }

  get size(): number {
    return this.#offers.reduce((sum, listing) => sum + listing.length, 0);
  }

  backends(): readonly BackendOffers[] {
    return SPECS.map(({ id }, index) => ({
      backend: id,
      kind: id,
      capabilities: this.#capabilities[index] as Capabilities,
      offers: this.#offers[index] ?? [],
    }));
  }

  /** Replaces a share of one backend's offers (new price, same id) and its listing. `turn` goes round the backends. */
  change(turn: number, share: number): void {
    const index = turn % SPECS.length;
    const listing = [...(this.#offers[index] ?? [])];
    const replaced = Math.max(1, Math.round(listing.length * share));
    for (let count = 0; count < replaced && listing.length > 0; count++) {
      const at = this.#random.int(0, listing.length - 1);
      const offer = listing[at] as Offer;
      listing[at] = { ...offer, price: { ...offer.price, usdPerHour: offer.price.usdPerHour * this.#random.between(0.95, 1.05) } };
    }
    this.#offers[index] = listing;
  }

  /** One more success of some node. */
  learn(): void {
    const listing = this.#random.pick(this.#offers.filter((offers) => offers.length > 0));
    this.trust.record({ who: this.#random.pick(listing), atMs: START_MS, kind: "success", ok: true });
  }

  #offer(spec: BackendSpec, index: number): Offer {
    const random = this.#random;
    const operatorClass = random.pick(spec.operators);
    const operator = `${spec.id}-operator-${Math.floor(index / spec.nodesPer)}`;
    const usdPerHour = spec.usdPerHour * Math.exp(random.normal(0, 0.35));
    return {
      id: `${spec.id}-${this.#serial++}`,
      backend: spec.id,
      operator,
      node: `${operator}-node-${index}`,
      binding: spec.id === "deployments" || spec.id === "peers" ? "indicative" : "firm",
      resources: {
        cpu: random.pick([8, 16, 32]),
        memoryMiB: random.pick([16, 32, 64]) * 1024,
        diskMiB: 200 * 1024,
        gpu: { label: random.pick(GPU_LABELS), count: 1 },
        arch: "x86_64",
      },
      price: {
        usdPerHour,
        ...(spec.token === undefined ? {} : { settlement: { asset: spec.token, annualVolatility: 1, spread: 0.01 } }),
        egressUsdPerGB: spec.id === "cloud" ? 0.09 : 0,
      },
      interruptible: spec.id === "cloud" && random.chance(0.5),
      trust: { operator: operatorClass, certifications: [], agreements: [], tee: [] },
      place: { country: random.pick(["DE", "US", "FR", "PL", "SG"]), proof: operatorClass === "permissionless" ? "claimed" : "contract" },
      setupMs: random.int(20, 300) * 1_000,
      ...(spec.hazardPerHour === undefined ? {} : { hazardPerHour: spec.hazardPerHour }),
      speed: random.between(0.8, 1.3),
      expiresAtMs: START_MS + 365 * 86_400_000,
    };
  }

  #learn(offer: Offer): void {
    const random = this.#random;
    const who: NodeIdentity = offer;
    const gpu = offer.resources.gpu?.label;
    const slow = random.normal(0, 0.2);
    const runs = random.int(1, 30);
    for (let run = 0; run < runs; run++) {
      const facts = { who, atMs: START_MS - random.int(0, 20 * 86_400_000), ...(gpu === undefined ? {} : { gpu }) };
      this.trust.record({ ...facts, kind: "launch", ok: random.chance(0.95), hours: random.between(0.01, 0.1) });
      this.trust.record({ ...facts, kind: "uptime", hours: random.between(0.5, 4), interrupted: random.chance(0.06) });
      this.trust.record({ ...facts, kind: "success", ok: random.chance(0.96) });
      this.trust.record({ ...facts, kind: "speed", logRatio: slow + random.normal(0, 0.15) });
      this.trust.record({ ...facts, kind: "check", ok: true });
    }
  }
}

const POLICY: Policy = hybrid();

/** The `index`-th of many workloads: all different, one shape, as from one service that submits all day. */
export function benchmarkWorkload(index: number): Workload {
  return {
    kind: "inference",
    name: `embed-${index}`,
    image: "ghcr.io/acme/embed:1.4",
    command: ["python", "embed.py", "--part", String(index)],
    env: { PART: String(index) },
    secrets: {},
    secretsTo: "trusted",
    resources: { cpu: 8, memoryMiB: 16_384, diskMiB: 51_200, gpu: { models: ["l4", "a10g", "rtx4090"], count: 1 } },
    inputs: { "/in/part.jsonl": { uri: `s3://acme/in/${index}`, size: 1_000_000_000 + index } },
    outputs: { "/out": { optional: false } },
    data: { sensitivity: "public", residency: [], certifications: [], agreements: [], tee: [] },
    expectedDurationMs: 7_200_000 + (index % 1_000) * 300,
    timeoutMs: 28_800_000,
    deadline: { afterMs: 43_200_000 },
    latency: "batch",
    interruptible: true,
    checkpoint: { path: "/ck", costMs: 10_000, restoreMs: 30_000, sizeBytes: 200_000_000 },
    maxCost: 25_000_000_000n,
    valueAtRiskUsd: 5,
    priority: 0,
    verification: { kind: "none" },
    labels: { part: String(index) },
    backendOptions: {},
    task: {},
  };
}

/** The question of one decision. */
export function benchmarkInput(market: BenchmarkMarket, index: number, nowMs: number): PlacementInput {
  const runId = `run-${index}`;
  return {
    runId,
    attempt: 1,
    purpose: "primary",
    workload: benchmarkWorkload(index),
    acceptedAtMs: nowMs,
    deadlineAtMs: nowMs + 43_200_000,
    nowMs,
    policy: POLICY,
    backends: market.backends(),
    trust: market.trust,
    exclusions: NO_EXCLUSIONS,
    siblings: { distinct: "none", nodes: [] },
    verification: { kind: "none" },
    available: 25_000_000_000n,
    data: { inputBytes: 1_000_000_000 + index, outputBytes: 100_000_000, inputEgressUsdPerGB: 0.01 },
    failures: 0,
    seed: `${runId}/1`,
  };
}
