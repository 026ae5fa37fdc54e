/**
 * The production monitor over thousands of running leases on each backend's simulator, through the real SDK, for an hour of virtual time: calls a
 * second, time from the end of a command to its report, and share of a core.
 */

import type { EngineContext } from "../src/runtime/engine-context.js";
import { GuardedBackend } from "../src/runtime/guard.js";
import type { LiveRun } from "../src/runtime/live-run.js";
import { Monitor } from "../src/runtime/monitor.js";
import { silentLogger } from "../src/testing/call-context.js";
import { seededRandom } from "../src/testing/seeded-random.js";
import { createVirtualHost } from "../src/testing/virtual-host.js";
import type { Benchmark, BenchmarkGoal } from "./run.js";
import type { MonitoredBackend } from "./support/monitored.js";
import { monitoredAwsBatch } from "./support/monitored-aws-batch.js";
import { monitoredGcpBatch } from "./support/monitored-gcp-batch.js";

const BACKENDS: readonly MonitoredBackend[] = [monitoredAwsBatch, monitoredGcpBatch];

const NAMESPACE = { id: "benchns", secret: "00".repeat(32) };
/** Virtual time between two looks at what is under way; the error of a detection time. */
const STEP_MS = 250;
/** Share of the commands that end while they are watched. */
const ENDING = 0.1;

export const run: Benchmark = async ({ quick }) => {
  const rows = [];
  const goals: BenchmarkGoal[] = [];
  for (const one of BACKENDS) {
    const row = await watch(one, quick ? 1_000 : 10_000, quick ? 600_000 : 3_600_000);
    rows.push(row);
    const goal = (text: string, measured: number, most: number): void =>
      void goals.push({ goal: `${one.name}: ${text} <= ${most}`, measured, reached: measured <= most });
    goal("calls a second", row.callsPerSecond, one.mostCallsPerSecond);
    goal("p99 detection, ms", row.detectP99Ms, 60_000);
    goal("share of one core, simulator included", row.cpuShare, 0.05);
  }
  return {
    rows,
    goals,
    notes: ["cpuShare counts the simulator too, which lives in the same process", "a tenth of the commands end during the time"],
  };
};

async function watch({ name, open }: MonitoredBackend, count: number, forMs: number) {
  const host = createVirtualHost();
  const random = seededRandom("monitor");
  const lifetimesMs = Array.from({ length: count }, () => Math.round(random.next() < ENDING ? random.next() * forMs * 0.95 : 10 * forMs));
  const monitored = await open(host, lifetimesMs);
  const { backend, leases } = monitored;
  const guarded = new GuardedBackend(backend, { host, logger: silentLogger, namespace: NAMESPACE });
  // The monitor needs no more of an engine than this.
  const context = { options: { host, logger: silentLogger }, backends: new Map([[backend.id, guarded]]) } as unknown as EngineContext;
  const live = { state: { leases: [], attempts: [] } } as unknown as LiveRun;
  const detectedMs: number[] = [];
  const monitor = new Monitor(context, (_run, report) => {
    if (report.kind !== "status" || report.phase !== "exited") return;
    const endedAtMs = monitored.endedAtMs(report.key);
    if (endedAtMs === undefined) throw new Error(`${name} reports the end of a command that runs.`);
    detectedMs.push(host.now() - endedAtMs);
    monitor.forget(report.key, backend.id);
  });
  try {
    for (const lease of leases) monitor.watch(live, lease);
    const cpuBefore = process.cpuUsage();
    for (let passedMs = 0; passedMs < forMs; passedMs += STEP_MS) {
      await monitored.atRest();
      await host.advance(STEP_MS);
    }
    await monitored.atRest();
    const { user, system } = process.cpuUsage(cpuBefore);
    const ended = leases.filter(({ key }) => (monitored.endedAtMs(key) ?? Infinity) < host.now() - 120_000).length;
    if (detectedMs.length < ended)
      throw new Error(`${name}: ${ended} commands have ended, and only ${detectedMs.length} ends were reported.`);
    const sorted = detectedMs.sort((a, b) => a - b);
    const quantile = (q: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0);
    return {
      backend: name,
      leases: count,
      callsPerSecond: Math.round((monitored.calls() / forMs) * 100_000) / 100,
      detectP50Ms: quantile(0.5),
      detectP99Ms: quantile(0.99),
      cpuShare: Math.round(((user + system) / 1000 / forMs) * 10_000) / 10_000,
      ended: detectedMs.length,
    };
  } finally {
    monitor.close();
    await guarded.close();
    await monitored.close();
  }
}
