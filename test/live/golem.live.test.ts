/**
 * Runs one small command on the real network, through a yagna daemon of yours. Only with `SPILLWAY_LIVE_GOLEM_NETWORK` set, and only when asked for:
 *
 *     YAGNA_APPKEY=... SPILLWAY_LIVE_GOLEM_NETWORK=hoodi npm run test:live -- golem
 *
 * `SPILLWAY_LIVE_GOLEM_GLM_USD` (default 0.25) is the price of a GLM, `SPILLWAY_LIVE_GOLEM_IMAGE` (default `golem/alpine:latest`) a tag of
 * Golem's registry with a shell. A test network costs nothing that is worth anything; on `polygon` it costs about a cent, and never more than the cap.
 */
import { afterAll, expect, test } from "vitest";
import { golem } from "../../src/backends/golem/index.js";
import type { Lease, LeaseReport } from "../../src/model/lease.js";
import { systemHost } from "../../src/runtime/system-host.js";
import type { Placement } from "../../src/spec/launch.js";
import { testCallContext } from "../../src/testing/call-context.js";

/** Most that the whole file may cost: the allocation holds it, whatever becomes of this process. */
const CAP_USD = 0.1;
const LIFETIME_MS = 20 * 60_000;
const POLL_MS = 5_000;
const CAP_USD_PER_HOUR = CAP_USD / 2 / (LIFETIME_MS / 3_600_000);

const { SPILLWAY_LIVE_GOLEM_NETWORK: network, SPILLWAY_LIVE_GOLEM_IMAGE: image = "golem/alpine:latest" } = process.env;
const glmUsd = Number(process.env["SPILLWAY_LIVE_GOLEM_GLM_USD"] ?? "0.25");

if (network === undefined) throw new Error("Set SPILLWAY_LIVE_GOLEM_NETWORK to a payment network on which the daemon's wallet has GLM.");

const host = systemHost();
// A namespace of this file's own: the reaper takes everything in it, and nothing else.
const namespace = { id: "livetest1", secret: host.randomHex(32) };
const call = () => testCallContext({ host, namespace, deadlineMs: host.now() + 5 * 60_000 });
const backend = golem({ network, glmUsd, offers: "scan", mostStartGlm: CAP_USD / 4 / glmUsd });

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    host.setTimer(ms, resolve, { keepAlive: true });
  });

/** Ends every agreement of this file, of earlier runs as well, and settles its bill. */
async function reap(): Promise<void> {
  for (const ref of await backend.listLeases(call())) {
    while ((await backend.release(ref, { graceMs: 0 }, call())) === "pending") await pause(POLL_MS);
  }
}

afterAll(async () => {
  await reap();
  expect(await backend.listLeases(call())).toEqual([]);
  await backend.close?.();
}, 10 * 60_000);

async function untilOver({ ref }: Lease): Promise<Extract<LeaseReport, { readonly kind: "status" }>> {
  for (;;) {
    const [report] = await backend.inspect([ref], call());
    if (report?.kind === "gone") throw new Error("The lease is gone, and nobody released it.");
    if (report?.kind === "status" && (report.phase === "exited" || report.phase === "ended")) return report;
    await pause(POLL_MS);
  }
}

test("a command's exit code and output come back from the real network", { timeout: LIFETIME_MS }, async () => {
  await reap();
  const resources = { cpu: 1, memoryMiB: 512, diskMiB: 1_024 };
  const demand = { ...resources, image: true, interruptible: true, maxLifetimeMs: LIFETIME_MS };
  const [offer] = await backend.listOffers(demand, call());
  if (offer === undefined) throw new Error("The scan shows no offer: check the network's name and the daemon's connections.");
  const key = `${namespace.id}-${host.newId()}`;
  const placement: Placement = {
    key,
    offer,
    priceCapUsdPerHour: CAP_USD_PER_HOUR,
    rank: (bids) =>
      bids
        .filter(({ price }) => price.usdPerHour <= CAP_USD_PER_HOUR)
        .sort((a, b) => a.price.usdPerHour - b.price.usdPerHour)
        .map(({ id, price }) => ({ offerId: id, totalUsd: price.usdPerHour, price })),
    launch: {
      key,
      image: `gvmi:${image}`,
      argv: ["sh", "-c", 'echo "$WORD"; exit 7'],
      env: { WORD: "two  words" },
      secrets: {},
      resources,
      inputs: [],
      outputs: [],
      timeoutMs: 5 * 60_000,
      maxLifetimeMs: LIFETIME_MS,
      nonce: host.randomHex(16),
      labels: { "spillway-run": "live" },
    },
  };
  const lease = await backend.bind(placement, call());
  expect(await backend.bind(placement, call())).toEqual(lease);
  expect(await untilOver(lease)).toMatchObject({ phase: "exited", exitCode: 7 });
  let printed = "";
  for await (const { stream, text } of backend.logs?.(lease.ref, call()) ?? []) if (stream === "stdout") printed += text;
  expect(printed.trim()).toBe("two  words");
});
