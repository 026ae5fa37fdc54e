import type { AttemptRow } from "../../model/attempt.js";
import type { DecisionRecord } from "../../model/decision.js";
import type { RunEvent } from "../../model/event.js";
import type { LeaseRow } from "../../model/lease.js";
import type { Observation } from "../../model/observation.js";
import type { Offer } from "../../model/offer.js";
import { type GroupRow, NO_EXCLUSIONS, type RunRow } from "../../model/run.js";
import type { Workload } from "../../model/workload.js";

/** The time at which the cases of this suite happen, ms since 1970. Stores take the time from their callers. */
export const NOW_MS = 1_800_000_000_000;

export const workload = (parts: Partial<Workload> = {}): Workload => ({
  kind: "batch",
  command: ["true"],
  env: {},
  secrets: {},
  secretsTo: "trusted",
  resources: { cpu: 1, memoryMiB: 512, diskMiB: 1024 },
  inputs: {},
  outputs: {},
  data: { sensitivity: "public", residency: [], certifications: [], agreements: [], tee: [] },
  expectedDurationMs: 60_000,
  timeoutMs: 3_600_000,
  latency: "batch",
  interruptible: true,
  priority: 0,
  verification: { kind: "none" },
  labels: {},
  backendOptions: {},
  task: {},
  ...parts,
});

export const runRow = (id: string, parts: Partial<RunRow> = {}): RunRow => ({
  id,
  version: 1,
  status: "queued",
  workload: workload(),
  acceptedAtMs: NOW_MS,
  attempts: 0,
  failures: 0,
  launches: 0,
  eventCount: 0,
  exclusions: NO_EXCLUSIONS,
  cancelRequested: false,
  promotionTries: 0,
  settled: false,
  ...parts,
});

/** A run that is over and paid for. */
export const settledRow = (id: string, endedAtMs: number, parts: Partial<RunRow> = {}): RunRow =>
  runRow(id, { status: "succeeded", settled: true, endedAtMs, ...parts });

export const offer: Offer = {
  id: "offer-1",
  backend: "somewhere",
  binding: "firm",
  resources: { cpu: 2, memoryMiB: 2048, diskMiB: 4096 },
  price: { usdPerHour: 0.45, settlement: { asset: "AKT", annualVolatility: 1, spread: 0.01 } },
  interruptible: false,
  trust: { operator: "single", certifications: ["soc2"], agreements: [], tee: [] },
  place: { country: "DE", proof: "contract" },
  expiresAtMs: NOW_MS + 60_000,
  data: { nested: [{ zone: "a" }, null, 1.5, true] },
};

export const attemptRow = (runId: string, number: number, parts: Partial<AttemptRow> = {}): AttemptRow => ({
  runId,
  number,
  version: 1,
  purpose: "primary",
  state: "planned",
  key: `k-${runId}-${number}`,
  offer,
  expectedCostUsd: 0.1 + 0.2,
  priceCapUsdPerHour: 1,
  node: { backend: "somewhere", provider: "Zürich" },
  plannedAtMs: NOW_MS,
  provisionByMs: NOW_MS + 600_000,
  verdict: "none",
  decisionId: `d-${runId}-${number}`,
  ...parts,
});

export const leaseRow = (runId: string, parts: Partial<LeaseRow> = {}): LeaseRow => ({
  key: `k-${runId}-1`,
  version: 1,
  backend: "somewhere",
  owner: { kind: "attempt", runId, attempt: 1 },
  state: "intended",
  partial: false,
  price: offer.price,
  intendedAtMs: NOW_MS,
  bindDeadlineMs: NOW_MS + 60_000,
  lifetimeEndMs: NOW_MS + 7_200_000,
  hold: 900_000_000n,
  accounts: ["budget"],
  settled: false,
  stuck: false,
  releaseTries: 0,
  ...parts,
});

export const groupRow = (id: string, members: readonly string[], parts: Partial<GroupRow> = {}): GroupRow => ({
  id,
  version: 1,
  members,
  acceptedAtMs: NOW_MS,
  onFailure: "continue",
  ...parts,
});

export const event = (runId: string, sequence: number): RunEvent => ({ type: "run-accepted", runId, sequence, atMs: NOW_MS + sequence });

export const decision = (runId: string, attempt: number): DecisionRecord => ({
  id: `d-${runId}-${attempt}`,
  runId,
  attempt,
  purpose: "primary",
  atMs: NOW_MS,
  policy: "hybrid",
  seed: `${runId}/${attempt}`,
  evaluated: 2,
  rejected: 1,
  priced: 1,
  candidates: [],
  rejections: [],
});

/** Observations are told apart by their time. */
export const observation = (atMs: number): Observation => ({ kind: "success", ok: true, who: { backend: "somewhere", node: "n1" }, atMs });
