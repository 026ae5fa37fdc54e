import { describe, expect, it } from "vitest";
import { type ReportSetting, reportOf } from "../../../../src/backends/aws-batch/map.js";
import { jobDetail } from "../../../../src/backends/aws-batch/wire.js";

const CREATED = 1_000_000;
const setting: ReportSetting = {
  billing: { granularityMs: 1_000, minimumMs: 60_000, prepaid: false, refund: "none" },
  nowMs: CREATED + 600_000,
  capacityPatienceMs: 120_000,
  node: { backend: "aws", operator: "aws" },
  fallbackUsdPerHour: 1,
};
const report = (job: object, more: Partial<ReportSetting> = {}) =>
  reportOf(jobDetail.parse({ jobId: "j", jobName: "n", createdAt: CREATED, ...job }), { ...setting, ...more });
const ended = { status: "FAILED", startedAt: CREATED + 1_000, stoppedAt: CREATED + 121_000 };
const HOST_GONE = "Host EC2 (instance i-0123456789abcdef0) terminated.";
const ESSENTIAL = "Essential container in task exited";

describe("states", () => {
  it.each([
    ["SUBMITTED", "pending"],
    ["PENDING", "pending"],
    ["RUNNABLE", "pending"],
    ["STARTING", "starting"],
    ["RUNNING", "running"],
    ["SOMETHING_NEW", "pending"],
  ])("%s is %s", (status, phase) => {
    expect(report({ status })).toMatchObject({ phase });
    expect(report({ status })).not.toHaveProperty("reason");
  });

  it("a success is exit code 0, also where the code is left out", () => {
    for (const container of [{ exitCode: 0 }, {}, undefined]) {
      expect(report({ ...ended, status: "SUCCEEDED", statusReason: ESSENTIAL, container })).toMatchObject({ phase: "exited", exitCode: 0 });
    }
  });
});

describe("waiting", () => {
  const waiting = (statusReason: string, waitedMs = 600_000) => report({ status: "RUNNABLE", statusReason }, { nowMs: CREATED + waitedMs });

  it("for capacity is no end until the patience is over", () => {
    const text = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - The job queue is blocked";
    expect(waiting(text, 119_999)).toMatchObject({ phase: "pending" });
    expect(waiting(text, 120_000)).toMatchObject({ phase: "ended", reason: "NO_CAPACITY" });
  });

  it.each([
    ["MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - maxvCpus", "QUOTA_EXCEEDED"],
    ["MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - no instance type", "BACKEND_REJECTED"],
    ["MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS - role", "BACKEND_AUTH_FAILED"],
  ])("that never ends is told at once: %s", (text, reason) => {
    expect(waiting(text, 0)).toMatchObject({ phase: "ended", reason });
  });

  it("for an unknown reason goes on", () => {
    expect(waiting("Batch could not determine the root cause")).toMatchObject({ phase: "pending" });
  });
});

describe("failures", () => {
  it.each([
    [
      "timeout, before out of memory",
      "Job attempt duration exceeded timeout",
      { exitCode: 137, reason: "OutOfMemoryError" },
      "ended",
      "WORKLOAD_TIMED_OUT",
    ],
    ["time limit in the queue", "Canceled by JobStateTimeLimit action due to reason: CAPACITY", undefined, "ended", "NO_CAPACITY"],
    ["host loss", HOST_GONE, undefined, "ended", "PREEMPTED"],
    ["Fargate Spot", "Your Spot Task was interrupted.", { exitCode: 137 }, "ended", "PREEMPTED"],
    ["reclaim told by the container", ESSENTIAL, { exitCode: 143, reason: "Your Spot Task was interrupted." }, "ended", "PREEMPTED"],
    [
      "out of memory",
      ESSENTIAL,
      { exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" },
      "exited",
      "WORKLOAD_OUT_OF_MEMORY",
    ],
    [
      "pull, unauthorized",
      "Task failed to start",
      { reason: "CannotPullContainerError: pull access denied" },
      "ended",
      "IMAGE_PULL_FAILED",
    ],
    ["pull, network", "Task failed to start", { reason: "CannotPullContainerError: context canceled" }, "ended", "IMAGE_PULL_FAILED"],
    ["secrets or logs", "ResourceInitializationError: unable to pull secrets", undefined, "ended", "PROVISIONING_FAILED"],
    ["container start", "Task failed to start", { reason: "CannotStartContainerError: no such file" }, "ended", "PROVISIONING_FAILED"],
    ["Docker", ESSENTIAL, { reason: "DockerTimeoutError: Could not transition to started" }, "ended", "PROVISIONING_FAILED"],
  ])("%s", (_what, statusReason, container, phase, reason) => {
    expect(report({ ...ended, statusReason, container })).toMatchObject({ phase, reason });
  });

  it.each([1, 2, 126, 127, 255])("exit code %d is the command's own", (exitCode) => {
    const made = report({ ...ended, statusReason: ESSENTIAL, container: { exitCode } });
    expect(made).toMatchObject({ phase: "exited", exitCode });
    expect(made).not.toHaveProperty("reason");
  });

  it.each([137, 143])("exit code %d without a reason comes from outside", (exitCode) => {
    expect(report({ ...ended, statusReason: ESSENTIAL, container: { exitCode } })).toMatchObject({ phase: "ended", reason: "LEASE_LOST" });
  });

  it("without an exit code the command never ran, or its machine is gone", () => {
    expect(report({ ...ended, startedAt: undefined })).toMatchObject({ phase: "ended", reason: "PROVISIONING_FAILED" });
    expect(report(ended)).toMatchObject({ phase: "ended", reason: "LEASE_LOST" });
  });

  it("tells terminations of ours from those of others", () => {
    const mine = { ...ended, isTerminated: true, statusReason: "spillway: the lease was released", container: { exitCode: 137 } };
    expect(report(mine)).toMatchObject({ phase: "ended", reason: "CANCELLED" });
    expect(report({ ...mine, statusReason: "stopped from the console" })).toMatchObject({ phase: "ended", reason: "LEASE_LOST" });
    expect(report({ ...mine, isTerminated: false, isCancelled: true, statusReason: "x" })).toMatchObject({
      phase: "ended",
      reason: "LEASE_LOST",
    });
  });

  it("says what to do where that is known", () => {
    const pull = report({
      ...ended,
      statusReason: "Task failed to start",
      container: { reason: "CannotPullContainerError: manifest unknown" },
    });
    expect(pull).toMatchObject({ message: expect.stringContaining("registrySecrets") });
    expect(report({ ...ended, statusReason: "ResourceInitializationError: timeout" })).toMatchObject({
      message: expect.stringContaining("executionRoleArn"),
    });
  });
});

describe("exit code 0 after SIGTERM", () => {
  const success = { ...ended, status: "SUCCEEDED", container: { exitCode: 0 } };

  it("of a reclaim is no success, wherever the job tells of it", () => {
    for (const told of [
      { statusReason: HOST_GONE },
      { statusReason: ESSENTIAL, container: { exitCode: 0, reason: "Your Spot Task was interrupted." } },
      { statusReason: ESSENTIAL, attempts: [{ statusReason: HOST_GONE, container: { exitCode: 0 } }] },
    ]) {
      expect(report({ ...success, ...told })).toMatchObject({ phase: "ended", reason: "PREEMPTED" });
    }
  });

  it("of a termination is none either", () => {
    expect(report({ ...success, isTerminated: true, statusReason: ESSENTIAL })).toMatchObject({ phase: "ended", reason: "LEASE_LOST" });
  });
});

describe("charges", () => {
  const tags = { "spillway-usd-per-hour": "0.36" };

  it("count from the command's start, at the price on the tag, a minute at least", () => {
    expect(report({ status: "RUNNABLE", tags })).toMatchObject({ charge: { amount: 0n, final: false } });
    expect(report({ status: "RUNNING", startedAt: CREATED, tags }, { nowMs: CREATED + 1_000 })).toMatchObject({
      charge: { amount: 6_000_000n },
    });
    expect(report({ ...ended, tags })).toMatchObject({ charge: { amount: 12_000_000n, final: true } });
  });

  it("are nothing for a job that never ran, and never nothing for one that lost its tag", () => {
    expect(report({ status: "FAILED", statusReason: "x", stoppedAt: CREATED })).toMatchObject({ charge: { amount: 0n, final: true } });
    expect(report(ended)).toMatchObject({ charge: { amount: 33_333_334n, final: true } });
  });
});
