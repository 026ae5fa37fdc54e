import { BatchServiceClient } from "@google-cloud/batch";
import type { ClientOptions } from "google-gax";
import { type BatchClient, type GcpBatchOptions, gcpBatch } from "../../../src/backends/gcp-batch/index.js";
import {
  type BackendConformanceSetup,
  type BackendUnderTest,
  FAULTS,
  type Fault,
  type FaultControl,
  type FaultyVerb,
} from "../../../src/conformance/backend/index.js";
import {
  type GcpBatchFault,
  type GcpBatchMethod,
  type GcpBatchSimulator,
  startGcpBatchSimulator,
} from "../../../src/testing/gcp-batch/index.js";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";

const NAMESPACE = { id: "testns", secret: "5e".repeat(32) };
const SLOW_MS = 60_000;

/** What the suite's cases are placed on. */
export const SHAPES: GcpBatchOptions["shapes"] = [
  { machineType: "n4-standard-2", provisioning: "spot", cpu: 2, memory: "8GiB", usdPerHour: 0.0363, bootDiskType: "hyperdisk-balanced" },
  { machineType: "n4-standard-4", provisioning: "standard", cpu: 4, memory: "16GiB", disk: "50GiB", usdPerHour: 0.1814 },
];

/** The real client of the SDK with a count of its open requests, so that a test knows when the socket is at rest. */
export function countingClient(simulator: Pick<GcpBatchSimulator, "clientOptions">): {
  readonly client: BatchClient;
  readonly open: () => number;
} {
  const real = new BatchServiceClient(simulator.clientOptions as ClientOptions);
  let open = 0;
  const counted = async <T>(work: () => Promise<T>): Promise<T> => {
    open += 1;
    try {
      return await work();
    } finally {
      open -= 1;
    }
  };
  const client: BatchClient = {
    initialize: () => counted(() => real.initialize()),
    createJob: (...request) => counted(() => real.createJob(...request)),
    getJob: (...request) => counted(() => real.getJob(...request)),
    getTask: (...request) => counted(() => real.getTask(...request)),
    listJobs: (...request) => counted(() => real.listJobs(...request)),
    deleteJob: (...request) => counted(() => real.deleteJob(...request)),
    auth: { request: (request) => counted(() => real.auth.request(request)) },
    close: () => real.close(),
  };
  return { client, open: () => open };
}

/** The requests in which a verb's fault strikes: the one with the effect, or all. */
const METHODS: Readonly<Partial<Record<FaultyVerb, readonly GcpBatchMethod[]>>> = {
  bind: ["createJob"],
  find: ["getJob"],
  inspect: ["getJob", "listJobs"],
  release: ["deleteJob"],
  listLeases: ["listJobs"],
};

const FAULT: Readonly<Record<Fault, GcpBatchFault>> = {
  "request-lost": { kind: "silence", effect: false },
  "answer-lost": { kind: "silence", effect: true },
  "server-error": { kind: "status", code: 14, effect: false },
  "server-error-after-effect": { kind: "status", code: 14, effect: true },
  "rate-limited": {
    kind: "status",
    code: 8,
    message: "Quota exceeded for quota metric 'Mutations' and limit 'Mutations per minute'",
    effect: false,
  },
  malformed: { kind: "garbage" },
  unauthorized: { kind: "status", code: 16, message: "Request had invalid authentication credentials.", effect: false },
  slow: { kind: "slow", ms: SLOW_MS },
};

function faultControl(simulator: GcpBatchSimulator): FaultControl {
  return {
    supported: FAULTS,
    inject: (fault, verb, times = 1) => {
      simulator.clearFaults();
      for (const method of verb === undefined ? [undefined] : (METHODS[verb] ?? [])) {
        simulator.inject({ fault: FAULT[fault], times, ...(method === undefined ? {} : { method }) });
      }
    },
    clear: () => simulator.clearFaults(),
  };
}

/** The backend with the real SDK, a simulator on a real socket, and everything else on virtual time. */
async function create(): Promise<BackendUnderTest> {
  const host = createVirtualHost();
  const simulator = await startGcpBatchSimulator({
    host,
    usdPerHour: { "n4-standard-2": 0.0363, "n4-standard-4": 0.1814 },
    // Small pages, and request ids that are forgotten at once: what is idempotent has to be so by name.
    pageSize: 2,
    requestIdMs: 0,
  });
  const clients: ReturnType<typeof countingClient>[] = [];
  const instance = () => {
    const counting = countingClient(simulator);
    clients.push(counting);
    return gcpBatch({
      project: simulator.project,
      location: simulator.location,
      shapes: SHAPES,
      pricedOn: "2026-11-22",
      client: counting.client,
      loggingEndpoint: simulator.loggingEndpoint,
    });
  };
  const backend = instance();

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const underWay = (): number => clients.reduce((sum, { open }) => sum + open(), 0);
  const atRest = async (): Promise<void> => {
    for (let calm = 0; calm < 4; calm = underWay() > simulator.heldBack ? 0 : calm + 1) await turn();
  };
  let passing: Promise<void> = Promise.resolve();
  const keyOf = (jobId: string): string => jobId.replace(/^spillway-/, "").replace(/-job$/, "");

  return {
    backend,
    host,
    namespace: NAMESPACE,
    advance: (ms) => {
      // One after another: a case that makes a call while it waits for another drives time from both.
      const passed = passing.then(async () => {
        await atRest();
        await host.advance(ms);
        await atRest();
      });
      passing = passed;
      return passed;
    },
    faults: faultControl(simulator),
    another: async () => instance(),
    ledger: () => new Map([...simulator.ledger()].map(([id, cost]) => [keyOf(id), cost])),
    // A job that has ended is still there until it is released, though it costs nothing.
    openCount: () => simulator.jobs().size,
    received: async (key) =>
      [...simulator.allJobs().values()]
        .filter(({ id }) => keyOf(id) === key)
        .map(({ command }) => ({ args: command.argv.slice(2), env: command.env })),
    close: async () => {
      await simulator.close();
      for (const { client } of clients) await client.close();
    },
  };
}

export const gcpBatchSetup: BackendConformanceSetup = {
  kind: "gcp-batch",
  capabilities: gcpBatch({ project: "test-project", location: "us-central1", shapes: SHAPES, pricedOn: "2026-11-22" }).capabilities,
  create,
  demand: { cpu: 2, memoryMiB: 4_096, diskMiB: 10_240, image: true, interruptible: true, maxLifetimeMs: 4 * 3_600_000 },
  launches: {
    succeed: () => ["exit", "0"],
    fail: (code) => ["exit", String(code)],
    sleep: (ms) => ["sleep", String(ms)],
    print: (text) => ["print", text],
    record: (args) => ["exit", "0", ...args],
  },
  image: "registry.example/conformance:1",
  faults: FAULTS,
  silentVerbs: ["listOffers"],
};
