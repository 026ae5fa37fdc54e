import { readFileSync } from "node:fs";
import gax from "google-gax";
import { describe, expect, test } from "vitest";
import { toJob } from "../../../../src/backends/gcp-batch/job-request.js";
import { jobLabels } from "../../../../src/backends/gcp-batch/labels.js";
import { jobIdOf } from "../../../../src/backends/gcp-batch/names.js";
import { gcpBatchOptions } from "../../../../src/backends/gcp-batch/options.js";
import { toReport } from "../../../../src/backends/gcp-batch/report.js";
import { type Job, jobSchema, type Task, taskSchema } from "../../../../src/backends/gcp-batch/wire.js";
import { Secret } from "../../../../src/model/secret.js";

const root = new URL("../../../../", import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, root), "utf8"));
const recording = (name: string) => read(`test/fixtures/gcp-batch/${name}.json`);

/** The SDK's own description of its messages. */
const messages = gax.protobuf.Root.fromJSON(read("node_modules/@google-cloud/batch/build/protos/protos.json"));
const typeOf = (name: string) => messages.lookupType(`google.cloud.batch.v1.${name}`);

/** Without empty maps and lists, and zero fractions of seconds, which the serializer adds. */
function bare(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/(:\d{2})\.000Z$/, "$1Z");
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  const isEmpty = (member: unknown): boolean => typeof member === "object" && member !== null && Object.keys(member).length === 0;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => !isEmpty(member))
      .map(([name, member]) => [name, bare(member)]),
  );
}

/** What the SDK hands out on gRPC for a message that is given in JSON. Fields that the protos do not have get lost, and are noticed. */
function throughSdk(name: string, json: object): object {
  const type = typeOf(name);
  const message = gax.serializer.fromProto3JSON(type, json as never);
  expect(bare(gax.serializer.toProto3JSON(message as never))).toEqual(json);
  return type.toObject(message as never, { longs: String, enums: String, defaults: true, oneofs: true });
}

/** The same on both transports. */
const both = <T>(name: string, schema: { parse(value: unknown): T }, json: object): readonly [T, T] => [
  schema.parse(throughSdk(name, json)),
  schema.parse(json),
];

const report = (job: Job, task?: Task) => toReport("gcp", job, task);

describe("what the service says is read alike from gRPC and REST", () => {
  test.each([
    [
      "a success in spite of an old event",
      "job-succeeded-after-old-event",
      undefined,
      {
        phase: "exited",
        exitCode: 0,
        startedAtMs: Date.parse("2026-11-20T10:02:00.500Z"),
        endedAtMs: Date.parse("2026-11-20T10:07:30.500Z"),
      },
    ],
    [
      "the newest exit code of the task, with its times and machine",
      "job-failed",
      "task-failed",
      {
        phase: "exited",
        exitCode: 3,
        startedAtMs: Date.parse("2026-11-20T10:02:30Z"),
        endedAtMs: Date.parse("2026-11-20T10:05:00Z"),
        node: { backend: "gcp", operator: "google", node: "us-central1-f/8716520234514385401" },
      },
    ],
    ["a reclaim", "job-failed", "task-preempted", { phase: "ended", reason: "PREEMPTED" }],
    ["a wrong machine type", "job-failed-without-task", undefined, { phase: "ended", reason: "BACKEND_REJECTED" }],
    ["missing stock", "job-waits-for-stock", undefined, { phase: "pending", message: expect.stringContaining("no machine of this type") }],
    ["a machine that pulls the image", "job-assigned", undefined, { phase: "starting" }],
  ] as const)("%s", (_what, jobFile, taskFile, expected) => {
    const jobs = both("Job", jobSchema, recording(jobFile));
    const tasks = taskFile === undefined ? [undefined, undefined] : both("Task", taskSchema, recording(taskFile));
    const [grpc, rest] = jobs.map((job, index) => report(job, tasks[index]));
    expect(grpc).toMatchObject(expected);
    expect(rest).toEqual(grpc);
  });
});

test("the request for a launch is, field by field, the recorded one", () => {
  const expected = recording("create-request");
  const options = gcpBatchOptions.parse({
    shapes: [
      {
        machineType: "n1-standard-8",
        provisioning: "spot",
        cpu: 8,
        memory: "32GiB",
        disk: "100GiB",
        gpu: { type: "nvidia-tesla-t4", count: 1 },
        usdPerHour: 0.2,
        zones: ["us-central1-a"],
        bootDiskType: "pd-balanced",
        containerOptions: "--shm-size=8g",
        containerVolumes: ["/var/lib/nvidia/lib64:/usr/local/nvidia/lib64"],
      },
    ],
    serviceAccount: "jobs@acme-jobs.iam.gserviceaccount.com",
    network: { subnetwork: "regions/us-central1/subnetworks/jobs", externalIp: false },
    labels: { team: "search" },
    priority: 10,
  });
  const [shape] = options.shapes;
  if (shape === undefined) throw new Error("There is a shape.");
  const job = toJob({
    launch: {
      key: "abc123-r1-a1",
      image: "ghcr.io/acme/embed:1.4",
      registry: { server: "ghcr.io", username: "robot", password: new Secret("projects/acme-jobs/secrets/registry/versions/1") },
      argv: ["sh", "-c", 'echo "$1"', "runner", "two words"],
      env: { PLAIN: "1" },
      secrets: { TOKEN: new Secret("t0ken") },
      resources: { cpu: 8, memoryMiB: 32_768, diskMiB: 1_024 },
      inputs: [],
      outputs: [],
      timeoutMs: 3_600_000,
      maxLifetimeMs: 4_500_000,
      nonce: "00",
      labels: { "spillway-run": "r1" },
    },
    shape,
    options,
    location: "us-central1",
    labels: jobLabels("gcp-batch", { id: "abc123" }, { "spillway-run": "r1" }, options.labels),
    secretVariables: { DB: "projects/acme-jobs/secrets/db/versions/latest" },
  });
  const type = typeOf("CreateJobRequest");
  // As the SDK does it before it sends.
  const message = type.fromObject({ parent: expected.parent, jobId: jobIdOf("abc123-r1-a1"), requestId: expected.requestId, job });
  expect(bare(gax.serializer.toProto3JSON(message as never))).toEqual(expected);
});
