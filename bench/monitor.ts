/**
 * The production monitor over thousands of running leases on each backend's simulator, through the real SDK, for an hour of virtual time: calls a
 * second, time from the end of a command to its report, and share of a core. The simulator has a process of its own, so that the share is the
 * monitor's, the backend's and the SDK's.
 *
 * `SPILLWAY_BENCH_MONITOR=gcp-batch,10000,300` watches one backend with so many leases for so many seconds.
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
import { NAMESPACE, type RemoteSimulator, remoteSimulator } from "./support/simulated.js";

const BACKENDS: readonly MonitoredBackend[] = [monitoredAwsBatch, monitoredGcpBatch];

/** Virtual time between two looks at what is under way; the error of a detection time. */
const STEP_MS = 250;
/** Share of the commands that end while they are watched. */
const ENDING = 0.1;

export const run: Benchmark = async ({ quick }) => {
  const [only, count = quick ? 1_000 : 10_000, seconds = quick ? 600 : 3_600] = (process.env["SPILLWAY_BENCH_MONITOR"] ?? "").split(",");
  const rows = [];
  const goals: BenchmarkGoal[] = [];
  for (const one of BACKENDS.filter(({ name }) => only === "" || only === name)) {
    const row = await watch(one, Number(count), Number(seconds) * 1_000);
    rows.push(row);
    const goal = (text: string, measured: number, most: number): void =>
      void goals.push({ goal: `${one.name}: ${text} <= ${most}`, measured, reached: measured <= most });
    goal("calls a second", row.callsPerSecond, one.mostCallsPerSecond);
    goal("p99 detection, ms", row.detectP99Ms, 60_000);
    goal("share of one core", row.cpuShare, 0.05);
  }
  return {
    rows,
    goals,
    notes: [
      "cpuShare is this process: monitor, backend and SDK; simulatorCpuShare is the simulator's own",
      "a tenth of the commands end during the time",
    ],
  };
};

async function watch(one: MonitoredBackend, count: number, forMs: number) {
  const random = seededRandom("monitor");
  const lifetimesMs = Array.from({ length: count }, () => Math.round(random.next() < ENDING ? random.next() * forMs * 0.95 : 10 * forMs));
  const simulator = await remoteSimulator(one.name, lifetimesMs);
  try {
    return await watchOn(simulator, one, lifetimesMs, forMs);
  } finally {
    await simulator.close();
  }
}

async function watchOn(simulator: RemoteSimulator, { name, open }: MonitoredBackend, lifetimesMs: readonly number[], forMs: number) {
  const { leases } = simulator;
  const host = createVirtualHost({ startMs: simulator.nowMs });
  const ends = new Map(leases.map(({ key }, index) => [key, host.now() + (lifetimesMs[index] ?? 0)]));
  const monitored = await open(simulator.port);
  const { backend } = monitored;
  const guarded = new GuardedBackend(backend, { host, logger: silentLogger, namespace: { id: NAMESPACE, secret: "00".repeat(32) } });
  // The monitor needs no more of an engine than this.
  const context = { options: { host, logger: silentLogger }, backends: new Map([[backend.id, guarded]]) } as unknown as EngineContext;
  const live = { state: { leases: [], attempts: [] } } as unknown as LiveRun;
  const detectedMs: number[] = [];
  const monitor = new Monitor(context, (_run, report) => {
    if (report.kind !== "status" || report.phase !== "exited") return;
    const endedAtMs = ends.get(report.key) ?? Number.POSITIVE_INFINITY;
    // The simulator's time is ahead by a step at most.
    if (endedAtMs > host.now() + STEP_MS) throw new Error(`${name} reports the end of a command that runs.`);
    detectedMs.push(Math.max(0, host.now() - endedAtMs));
    monitor.forget(report.key, backend.id);
  });
  try {
    for (const lease of leases) monitor.watch(live, lease.key, lease);
    let there = await simulator.advance(0);
    const before = { here: process.cpuUsage(), thereMs: there.cpuMs };
    for (let passedMs = 0; passedMs < forMs; passedMs += STEP_MS) {
      there = await simulator.advance(STEP_MS);
      await host.advance(STEP_MS);
      await monitored.atRest();
    }
    const { user, system } = process.cpuUsage(before.here);
    there = await simulator.advance(0);
    const ended = [...ends.values()].filter((atMs) => atMs < host.now() - 120_000).length;
    if (detectedMs.length < ended)
      throw new Error(`${name}: ${ended} commands have ended, and only ${detectedMs.length} ends were reported.`);
    const sorted = detectedMs.sort((a, b) => a - b);
    const quantile = (q: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0);
    const share = (ms: number): number => Math.round((ms / forMs) * 10_000) / 10_000;
    return {
      backend: name,
      leases: leases.length,
      callsPerSecond: Math.round((there.calls / forMs) * 100_000) / 100,
      detectP50Ms: quantile(0.5),
      detectP99Ms: quantile(0.99),
      cpuShare: share((user + system) / 1_000),
      simulatorCpuShare: share(there.cpuMs - before.thereMs),
      ended: detectedMs.length,
    };
  } finally {
    monitor.close();
    await guarded.close();
    await monitored.close();
  }
}
