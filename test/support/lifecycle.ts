import type { PlannedPlacement } from "../../src/core/lifecycle/inputs.js";
import { DEFAULT_TIMING, type LifecycleRules } from "../../src/core/lifecycle/rules.js";
import type { Offer } from "../../src/model/offer.js";
import { NO_EXCLUSIONS, type RunState } from "../../src/model/run.js";
import type { Workload } from "../../src/model/workload.js";
import { parseWorkload } from "../../src/model/workload-input.js";
import type { Capabilities } from "../../src/spec/capabilities.js";

export const T0 = Date.UTC(2026, 0, 1);

export const CAPABILITIES: Capabilities = {
  paid: false,
  images: "optional",
  exitCode: true,
  staging: "native",
  logs: false,
  reuse: false,
  affinity: "any",
  inspect: { mode: "ids", max: 100 },
  pollMs: { least: 1_000, most: 30_000 },
  visibilityMs: 5_000,
  bindMs: 10_000,
  provisionMs: 60_000,
  billing: { granularityMs: 1_000, minimumMs: 0, prepaid: false, refund: "unused" },
  enforcesLifetime: true,
  trust: { operators: ["single"], certifications: [], agreements: [], tee: [] },
  countries: "any",
  limits: { concurrency: 10, callsPerSecond: 100 },
  offersTtlMs: 60_000,
};

export const RULES: LifecycleRules = {
  retry: { maxFailures: 3, maxLaunches: 10, backoff: { initialMs: 1_000, factor: 2, maxMs: 60_000 }, byCode: {} },
  capabilities: () => CAPABILITIES,
  timing: DEFAULT_TIMING,
};

export function workload(extra: object = {}): Workload {
  const parsed = parseWorkload({ command: ["true"], ...extra });
  if (parsed.kind !== "single") throw new Error("expected one workload");
  return parsed.workload;
}

export function newState(extra: object = {}): RunState {
  return {
    run: {
      id: "r1",
      version: 1,
      status: "queued",
      workload: workload(extra),
      acceptedAtMs: T0,
      attempts: 0,
      failures: 0,
      launches: 0,
      eventCount: 1,
      exclusions: NO_EXCLUSIONS,
      cancelRequested: false,
      promotionTries: 0,
      settled: false,
    },
    attempts: [],
    leases: [],
  };
}

export function offer(node = "n1", backend = "b1"): Offer {
  return {
    id: `offer-${node}`,
    backend,
    node,
    operator: `op-${node}`,
    binding: "firm",
    resources: { cpu: 4, memoryMiB: 8_192, diskMiB: 10_000 },
    price: { usdPerHour: 0.36 },
    interruptible: false,
    trust: { operator: "single", certifications: [], agreements: [], tee: [] },
    place: { proof: "claimed" },
    expiresAtMs: T0 + 3_600_000,
  };
}

export function placement(key: string, node = "n1", account = "budget"): PlannedPlacement {
  const chosen = offer(node);
  return {
    purpose: "primary",
    key,
    candidate: {
      offer: chosen,
      backend: chosen.backend,
      totalUsd: 0.1,
      worstCase: 1_000_000_000n,
      priceCapUsdPerHour: 0.4,
      expectedHours: 0.1,
      successProbability: 0.9,
    },
    record: {
      id: `d-${key}`,
      runId: "r1",
      attempt: 1,
      purpose: "primary",
      atMs: T0,
      policy: "test",
      seed: key,
      evaluated: 1,
      rejected: 0,
      priced: 1,
      candidates: [],
      rejections: [],
    },
    accounts: [{ account, limit: 10_000_000_000n }],
    bindMs: 10_000,
    provisionMs: 60_000,
    maxLifetimeMs: 3_600_000,
  };
}
