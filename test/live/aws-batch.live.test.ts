import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsBatch } from "../../src/backends/aws-batch/index.js";
import type { Backend, LeaseRef, LeaseReport } from "../../src/kit/index.js";
import { formatUsd, nanoUsd } from "../../src/model/money.js";
import { systemHost } from "../../src/runtime/system-host.js";
import { testCallContext } from "../../src/testing/call-context.js";

// Costs money. Runs only when asked for by name, on an account and a queue that the caller names; see docs/backends/aws-batch.md.

const host = systemHost();
const HOUR_MS = 3_600_000;
const LIFETIME_MS = 5 * 60_000;
const resources = { cpu: 0.25, memoryMiB: 512, diskMiB: 1_024 };
/** A namespace of this run alone, so that the reaper can never touch anybody else's jobs. */
const namespace = { id: `live${host.randomHex(4)}`, secret: host.randomHex(32) };
const call = () => testCallContext({ host, namespace });
const pause = (ms: number): Promise<void> => new Promise((resolve) => void host.setTimer(ms, resolve, { keepAlive: true }));

function needed(name: string): string {
  const value = host.env(name);
  if (value === undefined || value === "") throw new Error(`The live test needs ${name}; docs/backends/aws-batch.md says what for.`);
  return value;
}

let backend: Backend;
let isConfigured = false;
let leftUsd = Number(host.env("SPILLWAY_LIVE_MAX_USD") ?? "0.05");

/** Binds if the worst case still fits under the cap. */
async function bind(argv: readonly string[]): Promise<LeaseRef> {
  const [offer] = await backend.listOffers({ ...resources, image: true, interruptible: false, maxLifetimeMs: LIFETIME_MS }, call());
  if (offer === undefined) throw new Error("The queue makes no offer for a quarter of a vCPU.");
  leftUsd -= (offer.price.usdPerHour * LIFETIME_MS) / HOUR_MS;
  if (!(leftUsd >= 0)) throw new Error("The spending cap does not allow a further job; raise SPILLWAY_LIVE_MAX_USD.");
  const key = `${namespace.id}-${host.newId()}`;
  const launch = {
    key,
    image: "public.ecr.aws/docker/library/busybox:1.36",
    argv,
    env: { GREETING: "hello from spillway" },
    secrets: {},
    resources,
    inputs: [],
    outputs: [],
    timeoutMs: LIFETIME_MS / 2,
    maxLifetimeMs: LIFETIME_MS,
    nonce: host.randomHex(16),
    labels: { "spillway-run": "live-test", "spillway-attempt": "1" },
  };
  return (await backend.bind({ key, offer, launch, priceCapUsdPerHour: offer.price.usdPerHour, rank: () => [] }, call())).ref;
}

async function until(ref: LeaseRef, phases: readonly string[]): Promise<Extract<LeaseReport, { kind: "status" }>> {
  for (const endMs = host.monotonic() + 15 * 60_000; host.monotonic() < endMs; await pause(5_000)) {
    const [report] = await backend.inspect([ref], call());
    if (report?.kind === "status" && phases.includes(report.phase)) return report;
    if (report?.kind === "status" && report.phase === "ended") throw new Error(`The job ended: ${report.reason} ${report.message}`);
  }
  throw new Error(`The job did not become ${phases.join(" or ")} within 15 minutes.`);
}

async function release(ref: LeaseRef): Promise<void> {
  for (const endMs = host.monotonic() + 5 * 60_000; host.monotonic() < endMs; await pause(5_000)) {
    if ((await backend.release(ref, { graceMs: 0 }, call())) === "released") return;
  }
  throw new Error(`${ref.key} could not be released: terminate it in the console.`);
}

beforeAll(() => {
  backend = awsBatch({
    staging: "none",
    queues: [
      {
        queue: needed("SPILLWAY_LIVE_AWS_QUEUE"),
        platform: "fargate",
        purchase: "on-demand",
        executionRoleArn: needed("SPILLWAY_LIVE_AWS_EXECUTION_ROLE"),
        assignPublicIp: true,
        // Above every region's list price, so that the cap counts too much rather than too little.
        usdPerVcpuHour: 0.08,
        usdPerGiBHour: 0.01,
        priceSource: "upper bound of the live test",
      },
    ],
  });
  isConfigured = true;
});

afterAll(async () => {
  if (!isConfigured) return;
  await pause(backend.capabilities.visibilityMs);
  for (const ref of await backend.listLeases(call())) await release(ref);
  expect(await backend.listLeases(call())).toEqual([]);
  await backend.close?.();
});

describe("AWS Batch, live", () => {
  it("runs a command to its end, with exit code, output and charge", async () => {
    const ref = await bind(["sh", "-c", 'echo "$GREETING"; exit 3']);
    const report = await until(ref, ["exited"]);
    expect(report).toMatchObject({ exitCode: 3, charge: { final: true } });
    expect(report.charge?.amount, formatUsd(report.charge?.amount ?? 0n)).toBeLessThan(nanoUsd(0.01, "up"));
    let text = "";
    for await (const chunk of backend.logs?.(ref, call()) ?? []) text += chunk.text;
    expect(text).toContain("hello from spillway");
    await release(ref);
  });

  it("ends a command that runs, and finds the job by its key", async () => {
    const ref = await bind(["sleep", "240"]);
    await until(ref, ["running"]);
    expect(await backend.find([{ key: ref.key, intendedAtMs: host.now() }], call())).toMatchObject([{ kind: "bound", lease: { ref } }]);
    await release(ref);
    expect(await backend.inspect([ref], call())).toMatchObject([{ kind: "status", phase: "ended", reason: "CANCELLED" }]);
  });
});
