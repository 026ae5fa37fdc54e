import { BatchClient, RegisterJobDefinitionCommand, SubmitJobCommand } from "@aws-sdk/client-batch";
import { type AwsBatchClient, awsBatch } from "../../src/backends/aws-batch/index.js";
import type { LeaseRef } from "../../src/kit/index.js";
import { startAwsBatchSimulator } from "../../src/testing/aws-batch/index.js";
import type { MonitoredBackend } from "./monitored.js";

const NAMESPACE = "benchns";
const ROLE = "arn:aws:iam::123456789012:role/execution";
const AT_ONCE = 20;

/** AWS Batch through the real SDK. The goal of 5 calls a second is ours: what the service permits is not published. */
export const monitoredAwsBatch: MonitoredBackend = {
  name: "aws-batch",
  mostCallsPerSecond: 5,
  async open(host, lifetimesMs) {
    const times = { visibleMs: 0, submittedMs: 1, runnableMs: 1, startingMs: 1 };
    const simulator = await startAwsBatchSimulator({ host, times, queues: [{ name: "fargate", platform: "fargate" }] });
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    const client = new BatchClient({ region: "us-east-1", endpoint: simulator.endpoint, credentials, maxAttempts: 1 });
    let underWay = 0;
    const watched: AwsBatchClient = {
      send: async (command, options) => {
        underWay++;
        try {
          return await (client as AwsBatchClient).send(command, options);
        } finally {
          underWay--;
        }
      },
    };
    const queue = { queue: "fargate", platform: "fargate", purchase: "on-demand", executionRoleArn: ROLE } as const;
    const backend = awsBatch({ region: "us-east-1", client: watched, queues: [queue] });
    const leases = await submitAll(client, lifetimesMs);
    await host.advance(10);
    const submitted = simulator.requests.length;
    return {
      backend,
      leases,
      endedAtMs: (() => {
        const ends = new Map(leases.map(({ key }, index) => [key, host.now() + (lifetimesMs[index] ?? 0)]));
        return (key) => {
          const atMs = ends.get(key);
          return atMs !== undefined && atMs <= host.now() ? atMs : undefined;
        };
      })(),
      calls: () => simulator.requests.length - submitted,
      atRest: async () => {
        do await new Promise((resolve) => setImmediate(resolve));
        while (underWay > 0);
      },
      close: async () => {
        client.destroy();
        await simulator.close();
      },
    };
  },
};

/** Makes the jobs that binds would have made, without the looks that come before them. */
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
