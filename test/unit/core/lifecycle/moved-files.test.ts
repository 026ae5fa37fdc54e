import { describe, expect, it } from "vitest";
import { contributors, resumable } from "../../../../src/core/lifecycle/decide.js";
import type { RunInput } from "../../../../src/core/lifecycle/inputs.js";
import type { LifecycleRules } from "../../../../src/core/lifecycle/rules.js";
import { transition } from "../../../../src/core/lifecycle/transition.js";
import { failureOf } from "../../../../src/model/errors/scheduler-error.js";
import type { LeaseReport } from "../../../../src/model/lease.js";
import type { RunState } from "../../../../src/model/run.js";
import { CAPABILITIES, newState, placement, RULES, T0 } from "../../../support/lifecycle.js";

/** Containers without exit codes, whose machines move files by themselves. */
const FAR: LifecycleRules = { ...RULES, capabilities: () => ({ ...CAPABILITIES, exitCode: false, staging: "wrapper" }) };
const TOLD: LifecycleRules = { ...RULES, capabilities: () => ({ ...CAPABILITIES, exitCode: true, staging: "wrapper" }) };

const LEASE = { ref: { backend: "b1", key: "k1", data: {} } };
const manifest = (exitCode = 0) => ({ version: 1 as const, exitCode, outputs: [] });
const report = (more: Partial<Extract<LeaseReport, { kind: "status" }>>): RunInput => ({
  type: "reported",
  report: { kind: "status", key: "k1", phase: "running", ...more },
});
const RUNNING: readonly RunInput[] = [{ type: "plan", placement: placement("k1") }, { type: "bound", key: "k1", lease: LEASE }, report({})];

function after(inputs: readonly RunInput[], rules = FAR, extra: object = { outputs: { out: {} } }, nowMs = T0): RunState {
  return transition(newState(extra), inputs, nowMs, rules).state;
}
const first = (state: RunState) => state.attempts[0];

describe("an attempt whose machine moves its own files", () => {
  it("is over once its result is seen, though the platform still says that it runs", () => {
    const step = transition(newState({ outputs: { out: {} } }), [...RUNNING, { type: "result-seen", key: "k1" }], T0, FAR);
    expect(first(step.state)).toMatchObject({ state: "collecting" });
    expect(step.commands).toContainEqual({ kind: "collect", key: "k1" });
  });

  it("is over too when the platform never said that it had started", () => {
    const seen = after([...RUNNING.slice(0, 2), { type: "result-seen", key: "k1" }]);
    expect(first(seen)).toMatchObject({ state: "collecting", startedAtMs: T0 });
  });

  it("takes no notice of a result that is seen twice, late, or for nobody", () => {
    const once = after([...RUNNING, { type: "result-seen", key: "k1" }, { type: "collected", key: "k1", manifest: manifest() }]);
    const again = transition(
      once,
      [
        { type: "result-seen", key: "k1" },
        { type: "result-seen", key: "k9" },
      ],
      T0,
      FAR,
    );
    expect(again.state).toEqual(once);
    expect(again.commands).toEqual([]);
  });

  it("has not failed because a container ended of which nobody tells the exit code", () => {
    const ended = after([...RUNNING, report({ phase: "exited" })]);
    expect(first(ended)?.error).toBeUndefined();
    expect(first(after([...RUNNING, report({ phase: "exited", exitCode: 1 })], TOLD))?.error?.code).toBe("WORKLOAD_FAILED");
  });

  it.each(["PREEMPTED", "LEASE_LOST"] as const)("has succeeded with a complete manifest, even if its lease ended with %s", (reason) => {
    const done = after([...RUNNING, report({ phase: "ended", reason }), { type: "collected", key: "k1", manifest: manifest() }]);
    expect(first(done)).toMatchObject({ state: "done", outcome: "succeeded" });
    expect(first(done)?.error).toBeUndefined();
  });

  it("ended at its timeout, not by the signal with which we ended it", () => {
    const lateMs = T0 + 365 * 86_400_000;
    const error = failureOf("PREEMPTED", "ended by a signal");
    const started = after(RUNNING);
    const { state } = transition(
      started,
      [{ type: "tick" }, { type: "collected", key: "k1", manifest: manifest(143), error }],
      lateMs,
      FAR,
    );
    expect(first(state)).toMatchObject({ outcome: "timed-out", error: { code: "WORKLOAD_TIMED_OUT" } });
  });

  it("failed for what its manifest says rather than for the number that the platform shows", () => {
    const error = failureOf("STAGING_FAILED", "upload failed");
    const found: RunInput = { type: "collected", key: "k1", manifest: manifest(83), error };
    const state = after([...RUNNING, report({ phase: "exited", exitCode: 83 }), found], TOLD);
    expect(first(state)).toMatchObject({ outcome: "lost", error: { code: "STAGING_FAILED" }, exitCode: 83 });
  });

  it("has time to fetch and store files on top of its timeout, but only if it has any", () => {
    const { timeoutGraceMs, stagingGraceMs } = RULES.timing;
    const graceOf = (state: RunState) => (first(state)?.timeoutAtMs ?? 0) - T0 - state.run.workload.timeoutMs;
    expect(graceOf(after(RUNNING))).toBe(timeoutGraceMs + stagingGraceMs);
    expect(graceOf(after(RUNNING, TOLD, { outputs: { out: {} } }))).toBe(timeoutGraceMs + stagingGraceMs);
    expect(graceOf(after(RUNNING, TOLD, {}))).toBe(timeoutGraceMs);
    expect(graceOf(after(RUNNING, RULES))).toBe(timeoutGraceMs);
  });
});

describe("a chain of resumed attempts", () => {
  const base = after(RUNNING);
  const attempt = (number: number, more: object = {}) => ({ ...(first(base) as NonNullable<ReturnType<typeof first>>), number, ...more });
  const state = (...attempts: ReturnType<typeof attempt>[]): RunState => ({ ...base, attempts });

  it("names everybody who contributed, latest first", () => {
    const third = attempt(3, { after: 2 });
    const chain = state(attempt(1), attempt(2, { after: 1 }), third, attempt(4));
    expect(contributors(chain, third).map(({ number }) => number)).toEqual([3, 2, 1]);
    expect(contributors(chain, attempt(4)).map(({ number }) => number)).toEqual([4]);
  });

  it("ends, whatever rows say", () => {
    const odd = attempt(1, { after: 1 });
    expect(contributors(state(odd), odd).map(({ number }) => number)).toEqual([1]);
  });

  it("does not go on from a result that was found wrong", () => {
    const done = { state: "done", outcome: "lost" };
    const run = { ...base.run, workload: { ...base.run.workload, checkpoint: { path: "c", costMs: 1, restoreMs: 1, sizeBytes: 0 } } };
    expect(resumable({ ...state(attempt(1, done), attempt(2, done)), run })).toBe(2);
    expect(resumable({ ...state(attempt(1, done), attempt(2, { ...done, outcome: "succeeded", verdict: "wrong" })), run })).toBe(1);
    expect(resumable(state(attempt(1, done)))).toBeUndefined();
  });
});
