import { BatchClient } from "@aws-sdk/client-batch";
import { type AwsBatchClient, awsBatch } from "../../src/backends/aws-batch/index.js";
import type { MonitoredBackend } from "./monitored.js";
import { countUnderWay } from "./under-way.js";

/** AWS Batch through the real SDK. The goal of 5 calls a second is ours: what the service permits is not published. */
export const monitoredAwsBatch: MonitoredBackend = {
  name: "aws-batch",
  mostCallsPerSecond: 5,
  async open(port) {
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    const client = new BatchClient({ region: "us-east-1", endpoint: `http://127.0.0.1:${port}`, credentials, maxAttempts: 1 });
    const { counted, atRest } = countUnderWay();
    const watched: AwsBatchClient = { send: (command, options) => counted(() => (client as AwsBatchClient).send(command, options)) };
    const executionRoleArn = "arn:aws:iam::123456789012:role/execution";
    const queue = { queue: "fargate", platform: "fargate", purchase: "on-demand", executionRoleArn } as const;
    const backend = awsBatch({ region: "us-east-1", client: watched, queues: [queue] });
    return { backend, atRest, close: async () => client.destroy() };
  },
};
