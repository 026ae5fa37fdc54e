import { describe, expect, test } from "vitest";
import { toReport } from "../../../../src/backends/io-net/report.js";
import { isOver, stageOf } from "../../../../src/backends/io-net/statuses.js";
import { deploymentAnswer, workerList } from "../../../../src/backends/io-net/wire.js";

const ID = "8f2c2c3e-6f1e-4f0e-9a53-0d6f4a7f2b11";

const deployment = (facts: object) => deploymentAnswer.parse({ data: { id: ID, ...facts } }).data;
const workers = (...facts: readonly object[]) =>
  workerList.parse({ data: { workers: facts.map((one) => ({ container_id: "c1", ...one })) } }).data.workers;
const report = (facts: object, ...containers: readonly object[]) => toReport("io-net", deployment(facts), workers(...containers));

describe("statuses", () => {
  test.each([
    ["deployment requested", "requested"],
    ["DEPLOYMENT REQUESTED", "requested"],
    ["deployment_requested", "requested"],
    ["deploying", "requested"],
    ["unpaid", "requested"],
    ["Running ", "running"],
    ["failed", "failed"],
    ["error", "failed"],
    ["Termination Requested", "ending"],
    ["destroyed", "over"],
    ["stopped", "over"],
    ["completed", "consumed"],
    ["", "unknown"],
    ["paused", "unknown"],
    ["constructor", "unknown"],
  ])("%j is %s", (text, stage) => {
    expect(stageOf(text)).toBe(stage);
  });

  test("a status that is not known never counts as an end", () => {
    expect(["requested", "running", "ending", "unknown"].map((stage) => isOver(stage as ReturnType<typeof stageOf>))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("reports", () => {
  test("times without a zone are UTC", () => {
    expect(report({ status: "running", started_at: "2026-11-24T21:00:00.123456" }, { status: "running" })).toMatchObject({
      startedAtMs: Date.UTC(2026, 10, 24, 21, 0, 0, 123),
    });
  });

  test.each([
    [{ status: "deployment requested" }, { phase: "pending" }],
    [{ status: "failed" }, { phase: "ended", reason: "PROVISIONING_FAILED" }],
    [
      { status: "failed", started_at: "2026-11-24T21:00:00", finished_at: "2026-11-24T22:00:00" },
      { phase: "ended", reason: "LEASE_LOST", endedAtMs: Date.UTC(2026, 10, 24, 22) },
    ],
    [{ status: "termination requested" }, { phase: "ended", reason: "LEASE_LOST" }],
    [{ status: "destroyed" }, { phase: "ended", reason: "LEASE_LOST" }],
    [{ status: "completed" }, { phase: "ended", reason: "WORKLOAD_TIMED_OUT" }],
  ])("%j", (facts, expected) => {
    expect(report(facts)).toMatchObject({ kind: "status", ...expected });
  });

  test("a deployment that runs is starting until its container has an address or says that it runs", () => {
    const running = { status: "running" };
    expect(report(running)).toEqual({ kind: "status", phase: "starting" });
    const events = [
      { time: "2026-11-24T21:00:00", message: "Downloading image" },
      { time: "2026-11-24T20:00:00", message: "Received" },
    ];
    expect(report(running, { device_id: "d1", status: "Pending", container_events: events, public_url: null })).toEqual({
      kind: "status",
      phase: "starting",
      message: "Downloading image",
      node: { backend: "io-net", provider: "io.net", node: "d1" },
    });
    expect(report(running, { public_url: "https://a.example" })).toEqual({
      kind: "status",
      phase: "running",
      endpoint: "https://a.example",
    });
    expect(report(running, { status: "Running", container_events: null })).toEqual({ kind: "status", phase: "running" });
    expect(report(running, { status: "lost" }, { container_id: "c2", status: "running" })).toMatchObject({ phase: "running" });
  });

  test("what is no address is no endpoint", () => {
    expect(report({ status: "running" }, { status: "running", public_url: "pending" })).toEqual({ kind: "status", phase: "running" });
  });

  test("an image that cannot be had ends it, and is no lost machine", () => {
    const events = [{ time: "2026-11-24T21:00:00", message: "Failed to pull image: unauthorized" }];
    expect(report({ status: "running" }, { container_events: events })).toMatchObject({ phase: "ended", reason: "IMAGE_PULL_FAILED" });
  });

  test.each([null, undefined, "", "hibernating"])("status %j is asked for again, and never an end", (status) => {
    expect(() => report({ status })).toThrow(expect.objectContaining({ code: "BACKEND_RESPONSE_INVALID", effect: "none" }));
  });
});
