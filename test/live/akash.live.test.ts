/**
 * Runs one small container on the real network. Only with `SPILLWAY_LIVE_AKASH_API_KEY` set, and only when asked for:
 *
 *     SPILLWAY_LIVE_AKASH_API_KEY=ac.sk... npm run test:live -- akash
 *
 * `SPILLWAY_LIVE_AKASH_URL` (default: the Console's sandbox) and `SPILLWAY_LIVE_AKASH_USD_PER_HOUR` (default 0.05) choose place and cap,
 * `SPILLWAY_LIVE_AKASH_CONTRACT` the revision of the contract.
 */
import { afterAll, expect, test } from "vitest";
import { akash } from "../../src/backends/akash/index.js";
import type { Lease, LeasePhase, LeaseReport } from "../../src/model/lease.js";
import { toUsd } from "../../src/model/money.js";
import { systemHost } from "../../src/runtime/system-host.js";
import type { Bid, Placement } from "../../src/spec/launch.js";
import { testCallContext } from "../../src/testing/call-context.js";

/** Most that the whole file may cost. */
const CAP_USD = 0.05;
const LIFETIME_MS = 20 * 60_000;
const POLL_MS = 10_000;

const { SPILLWAY_LIVE_AKASH_API_KEY: apiKey } = process.env;
const baseUrl = process.env["SPILLWAY_LIVE_AKASH_URL"] ?? "https://console-api-sandbox.akash.network";
const usdPerHour = Number(process.env["SPILLWAY_LIVE_AKASH_USD_PER_HOUR"] ?? "0.05");
const contract = process.env["SPILLWAY_LIVE_AKASH_CONTRACT"] === "2026-08" ? "2026-08" : "2026-09";

if (apiKey === undefined) throw new Error("Set SPILLWAY_LIVE_AKASH_API_KEY to a key of an account with credits; it costs about a cent.");
if ((usdPerHour * LIFETIME_MS) / 3_600_000 > CAP_USD) {
  throw new Error(`${usdPerHour} USD/h for ${LIFETIME_MS / 60_000} minutes is more than the cap of ${CAP_USD} USD.`);
}

const host = systemHost();
// A namespace of this file's own: the reaper takes everything in it, and nothing else.
const namespace = { id: "livetest1", secret: host.randomHex(32) };
const backend = akash({ apiKey, baseUrl, contract, bidWindowMs: 30_000, leastUptime: 0 });
const call = () => testCallContext({ host, namespace, deadlineMs: host.now() + 5 * 60_000 });

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    host.setTimer(ms, resolve, { keepAlive: true });
  });

/** Ends every lease of this file, of earlier runs as well. */
async function reap(): Promise<void> {
  for (const ref of await backend.listLeases(call())) {
    while ((await backend.release(ref, { graceMs: 0 }, call())) === "pending") await pause(POLL_MS);
  }
}

afterAll(async () => {
  await reap();
  expect(await backend.listLeases(call())).toEqual([]);
}, 15 * 60_000);

type StatusReport = Extract<LeaseReport, { readonly kind: "status" }>;

async function until({ ref }: Lease, phase: LeasePhase): Promise<StatusReport> {
  for (;;) {
    const [report] = await backend.inspect([ref], call());
    if (report?.kind === "gone") throw new Error("The lease is gone, and nobody released it.");
    if (report?.kind === "status" && report.phase === phase) return report;
    if (report?.kind === "status" && report.phase === "ended") throw new Error(`The lease ended: ${report.message ?? "nobody says why"}`);
    await pause(POLL_MS);
  }
}

const cheapest = (bids: readonly Bid[]) =>
  bids
    .filter(({ price }) => price.usdPerHour <= usdPerHour)
    .sort((a, b) => a.price.usdPerHour - b.price.usdPerHour)
    .map(({ id, price }) => ({ offerId: id, totalUsd: price.usdPerHour, price }));

test("a container runs on the real network, tells its log, and is billed for its blocks", { timeout: LIFETIME_MS }, async () => {
  await reap();
  const demand = { cpu: 0.5, memoryMiB: 512, diskMiB: 512, image: true, interruptible: true, maxLifetimeMs: LIFETIME_MS };
  const [offer] = await backend.listOffers(demand, call());
  if (offer === undefined) throw new Error("There is no offer.");
  const key = `${namespace.id}-${host.newId()}`;
  const script = 'test "$WORD" = "two  \\$words" && echo "spillway-manifest said so"; sleep 3600';
  const placement: Placement = {
    key,
    offer,
    priceCapUsdPerHour: usdPerHour,
    rank: cheapest,
    launch: {
      key,
      image: "docker.io/library/busybox:1.37",
      argv: ["sh", "-c", script],
      env: { WORD: "two  $words" },
      secrets: {},
      resources: { cpu: 0.5, memoryMiB: 512, diskMiB: 512 },
      inputs: [],
      outputs: [],
      timeoutMs: 10 * 60_000,
      maxLifetimeMs: LIFETIME_MS,
      nonce: host.randomHex(16),
      labels: {},
    },
  };
  const lease = await backend.bind(placement, call());
  expect((await backend.bind(placement, call())).ref).toEqual(lease.ref);
  await until(lease, "running");
  let text = "";
  for await (const chunk of backend.logs?.(lease.ref, call()) ?? []) text += chunk.text;
  expect(text).toContain("spillway-manifest said so");
  while ((await backend.release(lease.ref, { graceMs: 0 }, call())) === "pending") await pause(POLL_MS);
  const [report] = await backend.inspect([lease.ref], call());
  expect(report).toMatchObject({ charge: { final: true } });
  expect(toUsd((report?.kind !== "unknown" && report?.charge?.amount) || 0n)).toBeLessThan(CAP_USD);
});
