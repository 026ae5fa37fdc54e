/**
 * Many runs out of one workload: a parameter sweep in parallel, with progress, one cap and one bill. One member fails on purpose.
 *
 *     npx tsx examples/09-group-with-progress.ts
 */
import { formatUsd, Scheduler } from "spillway";
import { local } from "spillway/backends/local";

/** Estimates pi by throwing darts. The last seed is unlucky. */
const program = `
  const [seed, darts] = process.argv.slice(1).map(Number);
  if (seed === 13) throw new Error("unlucky");
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  let hits = 0;
  for (let i = 0; i < darts; i++) if (random() ** 2 + random() ** 2 < 1) hits++;
  require("node:fs").writeFileSync("pi.txt", String((4 * hits) / darts));
`;

await using scheduler = new Scheduler({ backends: [local({ usdPerHour: 0.05 })] });

const group = await scheduler.schedule(
  {
    kind: "simulation",
    name: "darts",
    command: ["node", "--eval", program, "{seed}", "{darts}"],
    seeds: [3, 7, 13],
    sweep: { darts: [1_000, 100_000] },
    outputs: { "pi.txt": {} },
    resources: { cpu: 0.25, memory: "64MiB", disk: "10MiB" },
    expectedDuration: "2s",
    maxCost: "$0.10", // for all six members together
  },
  { parallelism: 2, onFailure: "continue" },
);

for await (const { members, succeeded, failed, active } of group.progressed()) {
  console.log(`${succeeded + failed} of ${members} done, ${failed} failed, ${active} active`);
}

for (const { run, ...member } of await group.settledResults()) {
  const { fan } = await run.workload();
  if (member.status === "failed") {
    console.log(`${fan?.label}: ${member.error.code}`);
    continue;
  }
  const pi = new TextDecoder().decode(await member.result.output("pi.txt").download());
  console.log(`${fan?.label}: pi is about ${pi}`);
}
const { charged } = await group.settled();
console.log(`${formatUsd(charged)} for all of them`);
