/**
 * Schedules a run on a backend of our own. The service behind it is a small one that this file starts, and the command
 * really runs, so nothing here needs an account.
 *
 *     npx tsx examples/05-custom-backend/main.ts
 */
import { Scheduler } from "spillway";
import { tinfoil } from "./backend.js";
import { startService } from "./service.js";

const service = await startService({ apiKey: "tf-example" });
const scheduler = new Scheduler({
  backends: [tinfoil({ apiKey: "tf-example", baseUrl: service.baseUrl })],
  budget: "$1/day",
  // The backend costs money and the default store forgets: fine for an example, not for a service.
  allowVolatile: true,
});

try {
  const run = await scheduler.schedule({
    command: [process.execPath, "-e", "console.log('six times seven is', 6 * 7)"],
    resources: { cpu: 2, memory: "2GiB" },
    expectedDuration: "10s",
    timeout: "1m",
    maxCost: "$0.10",
  });
  const printed: string[] = [];
  const reading = (async () => {
    for await (const chunk of run.logs()) printed.push(chunk.text);
  })();
  await run.result();
  await reading;
  await run.settled();
  console.log(`the job printed: ${printed.join("").trim()}`);
  for (const [name, job] of service.jobs) {
    console.log(`${name} on ${job.size.name}: exit code ${job.exitCode}, ${job.state}, billed $${job.billedUsd.toFixed(6)}`);
  }
} finally {
  await scheduler.close({ mode: "cancel" });
  await service.close();
}
