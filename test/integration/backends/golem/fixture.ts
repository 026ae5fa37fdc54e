import type { TestContext } from "vitest";
import { type GolemOptions, golem } from "../../../../src/backends/golem/index.js";
import type { Backend, Demand, Launch, LeaseRef, LeaseReport, OutputPlan, Placement } from "../../../../src/kit/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import type { CallContext } from "../../../../src/spec/call-context.js";
import type { Host } from "../../../../src/spec/host.js";
import type { Bid } from "../../../../src/spec/launch.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import {
  processGolemRuntime,
  type SimulatedYagnaOptions,
  startSimulatedYagna,
  virtualGolemRuntime,
} from "../../../../src/testing/golem/index.js";
import { eventually } from "../../../support/eventually.js";

export const HOUR_MS = 3_600_000;
export const HASH = "ab".repeat(28);
export const IMAGE = `gvmi:http://images.example/work.gvmi#sha3:${HASH}`;
export const USD_PER_GLM = 0.25;
/** More than anything takes on a machine that has other things to do. */
export const PATIENCE_MS = 60_000;

export const DEMAND: Demand = {
  cpu: 2,
  memoryMiB: 2_048,
  diskMiB: 2_048,
  image: true,
  interruptible: true,
  maxLifetimeMs: HOUR_MS,
};

/** Options that let nothing be waited for longer than a test likes. */
export const QUICK: Omit<GolemOptions, "glmUsd"> = {
  network: "hoodi",
  machines: [{ name: "small", glmPerHour: 0.2, cpu: 4, memory: "8GiB", disk: "20GiB" }],
  volumes: ["/golem/work", "/in", "/out"],
  firstBidMs: 30_000,
  bidWindowMs: 100,
  gasUsd: 0,
};

/** The backend with the real SDK in its thread, on a simulated daemon whose steps take milliseconds. */
export async function onSimulatedYagna(
  { onTestFinished }: Pick<TestContext, "onTestFinished">,
  habits: Partial<SimulatedYagnaOptions> = {},
  options: Partial<GolemOptions> = {},
) {
  const host = systemHost();
  const yagna = await startSimulatedYagna({
    host,
    images: [{ hash: HASH, volumes: ["/golem/work", "/in", "/out"] }],
    runtime: processGolemRuntime(host),
    ...habits,
  });
  const make = (more: Partial<GolemOptions> = {}) =>
    golem({ appKey: yagna.appKey, url: yagna.url, glmUsd: USD_PER_GLM, ...QUICK, ...options, ...more });
  const backend = make();
  const others: Backend[] = [];
  onTestFinished(async () => {
    for (const instance of [backend, ...others]) await instance.close?.();
    await yagna.close();
  });
  /** As another process would make it. */
  const another = (more: Partial<GolemOptions> = {}): Backend => {
    const instance = make(more);
    others.push(instance);
    return instance;
  };
  const call = (parts: Partial<CallContext> = {}) => testCallContext({ host, ...parts });
  const placement = (launch: Partial<Launch> = {}, more: Partial<Placement> = {}): Placement => {
    const key = launch.key ?? `testns-${host.newId()}`;
    const cap = more.priceCapUsdPerHour ?? 1;
    return {
      key,
      offer: {
        id: "small",
        backend: backend.id,
        binding: "indicative",
        resources: { cpu: 4, memoryMiB: 8_192, diskMiB: 20_480 },
        price: { usdPerHour: 0.05 },
        interruptible: true,
        trust: { operator: "permissionless", certifications: [], agreements: [], tee: [] },
        place: { proof: "claimed" },
        expiresAtMs: host.now() + 60_000,
      },
      priceCapUsdPerHour: cap,
      rank: (bids) => cheapest(bids, cap),
      launch: {
        key,
        image: IMAGE,
        argv: ["true"],
        env: {},
        secrets: {},
        resources: { cpu: 2, memoryMiB: 2_048, diskMiB: 2_048 },
        inputs: [],
        outputs: [],
        timeoutMs: HOUR_MS,
        maxLifetimeMs: HOUR_MS,
        nonce: "0123",
        labels: {},
        ...launch,
      },
      ...more,
    };
  };
  const bind = (launch: Partial<Launch> = {}, more: Partial<Placement> = {}) => backend.bind(placement(launch, more), call());
  const report = async (ref: LeaseRef, from = backend): Promise<LeaseReport> => {
    const [one] = await from.inspect([ref], call());
    if (one === undefined) throw new Error("There is no report.");
    return one;
  };
  /** Waits for a phase. The limit only bounds how long a failing test takes. */
  const until = async (ref: LeaseRef, ...phases: readonly string[]): Promise<Extract<LeaseReport, { readonly kind: "status" }>> => {
    let last: LeaseReport | undefined;
    await eventually(
      async () => {
        last = await report(ref);
        return last.kind === "status" && phases.includes(last.phase);
      },
      `the phase ${phases.join(" or ")}`,
      PATIENCE_MS,
    );
    if (last?.kind !== "status") throw new Error("There is no status.");
    return last;
  };
  const released = (ref: LeaseRef, from = backend) =>
    eventually(async () => (await from.release(ref, { graceMs: 0 }, call())) === "released", "the release", PATIENCE_MS);
  return { host, yagna, backend, another, call, placement, bind, report, until, released };
}

export const cheapest = (bids: readonly Bid[], cap: number) =>
  bids
    .filter(({ price }) => price.usdPerHour <= cap)
    .sort((a, b) => a.price.usdPerHour - b.price.usdPerHour)
    .map(({ id, price }) => ({ offerId: id, totalUsd: price.usdPerHour, price }));

/** A plan whose `put` keeps the bytes as text, by path and member. */
export function keepingPlan(
  paths: readonly (string | { readonly path: string; readonly optional: boolean })[],
  files: Map<string, string>,
): OutputPlan {
  return {
    outputs: paths.map((path) => (typeof path === "string" ? { path, optional: false } : path)),
    put: async (path, member, body) => {
      const { readFile } = await import("node:fs/promises");
      const bytes = "bytes" in body ? body.bytes : "file" in body ? await readFile(body.file) : new Uint8Array();
      files.set(member === "" ? path : `${path}/${member}`, new TextDecoder().decode(bytes));
      return { uri: `kept:${path}/${member}`, sha256: systemHost().sha256(bytes), size: bytes.length };
    },
  };
}

/** A runtime on which nothing runs: `/exit CODE` ends at once, `/sleep MS` after so long. */
export const playedRuntime = (host: Pick<Host, "setTimer">) =>
  virtualGolemRuntime(host, {
    play: ([program, argument = "0"]) => {
      if (program === "/exit") return { exitCode: Number(argument) };
      return program === "/sleep" ? { afterMs: Number(argument) } : undefined;
    },
  });

export const LONG: readonly string[] = ["/sleep", "3600000"];
