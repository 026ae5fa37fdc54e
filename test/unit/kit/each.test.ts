import { describe, expect, it } from "vitest";
import { findEach, inspectEach } from "../../../src/kit/each.js";
import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";
import { makeCall, rejection } from "./make-call.js";

const refs = ["a", "b", "c"].map((name) => ({ backend: "acme", key: `testns-${name}`, data: name }));

describe("inspectEach", () => {
  it("gives one report for each lease, whatever happens to the others", async () => {
    const reports = await inspectEach(refs, makeCall(), async ({ data }) => {
      if (data === "b") return undefined;
      if (data === "c") throw new SchedulerError("BACKEND_TIMEOUT", "too slow");
      return { kind: "status", phase: "exited", exitCode: 3 };
    });
    expect(reports).toMatchObject([
      { kind: "status", key: "testns-a", phase: "exited", exitCode: 3 },
      { kind: "gone", key: "testns-b" },
      { kind: "unknown", key: "testns-c", error: { code: "BACKEND_TIMEOUT" } },
    ]);
  });

  it("makes an error of ours out of a foreign one", async () => {
    const [report] = await inspectEach(refs.slice(0, 1), makeCall(), () => Promise.reject(new Error("odd")));
    expect(report).toMatchObject({ kind: "unknown", error: { code: "BACKEND_UNAVAILABLE", message: "acme could not be asked: odd" } });
  });

  it.each(["BACKEND_AUTH_FAILED", "BACKEND_RATE_LIMITED", "DEPENDENCY_MISSING"] as const)("fails as a whole on %s", async (code) => {
    const thrown = new SchedulerError(code, "no");
    expect(await rejection(inspectEach(refs, makeCall(), () => Promise.reject(thrown)))).toBe(thrown);
  });

  it("fails with the signal's reason on abort", async () => {
    const controller = new AbortController();
    const call = makeCall({ signal: controller.signal });
    const failed = inspectEach(refs, call, async () => {
      controller.abort("stop");
      throw new Error("cut off");
    });
    expect(await rejection(failed)).toBe("stop");
  });
});

describe("findEach", () => {
  it("knows bound, absent, partial and unknown", async () => {
    const partial = refs[2];
    const intents = [
      { key: "testns-a", intendedAtMs: 0 },
      { key: "testns-b", intendedAtMs: 0 },
      { key: "testns-c", intendedAtMs: 0, ...(partial === undefined ? {} : { partial }) },
      { key: "testns-d", intendedAtMs: 0 },
    ];
    const findings = await findEach(intents, makeCall(), async ({ key }) => {
      if (key === "testns-a") return { ref: { backend: "acme", key, data: 1 } };
      if (key === "testns-d") throw new Error("odd");
      return undefined;
    });
    expect(findings.map((finding) => finding.kind)).toEqual(["bound", "absent", "partial", "unknown"]);
    expect(findings[2]).toEqual({ kind: "partial", key: "testns-c", ref: partial });
  });
});
