/**
 * What unfinished runs cost a process that only waits for them: bytes each, and the share of a core while nothing happens.
 * Each has an open lease on a simulated backend that never ends; state is in the memory store.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Scheduler } from "spillway";
import { memoryStore } from "spillway/stores/memory";
import { memoryArtifacts } from "spillway/testing";
import type { Benchmark } from "./run.js";
import { trivialBackend } from "./support/trivial-backend.js";

/** How long the idle process is watched, ms. */
const IDLE_MS = 20_000;

export const run: Benchmark = async ({ quick }) => {
  const rows: Record<string, number>[] = [];
  for (const runs of quick ? [1_000] : [10_000, 100_000]) rows.push(await measure(runs, quick ? 2_000 : IDLE_MS));
  const last = rows[rows.length - 1] ?? {};
  const bytes = last["bytesPerRun"] ?? 0;
  const share = last["idleCoreShare"] ?? 0;
  return {
    rows,
    goals: [
      { goal: "bytes per unfinished run <= 8,192", measured: bytes, reached: bytes <= 8_192 },
      { goal: "share of a core when idle <= 0.2", measured: share, reached: share <= 0.2 },
    ],
    notes: [`Idle for ${IDLE_MS / 1_000} s after every run had started; leases are asked about by sweeps, at most every 30 s.`],
  };
};

async function measure(runs: number, idleMs: number): Promise<Record<string, number>> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const scheduler = new Scheduler({
    backends: [trivialBackend({ id: "endless", commands: "running", pollMs: { least: 5_000, most: 30_000 } })],
    store: memoryStore(),
    artifacts: [memoryArtifacts()],
    queue: { limit: runs + 1 },
    concurrency: runs + 1,
    reconcileEvery: 0,
  });
  collect();
  const before = process.memoryUsage().heapUsed;
  let started = 0;
  const allStarted = new Promise<void>((resolve) => {
    scheduler.on("attempt-started", () => {
      started += 1;
      if (started === runs) resolve();
    });
  });
  const begun = performance.now();
  for (let index = 0; index < runs; index++)
    await scheduler.schedule({ command: ["wait", String(index)], data: { sensitivity: "public" }, timeout: "10d" });
  await allStarted;
  const seconds = (performance.now() - begun) / 1_000;
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / runs;
  const cpuBefore = process.cpuUsage();
  await new Promise<void>((resolve) => {
    setTimeout(resolve, idleMs);
  });
  const cpu = process.cpuUsage(cpuBefore);
  const { openRuns } = await scheduler.close({ timeout: 0 });
  if (openRuns.length !== runs) throw new Error("some runs had ended");
  return {
    runs,
    bytesPerRun: Math.round(bytes),
    idleCoreShare: Math.round(((cpu.user + cpu.system) / 1_000 / idleMs) * 1_000) / 1_000,
    startedPerSecond: Math.round(runs / seconds),
  };
}
