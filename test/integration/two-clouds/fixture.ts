import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { policies, Scheduler } from "spillway";
import { type AwsBatchOptions, awsBatch } from "spillway/backends/aws-batch";
import { gcpBatch } from "spillway/backends/gcp-batch";
import { s3 } from "spillway/data/s3";
import type { Backend } from "spillway/spec";
import { memoryStore } from "spillway/stores/memory";
import {
  type AwsBatchSimulatedQueue,
  processCommands,
  startAwsBatchSimulator,
  startGcpBatchSimulator,
  startS3Server,
} from "spillway/testing";
import { onTestFinished } from "vitest";
import { systemHost } from "../../../src/runtime/system-host.js";
import { temporaryDirectory } from "../../support/temporary.js";

const host = systemHost();

/** Prices per hour: Google's machine costs several times what Amazon's share of one does, so that Amazon is asked first. */
export const AWS_USD_PER_VCPU_HOUR = 0.04;
export const GCP_USD_PER_HOUR = 0.6;

/** The backend in a hurry: the clouds of these tests do within a second what takes real ones minutes. The provisioning deadline counts from the bind's. */
const hurried = (backend: Backend): Backend => ({
  ...backend,
  capabilities: { ...backend.capabilities, pollMs: { least: 100, most: 300 }, bindMs: 5_000 },
});

/** Both clouds with their real SDKs on simulators that run commands as processes, a bucket that both reach, and a scheduler over them. */
export async function twoClouds(
  options: { readonly queue?: Partial<AwsBatchSimulatedQueue>; readonly aws?: Partial<AwsBatchOptions> } = {},
) {
  const folder = temporaryDirectory("two-clouds");
  const aws = await startAwsBatchSimulator({
    host,
    commands: "processes",
    times: { visibleMs: 0, submittedMs: 10, runnableMs: 10, startingMs: 10, terminateMs: 50, stopMs: 2_000, stuckReasonMs: 200 },
    queues: [{ name: "spot", platform: "fargate", usdPerVcpuHour: AWS_USD_PER_VCPU_HOUR, usdPerGiBHour: 0, ...options.queue }],
  });
  const gcp = await startGcpBatchSimulator({
    host,
    commands: processCommands(host),
    usdPerHour: { "n4-standard-2": GCP_USD_PER_HOUR },
    queueMs: 10,
    bootMs: 20,
    pullMs: 20,
    teardownMs: 20,
    deleteMs: 50,
  });
  const bucket = await startS3Server({ host });
  const queue = {
    queue: "spot",
    platform: "fargate",
    purchase: "spot",
    executionRoleArn: "arn:aws:iam::123456789012:role/execution",
    usdPerVcpuHour: AWS_USD_PER_VCPU_HOUR,
    // Above 0 is asked for; too little to be seen on a bill.
    usdPerGiBHour: 1e-12,
    setupMs: 1_000,
  } as const;
  const amazon = awsBatch({
    region: "us-east-1",
    endpoint: aws.endpoint,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
    callsPerSecond: 50,
    queues: [queue],
    ...options.aws,
  });
  const google = gcpBatch({
    project: gcp.project,
    location: gcp.location,
    clientOptions: gcp.clientOptions,
    shapes: [
      {
        machineType: "n4-standard-2",
        provisioning: "standard",
        cpu: 2,
        memory: "8GiB",
        usdPerHour: GCP_USD_PER_HOUR,
        bootDiskType: "hyperdisk-balanced",
      },
    ],
    bootMs: 1_000,
  });
  const scheduler = new Scheduler({
    backends: [hurried(amazon), hurried(google)],
    // Without draws: the first question has one answer.
    policy: { ...policies.cheapest(), selection: { kind: "quantile", quantile: 0.5 } },
    store: memoryStore(),
    allowVolatile: true,
    budget: "$5",
    artifacts: [s3({ bucket: "test-bucket", endpoint: bucket.url, region: bucket.region, credentials: bucket.credentials })],
    grace: 200,
  });
  onTestFinished(async () => {
    await scheduler.close({ mode: "cancel", timeout: 10_000 });
    await Promise.all([aws.close(), gcp.close(), bucket.close()]);
  });
  return {
    folder,
    aws,
    gcp,
    bucket,
    scheduler,
    keys: (): readonly string[] => [...bucket.objects().keys()],
    text: (key: string): string => Buffer.from(bucket.objects().get(key)?.bytes ?? new Uint8Array()).toString(),
    /** Lines that commands have appended to a file outside of their machines. */
    lines: (name: string): readonly string[] =>
      existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean) : [],
    /** Jobs that cost money or may begin to, by cloud. */
    open: () => ({
      aws: aws.jobs().filter(({ status }) => status !== "SUCCEEDED" && status !== "FAILED").length,
      gcp: gcp.openCount(),
    }),
    /** What each cloud's own bill says, nano-USD. */
    bills: () => ({
      aws: aws.ledger().reduce((sum, { amount }) => sum + amount, 0n),
      gcp: [...gcp.ledger().values()].reduce((sum, amount) => sum + amount, 0n),
    }),
  };
}

/** A public container whose command is a line of shell. */
export const shell = (line: string, more: object = {}) =>
  ({
    image: "registry.example/work:1",
    command: ["sh", "-c", line],
    resources: { cpu: 1, memory: "2GiB", disk: "1GiB" },
    data: "public",
    timeout: "2m",
    verification: { kind: "none" },
    ...more,
  }) as const;
