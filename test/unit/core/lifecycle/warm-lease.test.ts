import { describe, expect, it } from "vitest";
import type { RunInput } from "../../../../src/core/lifecycle/inputs.js";
import { violatedInvariants } from "../../../../src/core/lifecycle/invariants.js";
import type { LifecycleRules } from "../../../../src/core/lifecycle/rules.js";
import { isAtRest, nextWakeMs } from "../../../../src/core/lifecycle/tick.js";
import { transition } from "../../../../src/core/lifecycle/transition.js";
import { isIdle, reuseKeyOf } from "../../../../src/core/lifecycle/warm-lease.js";
import { failureOf } from "../../../../src/model/errors/scheduler-error.js";
import type { LeaseRow } from "../../../../src/model/lease.js";
import type { RunState } from "../../../../src/model/run.js";
import type { CommitBatch } from "../../../../src/spec/store.js";
import { CAPABILITIES, newState, placement, RULES, T0, workload } from "../../../support/lifecycle.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** 0.36 USD an hour. */
const HOUR_COSTS = 360_000_000n;
const CAPABLE = { ...CAPABILITIES, reuse: true, billing: { granularityMs: HOUR, minimumMs: 0, prepaid: false, refund: "unused" as const } };
const WARM: LifecycleRules = {
  ...RULES,
  capabilities: () => CAPABLE,
  warm: { idleMs: 15 * MINUTE, leastIdleMs: MINUTE, releaseMs: MINUTE, trusts: () => true },
};
const UNCONFIRMED: LifecycleRules = { ...WARM, warm: { idleMs: 15 * MINUTE, leastIdleMs: MINUTE, releaseMs: MINUTE, trusts: () => false } };

const ref = (key: string) => ({ backend: "b1", key, data: {} });
const manifest = { version: 1 as const, exitCode: 0, outputs: [] };
const report = (key: string, phase: "running" | "exited" | "ended", more: object = {}): RunInput => ({
  type: "reported",
  report: { kind: "status", key, phase, ...more },
});

/** A run with its clock. */
class Stage {
  nowMs = T0;
  readonly events: { readonly type: string }[] = [];
  readonly ledger: NonNullable<CommitBatch["ledger"]>[number][] = [];
  commands: readonly string[] = [];
  foreign: readonly LeaseRow[] = [];
  state: RunState;
  readonly rules: LifecycleRules;

  constructor(rules: LifecycleRules = WARM, state: RunState = newState()) {
    this.rules = rules;
    this.state = state;
  }

  apply(...inputs: readonly RunInput[]): this {
    for (const input of inputs) {
      const step = transition(this.state, [input], this.nowMs, this.rules);
      this.state = step.state;
      this.events.push(...step.changed.events);
      this.ledger.push(...step.changed.ledger);
      this.foreign = step.changed.leases.filter(({ key }) => !step.state.leases.some((lease) => lease.key === key));
      this.commands = step.commands.map((command) => (command.kind === "promote" ? "promote" : `${command.kind} ${command.key}`));
      expect(violatedInvariants(this.state, RULES.retry)).toEqual([]);
      this.nowMs += 1_000;
    }
    return this;
  }

  wait(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  /** An attempt whose command has run for five minutes and ended. */
  ran(exit: object = { exitCode: 0 }): this {
    this.apply(
      { type: "plan", placement: placement("k1") },
      { type: "bound", key: "k1", lease: { ref: ref("k1") } },
      report("k1", "running"),
    );
    return this.wait(5 * MINUTE).apply(report("k1", "exited", exit));
  }

  lease(key = "k1"): LeaseRow {
    const found = this.state.leases.find((lease) => lease.key === key);
    if (found === undefined) throw new Error(`There is no lease ${key}.`);
    return found;
  }

  get spent(): bigint {
    return this.ledger.reduce((sum, { spent }) => sum + spent, 0n);
  }

  get held(): bigint {
    return this.ledger.reduce((sum, { held }) => sum + held, 0n);
  }
}

const collected: RunInput = { type: "collected", key: "k1", manifest };
const accepted = (agreed: readonly number[] = []): RunInput => ({ type: "accepted", winner: 1, errorProbability: 0, agreed, wrong: [] });
const kept = (rules?: LifecycleRules) => new Stage(rules).ran().apply(collected);

describe("a lease after its command has ended by itself", () => {
  it("stays open while its time is paid for, and the attempt is charged what releasing it would cost", () => {
    const stage = kept().apply(accepted());
    expect(isIdle(stage.lease())).toBe(true);
    expect(stage.lease()).toMatchObject({ settled: true, charge: { amount: HOUR_COSTS, final: true }, reuseKey: reuseKeyOf(workload()) });
    expect(stage.lease().paidUntilMs).toBe(T0 + HOUR);
    expect(stage.state.run).toMatchObject({ status: "succeeded", settled: true });
    expect([stage.held, stage.spent]).toEqual([0n, HOUR_COSTS]);
    expect(isAtRest(stage.state)).toBe(false);
    expect(stage.events.map(({ type }) => type)).toContain("lease-kept");
  });

  it("is let go when nobody comes, at no further cost and without a second settlement", () => {
    const stage = kept().apply(accepted());
    const untilMs = stage.lease().idleUntilMs ?? 0;
    expect(nextWakeMs(stage.state, stage.nowMs)).toBe(untilMs);
    stage.nowMs = untilMs;
    stage.apply({ type: "tick" });
    expect(stage.commands).toEqual(["release k1"]);
    stage.apply({ type: "released", key: "k1", answer: "released" });
    expect(isAtRest(stage.state)).toBe(true);
    expect(stage.spent).toBe(HOUR_COSTS);
    expect(stage.events.filter(({ type }) => type === "run-settled")).toHaveLength(1);
  });

  it("costs what it costs when it could not be let go in time", () => {
    const stage = kept().apply(accepted());
    stage.wait(2 * HOUR).apply({ type: "tick" }, { type: "released", key: "k1", answer: "released" });
    expect(stage.lease().charge).toEqual({ amount: 3n * HOUR_COSTS, final: true });
    expect([stage.held, stage.spent]).toEqual([0n, 3n * HOUR_COSTS]);
    expect(stage.events.filter(({ type }) => type === "run-settled")).toHaveLength(2);
  });

  it("is asked for its final charge where sellers report one", () => {
    const stage = new Stage({ ...WARM, capabilities: () => ({ ...CAPABLE, charges: "reported" }) }).ran().apply(collected, accepted());
    stage.wait(HOUR).apply({ type: "tick" }, { type: "released", key: "k1", answer: "released" });
    expect(stage.commands).toEqual(["ask-charge k1"]);
    stage.apply({ type: "charged", key: "k1", charge: { amount: HOUR_COSTS, final: true } });
    expect([stage.spent, stage.state.run.settled]).toEqual([HOUR_COSTS, true]);
    expect(stage.events.filter(({ type }) => type === "run-settled")).toHaveLength(1);
  });

  it("is let go at once when all are", () => {
    expect(kept().apply({ type: "cool" }).commands).toEqual(["release k1"]);
  });

  it("also after a plain failure", () => {
    const stage = new Stage().ran({ exitCode: 3 }).apply({ type: "collected", key: "k1", manifest: { ...manifest, exitCode: 3 } });
    expect(stage.state.run.status).toBe("failed");
    expect(isIdle(stage.lease())).toBe(true);
  });

  const billedBy = (billing: object): LifecycleRules => ({
    ...WARM,
    capabilities: () => ({ ...CAPABLE, billing: { ...CAPABLE.billing, ...billing } }),
  });
  it.each<[string, LifecycleRules]>([
    ["nothing is left of a minute that is paid for", billedBy({ granularityMs: MINUTE })],
    ["too little is left", billedBy({ granularityMs: 7 * MINUTE })],
    ["the backend cannot start a second launch", { ...WARM, capabilities: () => ({ ...CAPABLE, reuse: false }) }],
    ["it is switched off", { ...WARM, warm: undefined }],
  ])("is let go when %s", (_, rules) => {
    expect(kept(rules).commands).toContain("release k1");
  });

  it.each<[string, Stage]>([
    [
      "its outputs could not be had",
      new Stage().ran().apply({ type: "collected", key: "k1", error: failureOf("STAGING_FAILED", "Lost.") }),
    ],
    ["it left nothing behind", new Stage().ran({ exitCode: 3 }).apply({ type: "collected", key: "k1" })],
    [
      "it ran out of memory",
      new Stage()
        .ran({ exitCode: 137, reason: "WORKLOAD_OUT_OF_MEMORY" })
        .apply({ ...collected, manifest: { ...manifest, exitCode: 137 } } as RunInput),
    ],
    [
      "its time was over",
      new Stage()
        .ran({ exitCode: 143, reason: "WORKLOAD_TIMED_OUT" })
        .apply({ ...collected, manifest: { ...manifest, exitCode: 143 } } as RunInput),
    ],
    ["the run was cancelled", new Stage().ran().apply({ type: "cancel" }, collected)],
  ])("is let go when %s", (_, stage) => {
    expect(isIdle(stage.lease())).toBe(false);
    expect(["releasing", "released"]).toContain(stage.lease().state);
  });
});

describe("a lease whose result has still to be confirmed", () => {
  it("is offered once it was", () => {
    const stage = kept(UNCONFIRMED);
    expect(stage.lease()).not.toHaveProperty("reuseKey");
    expect(stage.apply(accepted([1])).lease()).toHaveProperty("reuseKey");
  });

  it("is let go when it was wrong, or when the run fails", () => {
    const rejected: RunInput = { type: "rejected", error: failureOf("VERIFICATION_FAILED", "Wrong.", { retry: "never" }), wrong: [1] };
    expect(kept(UNCONFIRMED).apply(rejected).commands).toContain("release k1");
    expect(kept(UNCONFIRMED).apply({ type: "fail", error: failureOf("DEADLINE_EXCEEDED", "Late.") }).commands).toContain("release k1");
  });
});

describe("an attempt that takes an idle lease over", () => {
  const former = kept().apply(accepted()).lease();
  const second = (): RunState => {
    const state = newState();
    return { ...state, run: { ...state.run, id: "r2" } };
  };
  const planned = () => {
    const stage = new Stage(WARM, second()).wait(10 * MINUTE);
    return stage.apply({ type: "plan", placement: { ...placement("k2"), reuse: former } });
  };
  const started = () => planned().apply({ type: "bound", key: "k2", lease: { ref: ref("k1") } });
  const reportOn = (phase: "running" | "exited" | "ended", more: object = {}) => report("k2", phase, { attempt: "k2", ...more });

  it("writes the former row together with its own, so that nobody else can", () => {
    const stage = planned();
    expect(stage.commands).toEqual(["start k2"]);
    expect(stage.foreign).toMatchObject([
      { key: "k1", version: former.version + 1, state: "released", passedTo: "k2", owner: { runId: "r1" } },
    ]);
    expect(stage.lease("k2")).toMatchObject({
      state: "intended",
      ref: ref("k1"),
      paidUntilMs: former.paidUntilMs,
      reused: { from: "k1", charged: HOUR_COSTS },
    });
  });

  it("is charged what it costs beyond the former one's share, which is nothing within the hour", () => {
    const stage = started()
      .apply(reportOn("running"))
      .wait(5 * MINUTE)
      .apply(reportOn("exited", { exitCode: 0 }));
    expect(stage.events.map(({ type }) => type)).toContain("lease-reused");
    stage.apply({ type: "collected", key: "k2", manifest }, accepted());
    expect(stage.lease("k2")).toMatchObject({ owner: { kind: "warm" }, charge: { amount: 0n }, paidUntilMs: former.paidUntilMs });
    expect([stage.held, stage.spent]).toEqual([0n, 0n]);
  });

  it("pays for each launch where that costs", () => {
    const dear = { ...former, price: { usdPerHour: 0.36, usdPerLaunch: 0.1 }, charge: { amount: HOUR_COSTS + 100_000_000n, final: true } };
    const stage = new Stage(WARM, second()).wait(10 * MINUTE);
    stage.apply({ type: "plan", placement: { ...placement("k2"), reuse: dear } }, { type: "bound", key: "k2", lease: { ref: ref("k1") } });
    stage.apply({ type: "stop", attempt: 1, why: "superseded", error: failureOf("SUPERSEDED", "Enough.") });
    stage.apply({ type: "released", key: "k2", answer: "released" });
    expect(stage.lease("k2").charge?.amount).toBe(100_000_000n);
  });

  it("counts only its own part of what a seller reports", () => {
    const stage = started().apply(reportOn("running", { charge: { amount: HOUR_COSTS + 5n, final: false } }));
    expect(stage.lease("k2").charge).toEqual({ amount: 5n, final: false });
  });

  it("takes no notice of how the former command ended, but of the end of the lease", () => {
    const stage = started().apply(report("k2", "exited", { attempt: "k1", exitCode: 1 }));
    expect(stage.state.attempts[0]?.state).toBe("starting");
    stage.apply(report("k2", "ended", { attempt: "k1", reason: "LEASE_LOST" }));
    expect(stage.state.attempts[0]?.state).toBe("collecting");
  });

  it("looks for another place when the lease cannot be used, which is no failure", () => {
    const stage = planned().apply({
      type: "start-failed",
      key: "k2",
      error: failureOf("BACKEND_TIMEOUT", "No answer.", { effect: "unknown" }),
    });
    expect(stage.commands).toEqual(["release k2"]);
    expect(stage.state.attempts[0]).toMatchObject({ state: "done", outcome: "lost", error: { code: "OFFER_EXPIRED" } });
    expect(stage.state.run).toMatchObject({ status: "active", failures: 0, launches: 1 });
    stage.apply({ type: "released", key: "k2", answer: "released" });
    expect([stage.held, stage.spent]).toEqual([0n, 0n]);
  });

  it("lets the lease go after a crash: whether it was started nobody knows", () => {
    const stage = planned().apply({ type: "recover" });
    expect(stage.commands).toEqual(["release k2"]);
    expect(stage.state.run.launches).toBe(1);
    expect(started().apply({ type: "recover" }).commands).toEqual(["watch k2"]);
  });

  it("ends before anything is charged that was not paid for", () => {
    const stage = started().apply(reportOn("running"));
    expect(nextWakeMs(stage.state, stage.nowMs)).toBeLessThanOrEqual(former.paidUntilMs ?? 0);
    stage.nowMs = former.paidUntilMs ?? 0;
    expect(stage.apply({ type: "tick" }).commands).toContain("release k2");
    expect(stage.state.run.failures).toBe(1);
  });

  it("is not woken for the end of that time once its command is over", () => {
    const stage = started().apply(reportOn("running"), reportOn("exited", { exitCode: 0 }));
    expect(stage.state.attempts[0]?.state).toBe("collecting");
    expect(nextWakeMs(stage.state, former.paidUntilMs ?? 0)).toBeUndefined();
  });

  it("may follow on one of its own run", () => {
    const stage = kept();
    stage.apply({ type: "plan", placement: { ...placement("k2"), reuse: stage.lease() } });
    expect(stage.foreign).toEqual([]);
    expect([stage.lease("k1"), stage.lease("k2")]).toMatchObject([{ state: "released", passedTo: "k2" }, { state: "intended" }]);
    expect(stage.commands).toEqual(["start k2"]);
  });
});

describe("a run whose idle lease was taken over", () => {
  it("is done with it", () => {
    const stage = kept().apply(accepted());
    const lease: LeaseRow = { ...stage.lease(), version: stage.lease().version + 1, state: "released", passedTo: "k2" };
    stage.apply({ type: "passed-on", lease });
    expect(stage.commands).toEqual([]);
    expect(isAtRest(stage.state)).toBe(true);
  });
});
