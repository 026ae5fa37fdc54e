import { expect, onTestFinished, test, vi } from "vitest";
import { policies, type Run, Scheduler } from "../../../../src/index.js";
import type { ArtifactStore } from "../../../../src/spec/artifact-store.js";
import type { Host } from "../../../../src/spec/host.js";
import { memoryStore } from "../../../../src/stores/memory/index.js";
import { memoryArtifacts } from "../../../../src/testing/index.js";
import type { ContainerRuntime } from "../../../../src/testing/io-net/containers.js";
import type { IoNetSimulatorOptions } from "../../../../src/testing/io-net/index.js";
import { createIoNet } from "../../../conformance/backends/io-net-setup.js";

// Hours of virtual time, with a socket in between.
vi.setConfig({ testTimeout: 120_000 });

const MINUTE = 60_000;
const FETCH_MS = 2_000;
const BUCKET = "http://objects.invalid/";

/** Objects in memory, with URLs such as an object store would hand out. */
function bucket() {
  const memory = memoryArtifacts();
  const urlOf = (uri: string): string => `${BUCKET}${encodeURIComponent(uri)}`;
  const { local: _, grantWrite: __, ...rest } = memory;
  const store: ArtifactStore = { ...rest, readUrl: async (uri) => urlOf(uri), writeUrl: async (uri) => urlOf(uri) };
  return { store, memory, uriOf: (url: string): string => decodeURIComponent(url.slice(BUCKET.length)) };
}

/** Plays the runner on virtual time: its command only takes as long as its last argument says, then outputs and manifest are stored. */
function playedRunner(host: () => Host, { memory, uriOf }: ReturnType<typeof bucket>): ContainerRuntime {
  return {
    start({ argv, env }, watcher) {
      const lines = (env["SPILLWAY_JOB"] ?? "").split("\n").map((line) => line.split(" "));
      const find = (kind: string): readonly string[] => lines.find(([word]) => word === kind) ?? [];
      const [, key, nonce] = find("attempt");
      if (key !== env["SPILLWAY_ATTEMPT"]) throw new Error("The job text is of another attempt.");
      const begunAtMs = host().now();
      const put = (url: string, text: string) => memory.put(uriOf(url), { bytes: new TextEncoder().encode(text) }, { host: host() });
      const end = async (): Promise<void> => {
        const [, , , url = "", path] = find("out");
        const { sha256, size } = await put(url, `result of ${argv.slice(4).join(" ")} with ${Object.keys(env).sort().join(" ")}`);
        const outputs = [{ path, member: "", sha256, size }];
        const times = { startedAtMs: begunAtMs, endedAtMs: host().now() };
        await put(find("manifest")[1] ?? "", JSON.stringify({ version: 1, nonce, exitCode: 0, ...times, outputs }));
        watcher.commandEnded();
      };
      const timer = host().setTimer(FETCH_MS + Number(argv.at(-1)), () => void end());
      return { stop: async () => timer.cancel() };
    },
  };
}

async function world(habits: Partial<IoNetSimulatorOptions> = {}, options: { readonly reuse?: boolean } = {}) {
  const objects = bucket();
  let host: Host | undefined;
  const hostOf = (): Host => host as Host;
  const on = await createIoNet({ containers: playedRunner(hostOf, objects), ...habits }, options);
  host = on.host;
  const scheduler = new Scheduler({
    backends: [on.backend],
    store: memoryStore(),
    allowVolatile: true,
    budget: "$100",
    artifacts: [objects.store],
    secrets: () => "a token",
    host,
    policy: { ...policies.cheapest(), selection: { kind: "quantile", quantile: 0.5 } },
  });
  onTestFinished(() => on.simulator.close());
  /** Lets time pass until the promise settles. */
  const wait = async <T>(promise: Promise<T>): Promise<T> => {
    let open = true;
    const settled = promise.finally(() => {
      open = false;
    });
    settled.catch(() => undefined);
    for (let steps = 0; open && steps < 5_000; steps += 1) await on.advance?.(4_000);
    return settled;
  };
  return { ...on, ...objects, scheduler, wait };
}

const job = (name: string, minutes: number, more: object = {}) => ({
  name,
  image: "registry.example/work:1",
  command: ["work", name, String(minutes * MINUTE)],
  outputs: { "/out": `mem://results/${name}` },
  data: { sensitivity: "public" as const },
  expectedDuration: `${minutes}m`,
  timeout: `${minutes + 1}m`,
  ...more,
});

/** Runs jobs one after another and answers how many hours were paid for, and on how many deployments. */
async function inARow(count: number, minutes: number, options: { readonly reuse?: boolean } = {}) {
  const on = await world({}, options);
  const { scheduler, wait, simulator } = on;
  for (let index = 0; index < count; index += 1) {
    const run: Run = await wait(scheduler.schedule(job(`job-${index}`, minutes)));
    await wait(run.result());
  }
  await wait(scheduler.close());
  const deployments = simulator.deployments();
  const usdPerHour = Number(deployments[0]?.charged ?? 0n) / (deployments[0]?.hours ?? 1);
  const charged = deployments.reduce((sum, { charged }) => sum + charged, 0n);
  expect(simulator.openCount()).toBe(0);
  return { ...on, deployments, paidHours: Math.round(Number(charged) / usdPerHour) };
}

test("ten five-minute jobs cost one hour", async () => {
  const { deployments, paidHours, memory } = await inARow(10, 5);
  expect(deployments.map(({ starts }) => starts)).toEqual([10]);
  expect(paidHours).toBe(1);
  expect([...memory.objects.keys()].filter((uri) => uri.startsWith("mem://results/"))).toHaveLength(10);
});

test("ten six-minute jobs, which are an hour of work without what is around it, cost two", async () => {
  expect((await inARow(10, 6)).paidHours).toBe(2);
});

test("without reuse each costs an hour of its own", async () => {
  expect((await inARow(4, 6, { reuse: false })).paidHours).toBe(4);
});

test("what is charged is on the receipts, once", async () => {
  const { scheduler, wait, simulator } = await world();
  const runs: Run[] = [];
  for (const name of ["one", "two", "three"]) {
    const run = await wait(scheduler.schedule(job(name, 6)));
    await wait(run.settled());
    runs.push(run);
  }
  const receipts = await Promise.all(runs.map((run) => run.receipt()));
  await wait(scheduler.close());
  const [paid] = simulator.deployments().map(({ charged }) => charged);
  expect(receipts.map(({ charged }) => charged)).toEqual([paid, 0n, 0n]);
});

test("the next launch finds nothing of the former one's variables and secrets", async () => {
  const { scheduler, wait, memory, simulator } = await world();
  const secret = { env: { FORMER: "1" }, secrets: { FORMER_TOKEN: "env:FORMER" }, secretsTo: "any" };
  await wait((await wait(scheduler.schedule(job("one", 6, secret)))).result());
  await wait((await wait(scheduler.schedule(job("two", 6)))).result());
  expect(simulator.deployments()).toMatchObject([{ starts: 2 }]);
  const text = (uri: string) => new TextDecoder().decode(memory.objects.get(uri));
  expect(text("mem://results/one")).toMatch(/FORMER FORMER_TOKEN/);
  expect(text("mem://results/two")).not.toContain("FORMER");
  await wait(scheduler.close());
});

for (const [what, fault] of [
  ["is refused", { kind: "status", status: 409, body: { detail: "A deployment in this state cannot be updated" }, effect: false }],
  ["gets no answer", { kind: "silence", effect: true }],
] as const) {
  test(`when the change of a deployment ${what}, it is destroyed and the job runs on another one`, async () => {
    const { scheduler, wait, simulator } = await world();
    await wait((await wait(scheduler.schedule(job("one", 6)))).result());
    simulator.inject({ operation: "update", fault, times: 1 });
    await wait((await wait(scheduler.schedule(job("two", 6)))).result());
    await wait(scheduler.close());
    expect(simulator.deployments().map(({ open }) => open)).toEqual([false, false]);
  });
}

test("when the account is short, what stands idle is given back", async () => {
  const { scheduler, wait, simulator } = await world({ creditsUsd: 0.6 });
  await wait((await wait(scheduler.schedule(job("one", 6)))).result());
  expect(simulator.openCount()).toBe(1);
  const [paid] = simulator.deployments().map(({ charged }) => charged);
  expect(paid).toBeGreaterThan(300_000_000n);
  const other = await wait(scheduler.schedule(job("two", 6, { image: "registry.example/other:1", startWithin: "2m" })));
  await wait(other.result().catch(() => undefined));
  expect(simulator.openCount()).toBe(0);
  await wait(scheduler.close());
});
