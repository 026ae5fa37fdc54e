import { BatchClient } from "@aws-sdk/client-batch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { type AwsBatchClient, type AwsBatchOptions, awsBatch } from "../../../src/backends/aws-batch/index.js";
import type { BackendUnderTest, FaultControl } from "../../../src/conformance/backend/index.js";
import type { NanoUsd } from "../../../src/kit/index.js";
import { type AwsBatchSimulatedJob, startAwsBatchSimulator } from "../../../src/testing/aws-batch/index.js";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";
import { createTraffic, paced, type Traffic } from "./traffic.js";

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

type Handler = (args: { readonly request: { readonly headers: Record<string, string> } }) => Promise<unknown>;

/** The part of a command's middleware stack that is used. */
interface Stack {
  add(middleware: (next: Handler) => Handler, options: { readonly step: "build"; readonly name: string }): void;
}

/** Before it is signed. */
function nameRequest(command: object, requestId: string): void {
  const { middlewareStack } = command as { readonly middlewareStack: Stack };
  const naming =
    (next: Handler): Handler =>
    (args) => {
      args.request.headers["x-request-id"] = requestId;
      return next(args);
    };
  middlewareStack.add(naming, { step: "build", name: "nameRequest" });
}

/** From the moment that a command is sent until it has settled. */
const watched = (client: AwsBatchClient, traffic: Traffic): AwsBatchClient => ({
  send: (command, options) =>
    traffic.watch((requestId) => {
      nameRequest(command, requestId);
      return client.send(command, options);
    }),
});

/** The backend with the real SDK on a simulator of its own, on virtual time. */
export async function create(): Promise<BackendUnderTest> {
  const host = createVirtualHost();
  const simulator = await startAwsBatchSimulator({
    host,
    queues: [{ name: "fargate", platform: "fargate", usdPerVcpuHour: USD_PER_VCPU_HOUR, usdPerGiBHour: USD_PER_GIB_HOUR }],
    region: REGION,
  });
  const traffic = createTraffic(simulator);
  const settings = { region: REGION, endpoint: simulator.endpoint, credentials: CREDENTIALS, maxAttempts: 1 };
  const client = new BatchClient(settings);
  const logsClient = new CloudWatchLogsClient(settings);
  const instance = () => awsBatch({ ...OPTIONS, client: watched(client, traffic), logsClient: watched(logsClient, traffic) });
  const keyOf = ({ tags }: { readonly tags: Readonly<Record<string, string>> }): string => tags["spillway-key"] ?? "";
  return {
    backend: instance(),
    host,
    namespace: { id: "testns", secret: "00".repeat(32) },
    advance: paced(host, traffic),
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
