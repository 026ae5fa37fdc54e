import type { Host } from "spillway";
import { awsBatch } from "spillway/backends/aws-batch";
import { gcpBatch } from "spillway/backends/gcp-batch";
import { processCommands, startAwsBatchSimulator, startGcpBatchSimulator } from "spillway/testing";
import type { Seller } from "./seller.js";

/** Amazon's spot machines: cheap for a cloud, but there are few, so that most jobs wait in RUNNABLE until somebody gives up on them. */
export async function amazon(host: Host): Promise<Seller> {
  const price = { usdPerVcpuHour: 0.0121, usdPerGiBHour: 0.0013 };
  const simulator = await startAwsBatchSimulator({
    host,
    commands: "processes",
    queues: [{ name: "spot", platform: "fargate", maxVcpus: 4, ...price }],
    times: { visibleMs: 20, submittedMs: 10, runnableMs: 20, startingMs: 50, terminateMs: 50, stopMs: 500 },
  });
  // Amazon takes two jobs, and its answers are lost on the way: asking again blindly would pay for each twice.
  simulator.faults.inject("answer-lost", "bind", 2);
  return {
    backend: awsBatch({
      region: "us-east-1",
      endpoint: simulator.endpoint,
      callsPerSecond: 50,
      credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" },
      queues: [
        { queue: "spot", platform: "fargate", purchase: "spot", executionRoleArn: "arn:aws:iam::123456789012:role/execution", ...price },
      ],
    }),
    openCount: () => simulator.jobs().filter(({ status }) => status !== "SUCCEEDED" && status !== "FAILED").length,
    billed: () => simulator.ledger().reduce((sum, { amount }) => sum + amount, 0n),
    close: () => simulator.close(),
  };
}

/** Google's standard machines: dearer, and there when they are needed; now and then it is out of order for a request. */
export async function google(host: Host): Promise<Seller> {
  const usdPerHour = 0.0907;
  const simulator = await startGcpBatchSimulator({
    host,
    commands: processCommands(host),
    usdPerHour: { "n4-standard-2": usdPerHour },
    queueMs: 10,
    bootMs: 50,
    pullMs: 50,
    teardownMs: 50,
    deleteMs: 50,
  });
  simulator.inject({ fault: { kind: "status", code: 14, effect: false }, operation: "createJob", times: 2 });
  return {
    backend: gcpBatch({
      project: simulator.project,
      location: simulator.location,
      clientOptions: simulator.clientOptions,
      shapes: [{ machineType: "n4-standard-2", provisioning: "standard", cpu: 2, memory: "8GiB", usdPerHour }],
    }),
    openCount: () => simulator.openCount(),
    billed: () => [...simulator.ledger().values()].reduce((sum, amount) => sum + amount, 0n),
    close: () => simulator.close(),
  };
}
