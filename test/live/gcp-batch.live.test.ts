/**
 * Runs one small job on the real service. Only with `SPILLWAY_LIVE_GCP_PROJECT` set, and only when asked for:
 *
 *     SPILLWAY_LIVE_GCP_PROJECT=my-project npm run test:live -- gcp-batch
 *
 * `SPILLWAY_LIVE_GCP_LOCATION` (default `us-central1`), `SPILLWAY_LIVE_GCP_MACHINE` (default `e2-small`) and
 * `SPILLWAY_LIVE_GCP_USD_PER_HOUR` (default 0.02) choose the machine.
 */
import { afterAll, expect, test } from "vitest";
import { gcpBatch } from "../../src/backends/gcp-batch/index.js";
import type { Lease, LeaseReport } from "../../src/model/lease.js";
import { systemHost } from "../../src/runtime/system-host.js";
import type { Placement } from "../../src/spec/launch.js";
import { testCallContext } from "../../src/testing/call-context.js";

/** Most that the whole file may cost. The job's own lifetime holds it even if this process dies. */
const CAP_USD = 0.05;
const LIFETIME_MS = 30 * 60_000;
const POLL_MS = 10_000;

const { SPILLWAY_LIVE_GCP_PROJECT: project, SPILLWAY_LIVE_GCP_LOCATION: location = "us-central1" } = process.env;
const usdPerHour = Number(process.env["SPILLWAY_LIVE_GCP_USD_PER_HOUR"] ?? "0.02");
const machineType = process.env["SPILLWAY_LIVE_GCP_MACHINE"] ?? "e2-small";

if (project === undefined) throw new Error("Set SPILLWAY_LIVE_GCP_PROJECT to a project in which a job may run; it costs about a cent.");
if ((usdPerHour * LIFETIME_MS) / 3_600_000 > CAP_USD) {
  throw new Error(`${usdPerHour} USD/h for ${LIFETIME_MS / 60_000} minutes is more than the cap of ${CAP_USD} USD.`);
}

const host = systemHost();
// A namespace of this file's own: the reaper takes everything in it, and nothing else.
const namespace = { id: "livetest1", secret: host.randomHex(32) };
const call = () => testCallContext({ host, namespace });
const backend = gcpBatch({ project, location, shapes: [{ machineType, provisioning: "standard", cpu: 2, memory: "1900MiB", usdPerHour }] });

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    host.setTimer(ms, resolve, { keepAlive: true });
  });

/** Ends every job of this file, of earlier runs as well. */
async function reap(): Promise<void> {
  for (const ref of await backend.listLeases(call())) {
    while ((await backend.release(ref, { graceMs: 0 }, call())) === "pending") await pause(POLL_MS);
  }
}

afterAll(async () => {
  await reap();
  expect(await backend.listLeases(call())).toEqual([]);
  await backend.close?.();
}, 15 * 60_000);

async function untilOver({ ref }: Lease): Promise<Extract<LeaseReport, { readonly kind: "status" }>> {
  for (;;) {
    const [report] = await backend.inspect([ref], call());
    if (report?.kind === "gone") throw new Error("The job is gone, and nobody released it.");
    if (report?.kind === "status" && (report.phase === "exited" || report.phase === "ended")) return report;
    await pause(POLL_MS);
  }
}

test("a command's exit code comes back from the real service", { timeout: LIFETIME_MS }, async () => {
  await reap();
  const demand = { cpu: 1, memoryMiB: 512, diskMiB: 1_024, image: true, interruptible: false, maxLifetimeMs: LIFETIME_MS };
  const [offer] = await backend.listOffers(demand, call());
  if (offer === undefined) throw new Error("There is no offer.");
  const key = `${namespace.id}-${host.newId()}`;
  const placement: Placement = {
    key,
    offer,
    priceCapUsdPerHour: usdPerHour,
    rank: () => [],
    launch: {
      key,
      image: "docker.io/library/busybox:1.37",
      argv: ["sh", "-c", 'test "$WORD" = "two  words" && exit 7'],
      env: { WORD: "two  words" },
      secrets: {},
      resources: { cpu: 1, memoryMiB: 512, diskMiB: 1_024 },
      inputs: [],
      outputs: [],
      timeoutMs: 10 * 60_000,
      maxLifetimeMs: LIFETIME_MS,
      nonce: host.randomHex(16),
      labels: { "spillway-run": "live" },
    },
  };
  const lease = await backend.bind(placement, call());
  expect(await backend.bind(placement, call())).toEqual(lease);
  expect(await untilOver(lease)).toMatchObject({ phase: "exited", exitCode: 7 });
});
