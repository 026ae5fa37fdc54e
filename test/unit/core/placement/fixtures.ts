import type { BackendOffers, PlacementInput } from "../../../../src/core/placement/types.js";
import { TrustBook } from "../../../../src/core/trust/trust-book.js";
import type { Offer } from "../../../../src/model/offer.js";
import { NO_EXCLUSIONS } from "../../../../src/model/run.js";
import type { Workload } from "../../../../src/model/workload.js";
import { hybrid } from "../../../../src/policies/index.js";
import type { Capabilities } from "../../../../src/spec/capabilities.js";

export const NOW_MS = 1_800_000_000_000;
export const HOUR_MS = 3_600_000;

/** A plain batch job of one hour; `public`, so that everything may run it unless a test says otherwise. */
export function workloadOf(changes: Partial<Workload> = {}): Workload {
  return {
    kind: "batch",
    command: ["run"],
    env: {},
    secrets: {},
    secretsTo: "trusted",
    resources: { cpu: 2, memoryMiB: 1024, diskMiB: 1024 },
    inputs: {},
    outputs: {},
    data: dataOf("public"),
    expectedDurationMs: HOUR_MS,
    timeoutMs: 4 * HOUR_MS,
    latency: "batch",
    interruptible: true,
    priority: 0,
    verification: { kind: "none" },
    labels: {},
    backendOptions: {},
    task: {},
    ...changes,
  };
}

export function dataOf(sensitivity: Workload["data"]["sensitivity"], changes: Partial<Workload["data"]> = {}): Workload["data"] {
  return { sensitivity, residency: [], certifications: [], agreements: [], tee: [], ...changes };
}

/** A company's machine at 1 USD/h that fits {@link workloadOf}. */
export function offerOf(id: string, changes: Partial<Offer> = {}): Offer {
  return {
    id,
    backend: "cloud",
    operator: `operator-of-${id}`,
    node: `node-of-${id}`,
    binding: "firm",
    resources: { cpu: 4, memoryMiB: 8192, diskMiB: 102_400 },
    price: { usdPerHour: 1 },
    interruptible: false,
    trust: trustOf("single"),
    place: { country: "DE", proof: "contract" },
    setupMs: 60_000,
    expiresAtMs: NOW_MS + HOUR_MS,
    ...changes,
  };
}

export function trustOf(operator: Offer["trust"]["operator"], changes: Partial<Offer["trust"]> = {}): Offer["trust"] {
  return { operator, certifications: [], agreements: [], tee: [], ...changes };
}

/** Everything possible, so that only what a test changes stands in the way. */
export function capabilitiesOf(changes: Partial<Capabilities> = {}): Capabilities {
  return {
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
    billing: { granularityMs: 1_000, minimumMs: 0, prepaid: false, refund: "unused" },
    enforcesLifetime: true,
    trust: { operators: ["self", "single", "audited", "permissionless"], certifications: [], agreements: [], tee: [] },
    countries: "any",
    limits: { concurrency: 10, callsPerSecond: 10 },
    offersTtlMs: 60_000,
    ...changes,
  };
}

export function backendOf(backend: string, offers: readonly Offer[], changes: Partial<BackendOffers> = {}): BackendOffers {
  return { backend, kind: backend, capabilities: capabilitiesOf(), offers, ...changes };
}

/** A decision over the offers of the backend `cloud`, with nothing learnt yet. */
export function inputOf(offers: readonly Offer[], changes: Partial<PlacementInput> = {}): PlacementInput {
  const workload = changes.workload ?? workloadOf();
  return {
    runId: "run",
    attempt: 1,
    purpose: "primary",
    workload,
    acceptedAtMs: NOW_MS,
    nowMs: NOW_MS,
    policy: hybrid(),
    backends: [backendOf("cloud", offers)],
    trust: new TrustBook(),
    exclusions: NO_EXCLUSIONS,
    siblings: { distinct: "none", nodes: [] },
    verification: workload.verification,
    data: { inputBytes: 0, outputBytes: 0, inputEgressUsdPerGB: 0 },
    failures: 0,
    seed: "run/1",
    ...changes,
  };
}
