/**
 * Ending things: cancel one run, wait no longer without cancelling, and close a scheduler. Everything runs on this machine.
 *
 *     npx tsx examples/07-cancel-and-shutdown.ts
 */
import { formatUsd, Scheduler, SchedulerError } from "spillway";
import { local } from "spillway/backends/local";

const scheduler = new Scheduler({ backends: [local({ usdPerHour: 0.05 })], grace: "1s" });

/** A command that would take a minute, and goes in peace when it is asked to. */
const slow = {
  command: ["node", "--eval", "process.on('SIGTERM', () => process.exit(0)); console.log('working'); setTimeout(() => {}, 60_000)"],
  resources: { cpu: 0.25, memory: "64MiB", disk: "10MiB" },
  expectedDuration: "1m",
} as const;

/** Resolves once the command has said something. */
async function working(run: Awaited<ReturnType<typeof scheduler.schedule>>): Promise<void> {
  if ("logs" in run) for await (const _ of run.logs()) return;
}

// A signal ends the waiting. The run does not notice.
const patient = await scheduler.schedule(slow);
try {
  await patient.result({ signal: AbortSignal.timeout(200) });
} catch (error) {
  console.log(`after 200 ms: ${SchedulerError.isInstance(error) ? error.code : error}, and the run is ${await patient.status()}`);
}

// cancel() ends the run: its command is asked to stop, its lease is released, and only the time used is paid.
await working(patient);
console.log(`cancelled: the run is ${await patient.cancel("no longer needed")}`);
const receipt = await patient.settled();
console.log(`paid ${formatUsd(receipt.charged)} for ${((receipt.lines[0]?.openMs ?? 0) / 1_000).toFixed(1)} s`);

// Closing: "drain" (the default) waits for everything, "cancel" ends it, "detach" leaves it to a later process.
const last = await scheduler.schedule(slow);
await working(last);
const early = await scheduler.close({ mode: "detach" }).catch((error: unknown) => error);
console.log(`detach: ${SchedulerError.isInstance(early) ? `${early.code}: ${early.message}` : "left behind"}`);
const report = await scheduler.close({ mode: "cancel", timeout: "10s" });
console.log(`closed: ${report.openRuns.length} runs and ${report.openLeases.length} leases left open`);

// Nothing is accepted any more.
await scheduler.schedule(slow).catch((error: unknown) => console.log(SchedulerError.isInstance(error) ? error.code : error));
