import { describe, expect, test } from "vitest";
import { toReport } from "../../../../src/backends/gcp-batch/report.js";
import { jobSchema, type Task, taskSchema } from "../../../../src/backends/gcp-batch/wire.js";

const name = "projects/p1234/locations/us-central1/jobs/spillway-k-job";
const jobIn = (state: unknown, events: readonly object[] = [], counts?: object) =>
  jobSchema.parse({ name, status: { state, statusEvents: events, ...(counts ? { taskGroups: { group0: { counts } } } : {}) } });
const taskWith = (exitCode: number | undefined, description = ""): Task =>
  taskSchema.parse({
    status: {
      state: "FAILED",
      statusEvents: [
        { description, eventTime: { seconds: "10", nanos: 0 }, ...(exitCode === undefined ? {} : { taskExecution: { exitCode } }) },
      ],
    },
  });

describe("states", () => {
  test.each([
    ["QUEUED", "pending"],
    ["SCHEDULED", "pending"],
    ["RUNNING", "running"],
    ["SUCCEEDED", "exited"],
    ["CANCELLATION_IN_PROGRESS", "running"],
    ["CANCELLED", "ended"],
    ["DELETION_IN_PROGRESS", "ended"],
  ])("%s is %s", (state, phase) => {
    expect(toReport("gcp", jobIn(state))).toMatchObject({ kind: "status", phase });
  });

  test.each(["STATE_UNSPECIFIED", "PAUSED", 99, null, undefined])("%s is no answer", (state) => {
    expect(() => toReport("gcp", jobIn(state))).toThrow(expect.objectContaining({ code: "BACKEND_RESPONSE_INVALID", effect: "none" }));
  });

  test("a job without a status is no answer", () => {
    expect(() => toReport("gcp", jobSchema.parse({ name, status: null }))).toThrow(
      expect.objectContaining({ code: "BACKEND_RESPONSE_INVALID" }),
    );
  });

  test.each([
    [{ ASSIGNED: "1" }, "starting"],
    [{ PENDING: 1 }, "starting"],
    [{ RUNNING: "1" }, "running"],
    [{ ASSIGNED: 0, RUNNING: 1 }, "running"],
    [{}, "running"],
  ])("a running job with tasks %o is %s", (counts, phase) => {
    expect(toReport("gcp", jobIn("RUNNING", [], counts))).toMatchObject({ phase });
  });
});

describe("exit codes of a failed job", () => {
  test.each([1, 3, 127, 137, 143, 255])("%i is the command's own", (exitCode) => {
    expect(toReport("gcp", jobIn("FAILED"), taskWith(exitCode))).toMatchObject({ phase: "exited", exitCode });
  });

  test.each([
    [50_000, "LEASE_LOST"],
    [50_001, "PREEMPTED"],
    [50_002, "LEASE_LOST"],
    [50_003, "LEASE_LOST"],
    [50_004, "LEASE_LOST"],
    [50_005, "WORKLOAD_TIMED_OUT"],
    [50_006, "LEASE_LOST"],
    [50_099, "LEASE_LOST"],
    [0, "LEASE_LOST"],
    [-1, "LEASE_LOST"],
  ])("%i ends the lease with %s, and is no exit of the command", (exitCode, reason) => {
    const report = toReport("gcp", jobIn("FAILED"), taskWith(exitCode));
    expect(report).toMatchObject({ phase: "ended", reason });
    expect(report).not.toHaveProperty("exitCode");
  });

  test("an image that cannot be pulled is told apart", () => {
    expect(toReport("gcp", jobIn("FAILED"), taskWith(125, "docker: failed to pull image x: manifest unknown"))).toMatchObject({
      phase: "ended",
      reason: "IMAGE_PULL_FAILED",
    });
  });
});

describe("a job that failed without a task", () => {
  test.each([
    ["CODE_GCE_ZONE_RESOURCE_POOL_EXHAUSTED", "NO_CAPACITY"],
    ["code - CODE_GCE_QUOTA_EXCEEDED, limit NVIDIA_L4_GPUS", "QUOTA_EXCEEDED"],
    ["CODE_GCE_INVALID_FIELD_VALUE: machineType", "BACKEND_REJECTED"],
    ["CODE_GCE_PERMISSION_DENIED", "BACKEND_AUTH_FAILED"],
    ["no VM has agent reporting correctly within time window", "PROVISIONING_FAILED"],
    ["something new", "PROVISIONING_FAILED"],
  ])("%s means %s", (description, reason) => {
    expect(toReport("gcp", jobIn("FAILED", [{ description, eventTime: "2026-11-20T10:00:00Z" }]))).toMatchObject({
      phase: "ended",
      reason,
    });
  });

  test("has no event at all", () => {
    expect(toReport("gcp", jobIn("FAILED"))).toMatchObject({ phase: "ended", reason: "PROVISIONING_FAILED" });
  });
});
