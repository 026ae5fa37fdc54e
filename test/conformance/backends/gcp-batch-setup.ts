import { BatchServiceClient } from "@google-cloud/batch";
import type { ClientOptions } from "google-gax";
import { type BatchClient, type GcpBatchOptions, gcpBatch } from "../../../src/backends/gcp-batch/index.js";
import {
  type BackendConformanceSetup,
  type BackendUnderTest,
  FAULTS,
  type Fault,
  type FaultyVerb,
} from "../../../src/conformance/backend/index.js";
import {
  type GcpBatchFault,
  type GcpBatchMethod,
  type GcpBatchSimulator,
  startGcpBatchSimulator,
} from "../../../src/testing/gcp-batch/index.js";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";
import { faultControl } from "./fault-control.js";
import { PLAYED_LAUNCHES } from "./played-launches.js";
import { createTraffic, paced, type Traffic } from "./traffic.js";

const NAMESPACE = { id: "testns", secret: "5e".repeat(32) };
const SLOW_MS = 60_000;

/** What the suite's cases are placed on. */
export const SHAPES: GcpBatchOptions["shapes"] = [
  { machineType: "n4-standard-2", provisioning: "spot", cpu: 2, memory: "8GiB", usdPerHour: 0.0363, bootDiskType: "hyperdisk-balanced" },
  { machineType: "n4-standard-4", provisioning: "standard", cpu: 4, memory: "16GiB", disk: "50GiB", usdPerHour: 0.1814 },
];

/** The real client of the SDK. Each request to Batch carries its name as metadata; Cloud Logging holds none back, so that its requests need none. */
export function watchedClient({ clientOptions }: Pick<GcpBatchSimulator, "clientOptions">, traffic: Traffic): BatchClient {
  const real = new BatchServiceClient(clientOptions as ClientOptions);
  const named =
    (send: BatchClient["getJob"]): BatchClient["getJob"] =>
    (request, options) =>
      traffic.watch((requestId) => send(request, { ...options, otherArgs: { headers: { "x-request-id": requestId } } }));
  return {
    initialize: () => traffic.watch(() => real.initialize()),
    createJob: named((...sent) => real.createJob(...sent)),
    getJob: named((...sent) => real.getJob(...sent)),
    getTask: named((...sent) => real.getTask(...sent)),
    listJobs: named((...sent) => real.listJobs(...sent)),
    deleteJob: named((...sent) => real.deleteJob(...sent)),
    auth: { request: (request) => traffic.watch(() => real.auth.request(request)) },
    close: () => real.close(),
  };
}

/** The requests in which a verb's fault strikes: the one with the effect, or the first. */
const METHODS: Readonly<Partial<Record<FaultyVerb, GcpBatchMethod>>> = {
  bind: "createJob",
  find: "getJob",
  inspect: "getJob",
  release: "deleteJob",
  listLeases: "listJobs",
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
  const traffic = createTraffic(simulator);
  const clients: BatchClient[] = [];
  const instance = () => {
    const client = watchedClient(simulator, traffic);
    clients.push(client);
    return gcpBatch({
      project: simulator.project,
      location: simulator.location,
      shapes: SHAPES,
      pricedOn: "2026-11-22",
      client,
      loggingEndpoint: simulator.loggingEndpoint,
    });
  };
  const keyOf = (jobId: string): string => jobId.replace(/^spillway-/, "").replace(/-job$/, "");

  return {
    backend: instance(),
    host,
    namespace: NAMESPACE,
    advance: paced(host, traffic),
    faults: faultControl(simulator, FAULT, METHODS),
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
      for (const client of clients) await client.close();
    },
  };
}

export const gcpBatchSetup: BackendConformanceSetup = {
  kind: "gcp-batch",
  capabilities: gcpBatch({ project: "test-project", location: "us-central1", shapes: SHAPES, pricedOn: "2026-11-22" }).capabilities,
  create,
  demand: { cpu: 2, memoryMiB: 4_096, diskMiB: 10_240, image: true, interruptible: true, maxLifetimeMs: 4 * 3_600_000 },
  launches: PLAYED_LAUNCHES,
  image: "registry.example/conformance:1",
  faults: FAULTS,
  silentVerbs: ["listOffers"],
};
