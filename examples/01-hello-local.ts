import { formatUsd, Scheduler } from "spillway";
import { local } from "spillway/backends/local";
import { flakyMarket, marketplace, steadyMarket } from "spillway/testing";

await using scheduler = new Scheduler({
  // This machine, at what it costs you, and two simulated markets: strangers' machines, and one company's.
  backends: [local({ usdPerHour: 0.05 }), marketplace(flakyMarket()), marketplace(steadyMarket())],
});

const run = await scheduler.schedule({
  command: ["node", "--print", "'the answer is ' + 6 * 7"],
  resources: { cpu: 0.25, memory: "128MiB", disk: "100MiB" },
  data: "internal", // nothing for strangers; this is also the default
  expectedDuration: "20m",
  maxCost: "$0.50",
});

for await (const chunk of run.logs()) process.stdout.write(chunk.text);
const { exitCode } = await run.result();
const { charged } = await run.settled();
console.log(`exit code ${exitCode}, ${formatUsd(charged)} charged\n\n${await run.explain()}`);
