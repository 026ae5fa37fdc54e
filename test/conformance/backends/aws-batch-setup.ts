import { BatchClient } from "@aws-sdk/client-batch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { type AwsBatchClient, type AwsBatchOptions, awsBatch } from "../../../src/backends/aws-batch/index.js";
import type { BackendUnderTest, FaultControl } from "../../../src/conformance/backend/index.js";
import type { NanoUsd } from "../../../src/kit/index.js";
import { type AwsBatchSimulatedJob, type AwsBatchSimulator, startAwsBatchSimulator } from "../../../src/testing/aws-batch/index.js";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";

const USD_PER_VCPU_HOUR = 0.05;
const USD_PER_GIB_HOUR = 0.005;
const REGION = "us-east-1";
const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

export const OPTIONS: AwsBatchOptions = {
  region: REGION,
  queues: [
    {
      queue: "fargate",
      platform: "fargate",
      purchase: "on-demand",
      executionRoleArn: "arn:aws:iam::123456789012:role/execution",
      usdPerVcpuHour: USD_PER_VCPU_HOUR,
      usdPerGiBHour: USD_PER_GIB_HOUR,
    },
  ],
  registrySecrets: { "registry.example": "arn:aws:secretsmanager:us-east-1:123456789012:secret:robot" },
};

/** Counts the calls of SDK clients that are under way, from the moment they are made until they have settled. */
function createTraffic() {
  let underWay = 0;
  return {
    get underWay() {
      return underWay;
    },
    watch: (client: AwsBatchClient): AwsBatchClient => ({
      send: async (command, options) => {
        underWay++;
        try {
          return await client.send(command, options);
        } finally {
          underWay--;
        }
      },
    }),
  };
}

/** Until nothing but what faults hold back is between the SDK and the simulator. */
async function atRest(traffic: { readonly underWay: number }, simulator: AwsBatchSimulator): Promise<void> {
  let quietTurns = 0;
  while (quietTurns < 6) {
    await new Promise((resolve) => setImmediate(resolve));
    quietTurns = traffic.underWay > simulator.heldRequests ? 0 : quietTurns + 1;
  }
}

/** The backend with the real SDK on a simulator of its own, on virtual time. */
export async function create(): Promise<BackendUnderTest> {
  const host = createVirtualHost();
  const simulator = await startAwsBatchSimulator({
    host,
    queues: [{ name: "fargate", platform: "fargate", usdPerVcpuHour: USD_PER_VCPU_HOUR, usdPerGiBHour: USD_PER_GIB_HOUR }],
    region: REGION,
  });
  const traffic = createTraffic();
  const settings = { region: REGION, endpoint: simulator.endpoint, credentials: CREDENTIALS, maxAttempts: 1 };
  const client = new BatchClient(settings);
  const logsClient = new CloudWatchLogsClient(settings);
  const instance = () => awsBatch({ ...OPTIONS, client: traffic.watch(client), logsClient: traffic.watch(logsClient) });
  let passing: Promise<void> = Promise.resolve();
  const keyOf = ({ tags }: { readonly tags: Readonly<Record<string, string>> }): string => tags["spillway-key"] ?? "";
  return {
    backend: instance(),
    host,
    namespace: { id: "testns", secret: "00".repeat(32) },
    advance: (ms) => {
      // One after another: a case that makes a call while it waits for another drives time from both.
      const passed = passing.then(async () => {
        await atRest(traffic, simulator);
        await host.advance(ms);
        await atRest(traffic, simulator);
      });
      passing = passed.catch(() => {});
      return passed;
    },
    faults: simulator.faults as FaultControl,
    ledger: () => {
      const sums = new Map<string, NanoUsd>();
      for (const charge of simulator.ledger()) sums.set(keyOf(charge), (sums.get(keyOf(charge)) ?? 0n) + charge.amount);
      return sums;
    },
    openCount: () => new Set(simulator.jobs().filter(isOpen).map(keyOf)).size,
    another: async () => instance(),
    received: async (key) =>
      simulator
        .jobs()
        .filter((job) => keyOf(job) === key)
        .map(({ argv, env }) => ({ args: argv.slice(2), env })),
    close: async () => {
      client.destroy();
      logsClient.destroy();
      await simulator.close();
    },
  };
}

/** Something that was not released: it has not ended, or ended by itself and nobody has said that it is done with. */
function isOpen({ status, isTerminated, tags }: AwsBatchSimulatedJob): boolean {
  const isOver = status === "FAILED" || status === "SUCCEEDED";
  return !isOver || (!isTerminated && tags["spillway-released"] === undefined);
}
