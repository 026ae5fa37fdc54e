/**
 * Plays random histories on virtual time: `npm run simulate -- --seeds 1000 --from 0`. Two workers by default; a seed that
 * breaks a promise is printed with the line that reproduces it, and the exit code is then 1.
 */

import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { play } from "../test/simulation/harness/play.js";
import { drawScenario } from "../test/simulation/harness/scenario.js";

interface Tally {
  seeds: number;
  broken: number;
  runs: number;
  succeeded: number;
  attempts: number;
  reuses: number;
  virtualHours: number;
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "0" },
    workers: { type: "string" },
    worker: { type: "string" },
  },
});
const seeds = Number(values.seeds);
const from = Number(values.from);
const workers = Number(values.workers ?? Math.min(availableParallelism(), seeds));
if (![seeds, from, workers].every((value) => Number.isInteger(value) && value >= 0)) {
  console.error("usage: npm run simulate -- --seeds N [--from S] [--workers W]");
  process.exit(2);
}

if (values.worker === undefined) await lead();
else await work(Number(values.worker));

/** Splits the seeds over worker processes and adds up what they find. */
async function lead(): Promise<void> {
  const total: Tally = { seeds: 0, broken: 0, runs: 0, succeeded: 0, attempts: 0, reuses: 0, virtualHours: 0 };
  const ended = Array.from({ length: Math.max(1, workers) }, (_, index) => {
    const args = ["--seeds", String(seeds), "--from", String(from), "--workers", String(workers), "--worker", String(index)];
    const child = fork(fileURLToPath(import.meta.url), args, { execArgv: process.execArgv });
    child.on("message", (part) => {
      for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += (part as Tally)[key];
    });
    return new Promise<number>((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
  });
  const codes = await Promise.all(ended);
  console.log(
    `${total.seeds} seeds, ${total.runs} runs (${total.succeeded} succeeded), ${total.attempts} attempts (${total.reuses} on leases used again), ${Math.round(total.virtualHours)} virtual hours: ${total.broken} seeds broke a promise`,
  );
  process.exitCode = total.broken > 0 || codes.some((code) => code !== 0) || total.seeds !== seeds ? 1 : 0;
}

async function work(index: number): Promise<void> {
  const tally: Tally = { seeds: 0, broken: 0, runs: 0, succeeded: 0, attempts: 0, reuses: 0, virtualHours: 0 };
  for (let seed = from + index; seed < from + seeds; seed += Math.max(1, workers)) {
    const outcome = await playSafely(seed);
    tally.seeds += 1;
    tally.runs += outcome.runs;
    tally.succeeded += outcome.succeeded;
    tally.attempts += outcome.attempts;
    tally.reuses += outcome.reuses;
    tally.virtualHours += outcome.virtualHours;
    if (outcome.violations.length === 0) continue;
    tally.broken += 1;
    console.log(`seed ${seed} broke a promise: ${outcome.violations[0]}\n  npm run simulate -- --seeds 1 --from ${seed}`);
  }
  process.send?.(tally);
  process.disconnect();
}

async function playSafely(seed: number) {
  try {
    return await play(drawScenario(String(seed)));
  } catch (thrown) {
    return { violations: [`it threw ${String(thrown)}`], runs: 0, succeeded: 0, attempts: 0, reuses: 0, virtualHours: 0 };
  }
}
