/**
 * What unfinished runs cost a process that only waits for them: bytes each, and the share of a core while nothing happens.
 * Each has an open lease on a simulated backend that never ends; state is in the memory store. At last another process takes
 * on ever more of them, until it comes to its end.
 */

import { fork } from "node:child_process";
import { getHeapStatistics } from "node:v8";
import type { Benchmark } from "./run.js";
import { LiveRuns } from "./support/live-runs.js";

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
    notes: [
      `Idle for ${IDLE_MS / 1_000} s after every run had started; leases are asked about by sweeps, at most every 30 s.`,
      ...(quick ? [] : [await theEnd()]),
    ],
  };
};

async function measure(count: number, idleMs: number): Promise<Record<string, number>> {
  const runs = new LiveRuns(count);
  const begun = performance.now();
  await runs.add(count);
  const seconds = (performance.now() - begun) / 1_000;
  const bytes = runs.bytesEach();
  const share = await runs.idleCoreShare(idleMs);
  await runs.close();
  return {
    runs: count,
    bytesPerRun: Math.round(bytes),
    idleCoreShare: Math.round(share * 1_000) / 1_000,
    startedPerSecond: Math.round(count / seconds),
  };
}

/** Takes on ever more runs in another process and says how many it held and what stopped it. */
function theEnd(): Promise<string> {
  const child = fork(new URL("support/live-until-it-ends.ts", import.meta.url), { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  let reached = "it ended before the first step";
  child.on("message", (message) => {
    const { runs, startedPerSecond, idleCoreShare, bytesPerRun } = message as Record<string, number>;
    const figures = [idleCoreShare?.toFixed(2), Math.round(bytesPerRun ?? 0), Math.round(startedPerSecond ?? 0)];
    reached = `${runs} unfinished runs: idle share ${figures[0]}, ${figures[1]} bytes each, the last ${figures[2]} started a second`;
  });
  const limitMiB = Math.round(getHeapStatistics().heap_size_limit / 2 ** 20);
  return new Promise((resolve) => {
    child.on("exit", (code, signal) => {
      const end =
        code === 0 ? "then one core was busy with watching" : `then the heap's limit of ${limitMiB} MiB ended it (${signal ?? code})`;
      resolve(`The end of one process: ${reached}; ${end}.`);
    });
  });
}
