import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type BatchClient, type GcpBatchOptions, gcpBatch } from "../../../../src/backends/gcp-batch/index.js";
import type { LeaseRef } from "../../../../src/model/lease.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import type { Backend } from "../../../../src/spec/backend.js";
import type { CallContext } from "../../../../src/spec/call-context.js";
import type { Host } from "../../../../src/spec/host.js";
import type { LogChunk } from "../../../../src/spec/launch.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import {
  type CommandExecution,
  type GcpBatchSimulatorOptions,
  processCommands,
  startGcpBatchSimulator,
} from "../../../../src/testing/gcp-batch/index.js";
import { createVirtualHost, type VirtualHost } from "../../../../src/testing/virtual-host.js";
import { SHAPES, watchedClient } from "../../../conformance/backends/gcp-batch-setup.js";
import { createTraffic, paced, type Traffic } from "../../../conformance/backends/traffic.js";

const closing: (() => Promise<unknown> | undefined)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start<H extends Host>(host: H, options: Partial<GcpBatchSimulatorOptions> = {}, more: Partial<GcpBatchOptions> = {}) {
  const simulator = await startGcpBatchSimulator({ ...options, host });
  const traffic = createTraffic(simulator);
  const client = watchedClient(simulator, traffic);
  const { project, location, loggingEndpoint } = simulator;
  const backend = gcpBatch({ project, location, shapes: SHAPES, client, loggingEndpoint, ...more });
  closing.push(
    () => simulator.close(),
    () => client.close(),
  );
  const call = (): CallContext => testCallContext({ host, deadlineMs: host.now() + 86_400_000 });
  return { host, simulator, backend, client, traffic, call };
}

async function bind(backend: Backend, call: CallContext, argv: readonly string[], key = "testns-r1-a1"): Promise<LeaseRef> {
  const demand = { cpu: 1, memoryMiB: 512, diskMiB: 512, image: true, interruptible: true, maxLifetimeMs: 7_200_000 };
  const [offer] = await backend.listOffers(demand, call);
  if (offer === undefined) throw new Error("There is no offer.");
  const resources = { cpu: 1, memoryMiB: 512, diskMiB: 512 };
  const parts = { env: {}, secrets: {}, inputs: [], outputs: [], nonce: "00", labels: {} };
  const launch = { key, image: "busybox", argv, resources, timeoutMs: 3_600_000, maxLifetimeMs: 7_200_000, ...parts };
  return (await backend.bind({ key, offer, priceCapUsdPerHour: 1, rank: () => [], launch }, call)).ref;
}

async function collect(logs: AsyncIterable<LogChunk> | undefined, into: LogChunk[] = []): Promise<readonly LogChunk[]> {
  for await (const chunk of logs ?? []) into.push(chunk);
  return into;
}

/** Lets time pass whenever nothing is under way, until the work is done. */
async function pass<T>({ host, traffic }: { readonly host: VirtualHost; readonly traffic: Traffic }, work: Promise<T>): Promise<T> {
  const advance = paced(host, traffic);
  let isDone = false;
  const done = (): void => {
    isDone = true;
  };
  work.then(done, done);
  while (!isDone) await advance(1_000);
  return work;
}

test("what goes to stderr is told from the rest, with its time, and other jobs' lines stay away", async () => {
  const under = await start(createVirtualHost());
  const first = await bind(under.backend, under.call(), ["print", "hello\nworld"]);
  const second = await bind(under.backend, under.call(), ["complain", "no disk"], "testns-r2-a1");
  await under.host.advance(60_000);
  const text = async (ref: LeaseRef) => await pass(under, collect(under.backend.logs?.(ref, under.call())));
  expect(await text(first)).toEqual([
    { stream: "stdout", text: "hello\n", atMs: expect.any(Number) },
    { stream: "stdout", text: "world\n", atMs: expect.any(Number) },
  ]);
  expect(await text(second)).toMatchObject([{ stream: "stderr", text: "no disk\n" }]);
});

test("lines that show long after the command has ended are still read, over several pages, each once", async () => {
  const under = await start(createVirtualHost(), { logLagMs: 8_000 });
  const lines = Array.from({ length: 2_500 }, (_, index) => `line ${index}`);
  const ref = await bind(under.backend, under.call(), ["print", lines.join("\n")]);
  const chunks = await pass(under, collect(under.backend.logs?.(ref, under.call())));
  expect(chunks.map(({ text }) => text.trimEnd())).toEqual(lines);
});

test("a command that goes on is followed, and lines of the same moment are not told twice", async () => {
  const host = createVirtualHost();
  const ticking: CommandExecution = {
    run(_command, ended, printed) {
      let ticks = 0;
      const tick = (): void => {
        printed("stdout", `a${ticks}\nb${ticks}`);
        if (++ticks === 5) ended(0);
        else host.setTimer(7_000, tick);
      };
      tick();
      return { stop: async () => undefined };
    },
  };
  const under = await start(host, { commands: ticking });
  const ref = await bind(under.backend, under.call(), ["tick"]);
  const chunks = await pass(under, collect(under.backend.logs?.(ref, under.call())));
  expect(chunks.map(({ text }) => text.trimEnd())).toEqual([0, 1, 2, 3, 4].flatMap((tick) => [`a${tick}`, `b${tick}`]));
});

test("all followers together stay within fifty reads a minute", async () => {
  const under = await start(createVirtualHost());
  const refs = [];
  for (let index = 0; index < 6; index++) refs.push(await bind(under.backend, under.call(), ["sleep", "3600000"], `testns-r${index}-a1`));
  await under.host.advance(60_000);
  const stopping = new AbortController();
  const followed = refs.map((ref) => collect(under.backend.logs?.(ref, { ...under.call(), signal: stopping.signal })).catch(() => []));
  const until = (ms: number) => pass(under, new Promise<void>((resolve) => under.host.setTimer(ms, resolve)));
  await until(60_000);
  const before = under.simulator.logReads;
  await until(120_000);
  expect(under.simulator.logReads - before).toBeLessThanOrEqual(100);
  stopping.abort(new Error("enough"));
  await Promise.all(followed);
});

test("a job that is not there has no logs, and one that was deleted while it was followed ends", async () => {
  const under = await start(createVirtualHost());
  const ref = await bind(under.backend, under.call(), ["sleep", "3600000"]);
  const absent = { ...ref, key: "testns-r9-a1", data: {} };
  expect(await pass(under, collect(under.backend.logs?.(absent, under.call())))).toEqual([]);
  const followed = collect(under.backend.logs?.(ref, under.call()));
  await pass(under, new Promise<void>((resolve) => under.host.setTimer(60_000, resolve)));
  await under.backend.release(ref, { graceMs: 0 }, under.call());
  expect(await pass(under, followed)).toEqual([]);
});

test.each<
  [
    string,
    Partial<GcpBatchSimulatorOptions>,
    (client: BatchClient) => { readonly loggingEndpoint?: string | undefined; readonly client?: BatchClient },
    string,
    RegExp,
  ]
>([
  ["a missing role", { deniedPermissions: ["logging.logEntries.list"] }, () => ({}), "BACKEND_AUTH_FAILED", /roles\/logging\.viewer/],
  [
    "a client without credentials to share",
    {},
    ({ auth: _, ...client }) => ({ client: client as BatchClient }),
    "INVALID_CONFIG",
    /`client`: it has no `auth`/,
  ],
  ["an address of Batch alone", {}, () => ({ loggingEndpoint: undefined }), "INVALID_CONFIG", /set `loggingEndpoint` too/],
])("%s is a coded error", async (_what, options, more, code, message) => {
  const under = await start(createVirtualHost(), options);
  const ref = await bind(under.backend, under.call(), ["print", "x"]);
  await under.host.advance(60_000);
  const { project, location, loggingEndpoint } = under.simulator;
  const { loggingEndpoint: address = undefined, ...others } = { loggingEndpoint, ...more(under.client) };
  const given = address === undefined ? { clientOptions: { apiEndpoint: "127.0.0.1" } } : { loggingEndpoint: address };
  const backend = gcpBatch({ project, location, shapes: SHAPES, client: under.client, ...given, ...others });
  await expect(pass(under, collect(backend.logs?.(ref, under.call())))).rejects.toMatchObject({
    code,
    effect: "none",
    message: expect.stringMatching(message),
  });
});

test("understands structured entries, and pages that are empty but not the last", async () => {
  const under = await start(createVirtualHost());
  const ref = await bind(under.backend, under.call(), ["exit", "0"]);
  await under.host.advance(60_000);
  const timestamp = "2026-01-01T00:00:40.123456789Z";
  const pages: readonly object[] = [
    { nextPageToken: "second" },
    { entries: [{ insertId: "a", timestamp, severity: "INFO", jsonPayload: { message: "structured" } }], nextPageToken: "third" },
    { entries: [{ insertId: "b", timestamp, severity: "DEFAULT", jsonPayload: { step: 3 } }] },
  ];
  const asked: {
    readonly filter: string;
    readonly orderBy: string;
    readonly resourceNames: readonly string[];
    readonly pageToken?: string;
  }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += String(part);
    asked.push(JSON.parse(body));
    const page = ["second", "third"].indexOf(asked.at(-1)?.pageToken ?? "") + 1;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(pages[page]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { project, location } = under.simulator;
  const loggingEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const backend = gcpBatch({ project, location, shapes: SHAPES, client: under.client, loggingEndpoint });
  const chunks = await pass(under, collect(backend.logs?.(ref, under.call())));
  expect(chunks.map(({ text }) => text)).toEqual(["structured\n", '{"step":3}\n']);
  expect(asked[0]).toMatchObject({
    resourceNames: [`projects/${project}`],
    orderBy: "timestamp asc",
    filter: expect.stringMatching(/^logName="projects\/test-project\/logs\/batch_task_logs" AND labels\.job_uid="[\w-]+"$/),
  });
  expect(asked.at(-1)?.filter).toMatch(/ AND timestamp>="2026-01-01T00:00:30\.123Z"$/);
});

test("what real commands print arrives", async () => {
  const host = systemHost();
  const times = { queueMs: 1, bootMs: 1, pullMs: 1, teardownMs: 1, deleteMs: 1, logLagMs: 1 };
  const under = await start(host, { ...times, commands: processCommands(host) });
  const ref = await bind(under.backend, under.call(), ["sh", "-c", "echo out; echo err >&2"]);
  const found = new Set<string>();
  for await (const { stream, text } of under.backend.logs?.(ref, under.call()) ?? []) {
    found.add(`${stream}: ${text.trimEnd()}`);
    if (found.size === 2) break;
  }
  expect(found).toEqual(new Set(["stdout: out", "stderr: err"]));
});
