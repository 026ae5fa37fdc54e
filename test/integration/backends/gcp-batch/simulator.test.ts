import { readFileSync } from "node:fs";
import { BatchServiceClient } from "@google-cloud/batch";
import type { ClientOptions } from "google-gax";
import { afterEach, expect, test } from "vitest";
import { type GcpBatchOptions, gcpBatch } from "../../../../src/backends/gcp-batch/index.js";
import type { LeaseReport } from "../../../../src/model/lease.js";
import { Secret } from "../../../../src/model/secret.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import type { Backend } from "../../../../src/spec/backend.js";
import type { Host } from "../../../../src/spec/host.js";
import type { Launch, Placement } from "../../../../src/spec/launch.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import { type GcpBatchSimulatorOptions, processCommands, startGcpBatchSimulator } from "../../../../src/testing/gcp-batch/index.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";
import { eventually } from "../../../support/eventually.js";

const SHAPES: GcpBatchOptions["shapes"] = [
  { machineType: "n4-standard-2", provisioning: "spot", cpu: 2, memory: "8GiB", usdPerHour: 0.04 },
];
const JOB = "spillway-testns-r1-a1-job";

const closing: (() => Promise<void> | undefined)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The backend with a client of its own making, as users have it. */
async function start<H extends Host>(host: H, options: Partial<GcpBatchSimulatorOptions> = {}, more: Partial<GcpBatchOptions> = {}) {
  const simulator = await startGcpBatchSimulator({ ...options, host });
  const backend = gcpBatch({
    project: simulator.project,
    location: simulator.location,
    shapes: SHAPES,
    clientOptions: simulator.clientOptions,
    ...more,
  });
  closing.push(
    () => simulator.close(),
    () => backend.close?.(),
  );
  return { host, simulator, backend, call: () => testCallContext({ host }) };
}

async function placementFor(backend: Backend, host: Host, launch: Partial<Launch> = {}, key = "testns-r1-a1"): Promise<Placement> {
  const demand = { cpu: 1, memoryMiB: 512, diskMiB: 512, image: true, interruptible: true, maxLifetimeMs: 7_200_000 };
  const [offer] = await backend.listOffers(demand, testCallContext({ host }));
  if (offer === undefined) throw new Error("There is no offer.");
  return {
    key,
    offer,
    priceCapUsdPerHour: 1,
    rank: () => [],
    launch: {
      key,
      image: "busybox",
      argv: ["sleep", "86400000"],
      env: {},
      secrets: {},
      resources: { cpu: 1, memoryMiB: 512, diskMiB: 512 },
      inputs: [],
      outputs: [],
      timeoutMs: 3_600_000,
      maxLifetimeMs: 7_200_000,
      nonce: "00",
      labels: {},
      ...launch,
    },
  };
}

async function bound(under: { backend: Backend; host: Host }, launch: Partial<Launch> = {}) {
  const call = testCallContext({ host: under.host });
  const { ref } = await under.backend.bind(await placementFor(under.backend, under.host, launch), call);
  return async (): Promise<LeaseReport | undefined> => (await under.backend.inspect([ref], testCallContext({ host: under.host })))[0];
}

const isIn = (phase: string, report: LeaseReport | undefined): boolean => report?.kind === "status" && report.phase === phase;

const fails = (code: string, message: string | RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message) });

test("a job without stock stays pending and says why, and runs once there are machines", async () => {
  const under = await start(createVirtualHost());
  under.simulator.exhaust("n4-standard-2");
  const report = await bound(under);
  await under.host.advance(6 * 3_600_000);
  expect(await report()).toMatchObject({ kind: "status", phase: "pending", message: expect.stringContaining("no machine of this type") });
  expect([...under.simulator.ledger().values()]).toEqual([0n]);
  under.simulator.replenish("n4-standard-2");
  await under.host.advance(60_000);
  expect(await report()).toMatchObject({ phase: "running" });
});

test("a job that waits for two days fails for want of a machine", async () => {
  const under = await start(createVirtualHost());
  under.simulator.exhaust("n4-standard-2", "Job waits: CODE_GCE_QUOTA_EXCEEDED, limit CPUS.");
  const report = await bound(under);
  await under.host.advance(2 * 24 * 3_600_000 + 1);
  expect(await report()).toMatchObject({ phase: "ended", reason: "QUOTA_EXCEEDED" });
});

test("a machine type that does not exist is a refusal, though no task was ever made", async () => {
  const under = await start(createVirtualHost(), { machineTypes: ["e2-medium"] });
  const report = await bound(under);
  await under.host.advance(10_000);
  expect(await report()).toMatchObject({ phase: "ended", reason: "BACKEND_REJECTED", message: expect.stringContaining("machine type") });
  expect(under.simulator.openCount()).toBe(0);
});

test.each([
  [50_001, "PREEMPTED"],
  [50_002, "LEASE_LOST"],
])("exit code %i of a running spot job is %s", async (exitCode, reason) => {
  const under = await start(createVirtualHost());
  const report = await bound(under);
  await under.host.advance(60_000);
  expect(await report()).toMatchObject({ phase: "running" });
  under.simulator.reclaim(JOB, exitCode);
  await under.host.advance(60_000);
  expect(await report()).toMatchObject({
    phase: "ended",
    reason,
    node: { backend: "gcp-batch", node: expect.stringContaining("us-central1-a/") },
  });
  expect(under.simulator.openCount()).toBe(0);
});

test("a state that nobody knows yet is an unknown report, and passes", async () => {
  const under = await start(createVirtualHost());
  const report = await bound(under);
  await under.host.advance(60_000);
  under.simulator.disguise(JOB, 77);
  expect(await report()).toMatchObject({ kind: "unknown", error: { code: "BACKEND_RESPONSE_INVALID" } });
  under.simulator.disguise(JOB, undefined);
  expect(await report()).toMatchObject({ kind: "status", phase: "running" });
});

test("a job that cannot be read yet is neither bound twice nor released in name only", async () => {
  const under = await start(createVirtualHost(), { visibilityMs: 20_000, requestIdMs: 0 });
  const placement = await placementFor(under.backend, under.host);
  const first = await under.backend.bind(placement, under.call());
  expect(await under.backend.bind(placement, under.call())).toEqual(first);
  expect(await under.backend.release(first.ref, { graceMs: 0 }, under.call())).toBe("pending");
  await under.host.advance(30_000);
  expect(await under.backend.release(first.ref, { graceMs: 0 }, under.call())).toBe("released");
  expect(under.simulator.allJobs().size).toBe(1);
  expect(under.simulator.jobs().size).toBe(0);
});

test("somebody else's job of the same name is neither adopted, listed nor deleted", async () => {
  const under = await start(createVirtualHost(), { requestIdMs: 0 });
  const placement = await placementFor(under.backend, under.host);
  const { ref } = await gcpBatch({
    id: "other",
    project: under.simulator.project,
    location: under.simulator.location,
    shapes: SHAPES,
    clientOptions: under.simulator.clientOptions,
  }).bind(placement, under.call());
  await expect(under.backend.bind(placement, under.call())).rejects.toEqual(fails("BACKEND_REJECTED", /another owner/));
  expect(await under.backend.listLeases(under.call())).toEqual([]);
  expect(await under.backend.release(ref, { graceMs: 0 }, under.call())).toBe("released");
  expect(under.simulator.jobs().size).toBe(1);
});

test("a sweep over many leases reads pages and not each job", async () => {
  const under = await start(createVirtualHost(), { pageSize: 10 });
  const refs = await Promise.all(
    Array.from({ length: 35 }, async (_, index) => {
      const key = `testns-r${index}-a1`;
      return (await under.backend.bind(await placementFor(under.backend, under.host, { key }, key), under.call())).ref;
    }),
  );
  await under.host.advance(60_000);
  const reports = await under.backend.inspect(refs, under.call());
  expect(reports.map((report) => report.kind === "status" && report.phase)).toEqual(refs.map(() => "running"));
  expect(under.simulator.calls).toMatchObject({ listJobs: 4, getJob: 0, getTask: 0 });
});

test.each<[string, Partial<GcpBatchSimulatorOptions>, Partial<GcpBatchOptions>, Partial<Launch>, string, RegExp]>([
  ["another project", {}, { project: "other-project" }, {}, "BACKEND_AUTH_FAILED", /check `project`/],
  ["another region", {}, { location: "europe-west4" }, {}, "BACKEND_REJECTED", /check `project` and `location`/],
  ["a missing role", { deniedPermissions: ["batch.jobs.create"] }, {}, {}, "BACKEND_AUTH_FAILED", /roles\/batch\.jobsEditor/],
  [
    "a service account that may not be used",
    { deniedPermissions: ["iam.serviceAccounts.actAs"] },
    {},
    {},
    "BACKEND_AUTH_FAILED",
    /serviceAccountUser/,
  ],
  [
    "zones of another region",
    {},
    { shapes: SHAPES.map((shape) => ({ ...shape, zones: ["europe-west4-a"] })) },
    {},
    "BACKEND_REJECTED",
    /not in the job's region/,
  ],
  ["a variable with a bad name", {}, {}, { env: { "A-B": "1" } }, "BACKEND_REJECTED", /environment variable/],
  ["an oversized environment", {}, {}, { env: { A: "x".repeat(1_100_000) } }, "BACKEND_REJECTED", /1000000/],
])("%s is a coded error that says what to change, and leaves no job", async (_what, options, more, launch, code, message) => {
  const under = await start(createVirtualHost(), options, more);
  const placement = await placementFor(under.backend, under.host, launch);
  const error = await under.backend.bind(placement, under.call()).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code, effect: "none", message: expect.stringMatching(message) });
  expect(under.simulator.allJobs().size).toBe(0);
});

test("DEADLINE_EXCEEDED after the job was made is an unknown effect, and the job is found", async () => {
  const under = await start(createVirtualHost());
  const placement = await placementFor(under.backend, under.host);
  under.simulator.inject({ operation: "createJob", fault: { kind: "status", code: 4, effect: true } });
  await expect(under.backend.bind(placement, under.call())).rejects.toMatchObject({ code: "BACKEND_TIMEOUT", effect: "unknown" });
  const intent = { key: placement.key, intendedAtMs: under.host.now() };
  expect(await under.backend.find([intent], under.call())).toMatchObject([{ kind: "bound" }]);
  expect(under.simulator.calls.createJob).toBe(1);
});

test("what the service quotes of a refused job gives no secret away", async () => {
  const under = await start(createVirtualHost());
  const placement = await placementFor(under.backend, under.host, { secrets: { TOKEN: new Secret("very-secret-value") } });
  under.simulator.inject({
    operation: "createJob",
    fault: { kind: "status", code: 3, message: "bad value very-secret-value in field x", effect: false },
  });
  const error = await under.backend.bind(placement, under.call()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "BACKEND_REJECTED", message: expect.stringContaining("bad value [secret] in field x") });
});

test("the simulator speaks in the shapes that were recorded", async () => {
  const under = await start(createVirtualHost());
  const report = await bound(under, { argv: ["exit", "3"] });
  await under.host.advance(60_000);
  expect(await report()).toMatchObject({ phase: "exited", exitCode: 3 });
  const client = new BatchServiceClient(under.simulator.clientOptions as ClientOptions);
  closing.push(() => client.close());
  const name = `projects/${under.simulator.project}/locations/${under.simulator.location}/jobs/${JOB}`;
  const [[job], [task]] = await Promise.all([client.getJob({ name }), client.getTask({ name: `${name}/taskGroups/group0/tasks/0` })]);
  const recorded = (file: string) =>
    JSON.parse(readFileSync(new URL(`../../../fixtures/gcp-batch/${file}.json`, import.meta.url), "utf8")).status;
  const known = new Set(["job-failed", "job-succeeded-after-old-event", "task-failed"].flatMap((file) => paths(recorded(file))));
  expect(paths(job.status).filter((path) => !known.has(path))).toEqual([]);
  expect(paths(task.status).filter((path) => !known.has(path))).toEqual([]);
  expect(paths(recorded("task-failed")).filter((path) => !paths(task.status).includes(path))).toEqual([]);
});

/** Which fields a message holds; times and durations count as one, absent ones not at all, and maps by their members' fields. */
function paths(value: unknown, at = ""): readonly string[] {
  if (value === null || value === undefined || value === "") return [];
  if (Array.isArray(value)) return [...new Set(value.flatMap((member) => paths(member, `${at}[]`)))];
  if (typeof value !== "object" || "seconds" in value) return [at];
  const isMap = at.endsWith(".counts") || at.endsWith(".taskGroups");
  return [...new Set(Object.entries(value).flatMap(([name, member]) => paths(member, isMap ? `${at}.*` : `${at}.${name}`)))];
}

test("commands really run where a test asks for it: exit code, environment and reclaim", async () => {
  const host = systemHost();
  const under = await start(host, { commands: processCommands(host), queueMs: 1, bootMs: 1, pullMs: 1, teardownMs: 1, deleteMs: 1 });
  const script = 'test "$WORD" = "two  words" && test "$1" = "a b" && exit 7';
  const report = await bound(under, { argv: ["sh", "-c", script, "sh", "a b"], env: { WORD: "two  words" } });
  await eventually(async () => isIn("exited", await report()));
  expect(await report()).toMatchObject({ exitCode: 7 });

  const key = "testns-r2-a1";
  const { ref } = await under.backend.bind(await placementFor(under.backend, host, { key, argv: ["sleep", "600"] }, key), under.call());
  const second = async () => (await under.backend.inspect([ref], under.call()))[0];
  await eventually(async () => isIn("running", await second()));
  under.simulator.reclaim("spillway-testns-r2-a1-job");
  await eventually(async () => isIn("ended", await second()));
  expect(await second()).toMatchObject({ reason: "PREEMPTED" });
});
