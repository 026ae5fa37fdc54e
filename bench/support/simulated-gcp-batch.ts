import { BatchServiceClient } from "@google-cloud/batch";
import type { ClientOptions } from "google-gax";
import { RUNNER_SCRIPT } from "../../src/data/runner/script.js";
import type { LeaseRef } from "../../src/kit/index.js";
import { type GcpBatchSimulator, startGcpBatchSimulator } from "../../src/testing/gcp-batch/index.js";
import type { VirtualHost } from "../../src/testing/virtual-host.js";
import { NAMESPACE, type Simulated } from "./simulated.js";

const AT_ONCE = 50;
const BACKEND = "gcp-batch";

/** Where the simulated jobs are. */
export const GCP_PLACE = { project: "test-project", location: "us-central1" } as const;

/**
 * Google Cloud Batch. Makes the jobs that binds would have made, without the looks that come before them, and as large: a listing answers whole jobs, with
 * the runner's script in each.
 */
export async function simulateGcpBatch(host: VirtualHost, lifetimesMs: readonly number[]): Promise<Simulated> {
  const simulator = await startGcpBatchSimulator({ host, ...GCP_PLACE, queueMs: 1, bootMs: 1, pullMs: 1, teardownMs: 1 });
  const client = new BatchServiceClient(simulator.clientOptions as ClientOptions);
  const leases = await createAll(client, simulator, lifetimesMs);
  await client.close();
  await host.advance(10);
  const callsNow = (): number => Object.values(simulator.calls).reduce((sum, count) => sum + count, 0);
  const created = callsNow();
  return { port: Number(simulator.address.split(":")[1]), leases, calls: () => callsNow() - created };
}

async function createAll(
  client: BatchServiceClient,
  { project, location }: Pick<GcpBatchSimulator, "project" | "location">,
  lifetimesMs: readonly number[],
): Promise<readonly LeaseRef[]> {
  const parent = `projects/${project}/locations/${location}`;
  const labels = { "spillway-namespace": NAMESPACE, "spillway-backend": BACKEND };
  const instances = [{ policy: { machineType: "n4-standard-2", provisioningModel: "SPOT" as const } }];
  const allocationPolicy = { instances, location: { allowedLocations: [`regions/${location}`] }, labels };
  const leases: LeaseRef[] = [];
  for (let start = 0; start < lifetimesMs.length; start += AT_ONCE) {
    const made = await Promise.all(
      lifetimesMs.slice(start, start + AT_ONCE).map(async (ms, index): Promise<LeaseRef> => {
        const key = `${NAMESPACE}-${start + index}`;
        const container = { imageUri: "work:1", commands: ["sleep", String(ms), RUNNER_SCRIPT] };
        const taskSpec = { runnables: [{ container }], maxRunDuration: { seconds: 14 * 86_400 } };
        const job = { taskGroups: [{ taskCount: 1, taskSpec }], allocationPolicy, labels };
        await client.createJob({ parent, jobId: `spillway-${key}-job`, job });
        return { backend: BACKEND, key, data: { job: `${parent}/jobs/spillway-${key}-job` } };
      }),
    );
    leases.push(...made);
  }
  return leases;
}
