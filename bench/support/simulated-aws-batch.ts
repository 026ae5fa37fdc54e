import { BatchClient, RegisterJobDefinitionCommand, SubmitJobCommand } from "@aws-sdk/client-batch";
import type { LeaseRef } from "../../src/kit/index.js";
import { startAwsBatchSimulator } from "../../src/testing/aws-batch/index.js";
import type { VirtualHost } from "../../src/testing/virtual-host.js";
import { NAMESPACE, type Simulated } from "./simulated.js";

const ROLE = "arn:aws:iam::123456789012:role/execution";
const AT_ONCE = 20;

/** AWS Batch with one Fargate queue. Makes the jobs that binds would have made, without the looks that come before them. */
export async function simulateAwsBatch(host: VirtualHost, lifetimesMs: readonly number[]): Promise<Simulated> {
  const times = { visibleMs: 0, submittedMs: 1, runnableMs: 1, startingMs: 1 };
  const simulator = await startAwsBatchSimulator({ host, times, queues: [{ name: "fargate", platform: "fargate" }] });
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  const client = new BatchClient({ region: "us-east-1", endpoint: simulator.endpoint, credentials, maxAttempts: 1 });
  const leases = await submitAll(client, lifetimesMs);
  client.destroy();
  await host.advance(10);
  const submitted = simulator.requests.length;
  return { port: Number(new URL(simulator.endpoint).port), leases, calls: () => simulator.requests.length - submitted };
}

async function submitAll(client: BatchClient, lifetimesMs: readonly number[]): Promise<readonly LeaseRef[]> {
  const resourceRequirements = [
    { type: "VCPU" as const, value: "1" },
    { type: "MEMORY" as const, value: "2048" },
  ];
  const containerProperties = { image: "work:1", resourceRequirements, executionRoleArn: ROLE };
  const { jobDefinitionArn } = await client.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: "bench",
      type: "container",
      platformCapabilities: ["FARGATE"],
      containerProperties,
    }),
  );
  const leases: LeaseRef[] = [];
  for (let start = 0; start < lifetimesMs.length; start += AT_ONCE) {
    const made = await Promise.all(
      lifetimesMs.slice(start, start + AT_ONCE).map(async (ms, index): Promise<LeaseRef> => {
        const key = `${NAMESPACE}-${start + index}`;
        const { jobId } = await client.send(
          new SubmitJobCommand({
            jobName: `sw-${NAMESPACE}_${key}`,
            jobQueue: "fargate",
            jobDefinition: jobDefinitionArn,
            containerOverrides: { command: ["sleep", String(ms)], environment: [{ name: "SHARD", value: key }] },
            tags: { "spillway-namespace": NAMESPACE, "spillway-key": key, "spillway-usd-per-hour": "0.05" },
          }),
        );
        return { backend: "aws-batch", key, data: { jobId, queue: "fargate" } };
      }),
    );
    leases.push(...made);
  }
  return leases;
}
