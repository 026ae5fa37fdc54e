/**
 * Why a workload would go where it would go: the text for people, the record behind it, and what an impossible wish is told.
 * The markets are simulated, and nothing is started.
 *
 *     npx tsx examples/04-explain.ts
 */
import { formatUsd, Scheduler, SchedulerError } from "spillway";
import { flakyMarket, marketplace, steadyMarket } from "spillway/testing";

const scheduler = new Scheduler({ backends: [marketplace(flakyMarket()), marketplace(steadyMarket())] });

const embed = {
  kind: "inference",
  command: ["python", "embed.py"],
  resources: { cpu: 4, memory: "8GiB" },
  data: "public",
  expectedDuration: "40m",
  // Results of strangers are compared until a wrong one is this unlikely.
  verification: { kind: "quorum", maxErrorProbability: 0.01 },
  outputs: { "embeddings.bin": {} },
} as const;

console.log("== The text\n");
const plan = await scheduler.plan(embed);
console.log(plan.explain());

console.log("\n== The record behind it: the five best sums\n");
for (const { backend, offerId, totalUsd, parts } of plan.record.candidates.slice(0, 5)) {
  const largest = [...parts].sort((a, b) => b.usd - a.usd).slice(0, 3);
  const sum = largest.map(({ name, usd }) => `${name} ${formatUsd(usd)}`).join(" + ");
  console.log(`${`${backend}/${offerId}`.padEnd(28)} ${formatUsd(totalUsd).padStart(8)} = ${sum} + ...`);
}

console.log("\n== Patient data: no machine here may see it\n");
try {
  await scheduler.schedule({ ...embed, data: { sensitivity: "phi", agreements: ["baa"] } });
} catch (error) {
  if (!SchedulerError.isInstance(error)) throw error;
  console.log(`${error.code}: ${error.message}`);
}

console.log("\n== More memory than anybody has\n");
console.log((await scheduler.plan({ ...embed, resources: { cpu: 4, memory: "2TiB" } })).explain());
await scheduler.close();
