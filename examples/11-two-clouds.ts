/**
 * Work that Amazon cannot place within its time goes to Google. The SDKs are the real ones; the clouds and the bucket are simulators on this machine,
 * which run the command as a real process. Against the real services only `endpoint`, `clientOptions` and the hurry fall away.
 *
 *     npx tsx examples/11-two-clouds.ts
 */
import { formatUsd, policies, Scheduler, systemHost } from "spillway";
import { awsBatch } from "spillway/backends/aws-batch";
import { gcpBatch } from "spillway/backends/gcp-batch";
import { s3 } from "spillway/data/s3";
import type { Backend } from "spillway/spec";
import { processCommands, startAwsBatchSimulator, startGcpBatchSimulator, startS3Server } from "spillway/testing";

const host = systemHost();
const stuck = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - there are no such machines now";
const amazon = await startAwsBatchSimulator({
  host,
  queues: [{ name: "nightly", platform: "fargate", stuck }],
  times: { submittedMs: 10 },
});
const quick = { queueMs: 10, bootMs: 50, pullMs: 50, teardownMs: 50, deleteMs: 50 };
const google = await startGcpBatchSimulator({ host, commands: processCommands(host), usdPerHour: { "n4-standard-2": 0.0907 }, ...quick });
const bucket = await startS3Server({ host });
bucket.seed("in/names", Buffer.from("Grace\nAda\nKatherine\n"));

/** These clouds do in moments what takes real ones minutes, so they are asked more often, and given up sooner. */
const hurried = (backend: Backend): Backend => ({
  ...backend,
  capabilities: { ...backend.capabilities, pollMs: { least: 100, most: 500 }, bindMs: 3_000, provisionMs: 300 },
});

const scheduler = new Scheduler({
  backends: [
    awsBatch({
      region: "us-east-1",
      endpoint: amazon.endpoint,
      credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" },
      queues: [
        {
          queue: "nightly",
          platform: "fargate",
          purchase: "spot",
          executionRoleArn: "arn:aws:iam::123456789012:role/execution",
          usdPerVcpuHour: 0.0121,
          usdPerGiBHour: 0.0013,
        },
      ],
    }),
    gcpBatch({
      project: google.project,
      location: google.location,
      clientOptions: google.clientOptions,
      shapes: [{ machineType: "n4-standard-2", provisioning: "standard", cpu: 2, memory: "8GiB", usdPerHour: 0.0907 }],
    }),
  ].map(hurried),
  policy: policies.cheapest(),
  artifacts: [s3({ bucket: "test-bucket", endpoint: bucket.url, region: bucket.region, credentials: bucket.credentials })],
  allowVolatile: true, // A real service keeps its leases in a durable store.
  budget: "$1/day",
});

const run = await scheduler.schedule({
  image: "debian:12",
  command: ["sort", "-o", "sorted", "names"],
  resources: { cpu: 1, memory: "2GiB" },
  inputs: { names: "s3://test-bucket/in/names" },
  outputs: { sorted: "s3://test-bucket/out/sorted" },
  data: "internal",
  expectedDuration: "10m",
});
for await (const event of run.events({ until: "settled" })) {
  if ("backend" in event) console.log(`${event.type} ${event.attempt} on ${event.backend}${"code" in event ? `: ${event.code}` : ""}`);
}
console.log(
  `\nsorted: ${Buffer.from(await (await run.result()).output("sorted").download())
    .toString()
    .trim()
    .replaceAll("\n", ", ")}`,
);
console.log(`\n${await run.explain()}\n\nThe bill:`);
for (const { attempt, backend, outcome, charged } of (await run.receipt()).lines) {
  console.log(`  attempt ${attempt}  ${backend}  ${outcome}  ${formatUsd(charged)}`);
}
await scheduler.close();
const open = amazon.jobs().filter(({ status }) => status !== "FAILED").length + google.openCount();
console.log(`${open} jobs left open in both clouds`);
await Promise.all([amazon.close(), google.close(), bucket.close()]);
