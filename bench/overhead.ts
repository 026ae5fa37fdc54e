/**
 * What spillway adds to a job that does nothing: whole runs per second through a no-op backend and the memory store,
 * against bare p-queue in the same process, the memory of a waiting run, and the time from `schedule` to bind.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import PQueue from "p-queue";
import { type Backend, Scheduler } from "spillway";
import { memoryStore } from "spillway/stores/memory";
import { memoryArtifacts } from "spillway/testing";
import type { Benchmark } from "./run.js";
import { type TrivialOptions, trivialBackend } from "./support/trivial-backend.js";

const PRIORITIES = 10;

export const run: Benchmark = async ({ quick }) => {
  const rows: Record<string, number>[] = [];
  for (const runs of quick ? [2_000] : [2_000, 20_000, 100_000]) {
    await throughput(Math.min(runs, 1_000), 1);
    const perSecond = await throughput(runs, 1);
    const pQueuePerSecond = await bare(runs, 1);
    const withPriorities = await throughput(runs, PRIORITIES);
    const pQueuePriorityPerSecond = await bare(runs, PRIORITIES);
    const latencies = await submitToBind(quick ? 200 : 1_000);
    rows.push({
      runs,
      perSecond: Math.round(perSecond),
      pQueuePerSecond: Math.round(pQueuePerSecond),
      ratio: round(perSecond / pQueuePerSecond),
      pQueuePriorityPerSecond: Math.round(pQueuePriorityPerSecond),
      ratioWithPriorities: round(withPriorities / pQueuePriorityPerSecond),
      bytesPerQueuedRun: Math.round(await bytesPerQueuedRun(runs)),
      submitToBindP50Ms: round(quantile(latencies, 0.5)),
      submitToBindP99Ms: round(quantile(latencies, 0.99)),
    });
  }
  const last = rows[rows.length - 1] ?? {};
  const first = rows[0] ?? {};
  const goal = (text: string, measured: number, reached: boolean) => ({ goal: text, measured, reached });
  const flat = (last["perSecond"] ?? 0) / (first["perSecond"] ?? 1);
  return {
    rows,
    goals: [
      goal("ratio to bare p-queue >= 0.15", last["ratio"] ?? 0, (last["ratio"] ?? 0) >= 0.15),
      goal("ratio to p-queue with 10 priorities >= 1", last["ratioWithPriorities"] ?? 0, (last["ratioWithPriorities"] ?? 0) >= 1),
      goal("bytes per queued run <= 4,096", last["bytesPerQueuedRun"] ?? 0, (last["bytesPerQueuedRun"] ?? 0) <= 4_096),
      goal("schedule to bind, median <= 1 ms", last["submitToBindP50Ms"] ?? 0, (last["submitToBindP50Ms"] ?? 0) <= 1),
      goal("runs per second, longest queue against shortest >= 0.7", round(flat), flat >= 0.7),
    ],
  };
};

const job = (index: number, priority = 0) => ({ command: ["noop", String(index)], priority, data: { sensitivity: "public" as const } });

/** Everything has always just ended. */
const noop = (options: Pick<TrivialOptions, "capacity" | "onBind"> = {}): Backend =>
  trivialBackend({ id: "noop", commands: "ended", pollMs: { least: 1, most: 1_000 }, ...options });

const schedulerOver = (backend: Backend, runs: number): Scheduler =>
  new Scheduler({
    backends: [backend],
    store: memoryStore(),
    artifacts: [memoryArtifacts()],
    queue: { limit: runs + 1 },
    concurrency: 64,
    reconcileEvery: 0,
  });

async function throughput(runs: number, priorities: number): Promise<number> {
  const scheduler = schedulerOver(noop(), runs);
  const begun = performance.now();
  const handles = await Promise.all(Array.from({ length: runs }, (_, index) => scheduler.schedule(job(index, index % priorities))));
  await scheduler.close();
  const seconds = (performance.now() - begun) / 1_000;
  const last = handles[handles.length - 1];
  if (last === undefined) throw new Error("nothing was scheduled");
  return runs / seconds;
}

async function bare(tasks: number, priorities: number): Promise<number> {
  const queue = new PQueue({ concurrency: 64 });
  let done = 0;
  const begun = performance.now();
  for (let index = 0; index < tasks; index++) {
    const count = async (): Promise<void> => {
      done += 1;
    };
    void queue.add(count, { priority: index % priorities });
  }
  await queue.onIdle();
  if (done !== tasks) throw new Error("p-queue lost tasks");
  return tasks / ((performance.now() - begun) / 1_000);
}

/** Heap taken by runs that wait: distinct workloads, records stored, no place for any of them. */
async function bytesPerQueuedRun(runs: number): Promise<number> {
  const scheduler = schedulerOver(noop({ capacity: 0 }), runs);
  await scheduler.schedule(job(-1));
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < runs; index++) await scheduler.schedule(job(index));
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / runs;
  await scheduler.close({ mode: "cancel" });
  return bytes;
}

async function submitToBind(count: number): Promise<readonly number[]> {
  let bound: () => void = () => {};
  const scheduler = schedulerOver(noop({ onBind: () => bound() }), count);
  const latencies: number[] = [];
  for (let index = 0; index < count; index++) {
    const begun = performance.now();
    const reached = new Promise<void>((resolve) => {
      bound = resolve;
    });
    const handle = await scheduler.schedule(job(index));
    await reached;
    latencies.push(performance.now() - begun);
    await handle.result();
  }
  await scheduler.close();
  return latencies.slice(Math.floor(count / 10)).sort((a, b) => a - b);
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const round = (value: number): number => Math.round(value * 1_000) / 1_000;
