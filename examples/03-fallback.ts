/**
 * Two machines of a simulated market fail, and the work goes on elsewhere. The command is a real process each time.
 *
 *     npx tsx examples/03-fallback.ts
 */
import { formatUsd, policies, type RunEvent, Scheduler } from "spillway";
import { local } from "spillway/backends/local";
import { marketplace } from "spillway/testing";

/** Two cheap nodes: the first launch never becomes ready, the second one loses its node after 300 ms. */
const cheap = marketplace({
  id: "cheap-market",
  providers: [{ name: "cheap", nodes: 2, usdPerHour: 0.02, startMs: 50 }],
  faults: { plan: { launches: [{ startError: "PROVISIONING_FAILED" }, { dieAfterMs: 300 }] } },
  capabilities: { pollMs: { least: 50, most: 200 } },
  execute: "process",
});

const scheduler = new Scheduler({ backends: [cheap, local({ usdPerHour: 0.25 })], policy: policies.cheapest() });

const run = await scheduler.schedule({
  command: ["node", "--eval", "setTimeout(() => console.log('done'), 1_000)"],
  resources: { cpu: 0.25, memory: "128MiB", disk: "100MiB" },
  data: "public",
  expectedDuration: "1h", // what the decision believes
  maxCost: "$1",
});

/** One line for each event, with whatever it has to say. */
function told(event: RunEvent): string {
  const where = "attempt" in event ? ` ${event.attempt} on ${event.backend}` : "from" in event ? ` from ${event.from}` : "";
  const what = "outcome" in event ? `: ${event.outcome}` : "status" in event ? `: ${event.status}` : "";
  const why = "message" in event && event.message !== undefined ? ` (${event.message})` : "";
  return `${event.type}${where}${what}${why}`;
}

for await (const event of run.events({ until: "settled" })) console.log(told(event));

console.log("\nThe bill:");
for (const { attempt, backend, node, outcome, openMs, charged } of (await run.receipt()).lines) {
  console.log(`  attempt ${attempt}  ${backend}/${node}  ${outcome}  open for ${Math.round(openMs)} ms  ${formatUsd(charged)}`);
}
await scheduler.close();
