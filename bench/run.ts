/**
 * Runs one benchmark, prints its rows as a table and writes them with the facts about the machine.
 *
 *   npm run bench -- NAME [--json FILE] [--quick]
 *
 * A benchmark is `bench/NAME.ts` with an exported `run`. It first makes sure that the work it measures succeeds.
 * What is imported as `spillway` is the built package: the loader of sources slows every function down a little.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { systemHost } from "../src/runtime/system-host.js";

/** What a benchmark gets. */
export interface BenchmarkOptions {
  /** Fewer and shorter rounds: shows that the benchmark works, its numbers mean little. */
  readonly quick: boolean;
}

/** One measured line; every row of a benchmark has the same keys, with units in their names. */
export type BenchmarkRow = Readonly<Record<string, number | string | boolean | null>>;

/** Something that was to be reached. */
export interface BenchmarkGoal {
  /** For people: `ratio at 10,000 offers >= 20`. */
  readonly goal: string;
  readonly measured: number;
  readonly reached: boolean;
}

/** What a benchmark answers. */
export interface BenchmarkReport {
  readonly rows: readonly BenchmarkRow[];
  readonly goals?: readonly BenchmarkGoal[];
  /** What has to be known to read the numbers: how long, how many rounds, what was left out. */
  readonly notes?: readonly string[];
}

/** What `bench/NAME.ts` exports as `run`. */
export type Benchmark = (options: BenchmarkOptions) => Promise<BenchmarkReport>;

const here = import.meta.dirname;
const names = readdirSync(here)
  .filter((file) => file.endsWith(".ts") && file !== "run.ts")
  .map((file) => file.replace(/\.ts$/, ""));

const { values, positionals } = parseArgs({
  options: { json: { type: "string" }, quick: { type: "boolean", default: false } },
  allowPositionals: true,
});
const [name] = positionals;

if (name === undefined || !existsSync(resolve(here, `${name}.ts`)) || name === "run") {
  console.error(`Usage: npm run bench -- NAME [--json FILE] [--quick]\nNAME is one of: ${names.join(", ")}`);
  process.exit(1);
}

const { run } = (await import(`./${name}.ts`)) as { readonly run?: Benchmark };
if (run === undefined) throw new Error(`bench/${name}.ts exports no function "run".`);

const machine = {
  node: process.version,
  v8: process.versions.v8,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
};
const date = new Date(systemHost().now()).toISOString();
console.log(`${name}${values.quick ? " (quick: the numbers mean little)" : ""} on Node ${machine.node}, ${machine.cores} x ${machine.cpu}`);

const report = await run({ quick: values.quick });
if (report.rows.length === 0) throw new Error(`bench/${name}.ts measured nothing.`);

console.table(report.rows.map(shown));
for (const { goal, measured, reached } of report.goals ?? [])
  console.log(`${reached ? "reached" : "MISSED "}  ${goal}: ${significant(measured)}`);
for (const note of report.notes ?? []) console.log(`- ${note}`);

if (values.json !== undefined) {
  mkdirSync(dirname(resolve(values.json)), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify({ name, date, quick: values.quick, machine, ...report }, null, 2)}\n`);
  console.log(`written to ${values.json}`);
}

/** Four significant digits are more than a benchmark knows. */
function significant(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

function shown(row: BenchmarkRow): BenchmarkRow {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, typeof value === "number" ? significant(value) : value]));
}
