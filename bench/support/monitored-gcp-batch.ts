import { BatchServiceClient } from "@google-cloud/batch";
import type { ClientOptions } from "google-gax";
import { type BatchClient, gcpBatch } from "../../src/backends/gcp-batch/index.js";
import { RUNNER_SCRIPT } from "../../src/data/runner/script.js";
import type { LeaseRef } from "../../src/kit/index.js";
import { type GcpBatchSimulator, startGcpBatchSimulator } from "../../src/testing/gcp-batch/index.js";
import type { MonitoredBackend } from "./monitored.js";

const NAMESPACE = "benchns";
const AT_ONCE = 50;
const BACKEND = "gcp-batch";

/** Google Cloud Batch through the real SDK. 15,000 reads a minute and region are allowed; the goal is half of that, 125 calls a second. */
export const monitoredGcpBatch: MonitoredBackend = {
  name: BACKEND,
  mostCallsPerSecond: 125,
  async open(host, lifetimesMs) {
    const simulator = await startGcpBatchSimulator({ host, queueMs: 1, bootMs: 1, pullMs: 1, teardownMs: 1 });
    const real = new BatchServiceClient(simulator.clientOptions as ClientOptions);
    let underWay = 0;
    const counted = async <T>(work: () => Promise<T>): Promise<T> => {
      underWay++;
      try {
        return await work();
      } finally {
        underWay--;
      }
    };
    const client: BatchClient = {
      initialize: () => counted(() => real.initialize()),
      createJob: (...request) => counted(() => real.createJob(...request)),
      getJob: (...request) => counted(() => real.getJob(...request)),
      getTask: (...request) => counted(() => real.getTask(...request)),
      listJobs: (...request) => counted(() => real.listJobs(...request)),
      deleteJob: (...request) => counted(() => real.deleteJob(...request)),
      close: () => real.close(),
    };
    const backend = gcpBatch({
      project: simulator.project,
      location: simulator.location,
      shapes: [{ machineType: "n4-standard-2", provisioning: "spot", cpu: 2, memory: "8GiB", usdPerHour: 0.04 }],
      client,
    });
    const leases = await createAll(real, simulator, lifetimesMs);
    await host.advance(10);
    const startedMs = host.now();
    const ends = new Map(leases.map(({ key }, index) => [key, startedMs + (lifetimesMs[index] ?? 0)]));
    const callsNow = (): number => Object.values(simulator.calls).reduce((sum, count) => sum + count, 0);
    const created = callsNow();
    return {
      backend,
      leases,
      endedAtMs: (key) => {
        const atMs = ends.get(key);
        return atMs !== undefined && atMs <= host.now() ? atMs : undefined;
      },
      calls: () => callsNow() - created,
      atRest: async () => {
        do await new Promise((resolve) => setImmediate(resolve));
        while (underWay > 0);
      },
      close: async () => {
        await real.close();
        await simulator.close();
      },
    };
  },
};

/**
 * Makes the jobs that binds would have made, without the looks that come before them, and as large: a listing answers whole jobs, with the
 * runner's script in each.
 */
async function createAll(
  client: BatchServiceClient,
  { project, location }: Pick<GcpBatchSimulator, "project" | "location">,
  lifetimesMs: readonly number[],
): Promise<readonly LeaseRef[]> {
  const parent = `projects/${project}/locations/${location}`;
  const labels = { "spillway-namespace": NAMESPACE, "spillway-backend": BACKEND };
  const leases: LeaseRef[] = [];
  for (let start = 0; start < lifetimesMs.length; start += AT_ONCE) {
    const made = await Promise.all(
      lifetimesMs.slice(start, start + AT_ONCE).map(async (ms, index): Promise<LeaseRef> => {
        const key = `${NAMESPACE}-${start + index}`;
        const container = { imageUri: "work:1", commands: ["sleep", String(ms), RUNNER_SCRIPT] };
        const taskSpec = { runnables: [{ container }], maxRunDuration: { seconds: 14 * 86_400 } };
        const instances = [{ policy: { machineType: "n4-standard-2", provisioningModel: "SPOT" as const } }];
        const location = { allowedLocations: [`regions/${parent.slice(parent.lastIndexOf("/") + 1)}`] };
        const job = { taskGroups: [{ taskCount: 1, taskSpec }], allocationPolicy: { instances, location, labels }, labels };
        await client.createJob({ parent, jobId: `spillway-${key}-job`, job });
        return { backend: BACKEND, key, data: { job: `${parent}/jobs/spillway-${key}-job` } };
      }),
    );
    leases.push(...made);
  }
  return leases;
}
