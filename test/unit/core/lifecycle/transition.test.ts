import { describe, expect, it } from "vitest";
import type { RunInput } from "../../../../src/core/lifecycle/inputs.js";
import { violatedInvariants } from "../../../../src/core/lifecycle/invariants.js";
import { isAtRest, nextWakeMs } from "../../../../src/core/lifecycle/tick.js";
import { transition } from "../../../../src/core/lifecycle/transition.js";
import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import type { RunState } from "../../../../src/model/run.js";
import type { LedgerEntry } from "../../../../src/spec/store.js";
import { CAPABILITIES, newState, placement, RULES, T0 } from "../../../support/lifecycle.js";

/** Plays inputs one after the other, a second apart unless told otherwise, and remembers what was committed. */
function play(inputs: readonly (RunInput | { readonly waitMs: number })[], start: RunState = newState(), rules = RULES) {
  let state = start;
  let nowMs = T0;
  const ledger: LedgerEntry[] = [];
  const events: string[] = [];
  let commands: readonly string[] = [];
  for (const input of inputs) {
    if ("waitMs" in input) {
      nowMs += input.waitMs;
      continue;
    }
    const step = transition(state, [input], nowMs, rules);
    state = step.state;
    ledger.push(...step.changed.ledger);
    events.push(...step.changed.events.map(({ type }) => type));
    commands = step.commands.map((command) => (command.kind === "promote" ? "promote" : `${command.kind} ${command.key}`));
    expect(violatedInvariants(state, RULES.retry)).toEqual([]);
    nowMs += 1_000;
  }
  return { state, ledger, events, commands, nowMs };
}

const ref = (key: string) => ({ backend: "b1", key, data: {} });
const bound = (key: string): RunInput => ({ type: "bound", key, lease: { ref: ref(key) } });
const report = (key: string, phase: "running" | "exited" | "ended", more: object = {}): RunInput => ({
  type: "reported",
  report: { kind: "status", key, phase, ...more },
});
const manifest = { version: 1 as const, exitCode: 0, outputs: [{ path: "out", member: "", uri: "file:///tmp/o", sha256: "ab", size: 1 }] };
const failed = (
  code: ConstructorParameters<typeof SchedulerError>[0],
  effect: "none" | "unknown" = "none",
): ReturnType<SchedulerError["toJSON"]> => new SchedulerError(code, "it did not work", { effect }).toJSON();
const happy: readonly RunInput[] = [
  { type: "plan", placement: placement("k1") },
  bound("k1"),
  report("k1", "running"),
  report("k1", "exited", { exitCode: 0 }),
  { type: "collected", key: "k1", manifest },
  { type: "accepted", winner: 1, errorProbability: 0, agreed: [1], wrong: [] },
  { type: "released", key: "k1", answer: "released" },
  { type: "promoted", outputs: manifest.outputs },
];

describe("the life of a run", () => {
  it("goes from queued to succeeded, lets the lease go before the verdict and settles", () => {
    const { state, events, ledger } = play(happy);
    expect(state.run.status).toBe("succeeded");
    expect(state.run.settled).toBe(true);
    expect(isAtRest(state)).toBe(true);
    expect(nextWakeMs(state, T0)).toBeUndefined();
    expect(events).toEqual([
      "attempt-planned",
      "lease-opened",
      "attempt-started",
      "attempt-ended",
      "result-accepted",
      "run-promoting",
      "lease-released",
      "run-ended",
      "run-settled",
    ]);
    expect(ledger.reduce((sum, { held }) => sum + held, 0n)).toBe(0n);
    // Open from the second to the seventh input: 5 s at 0.36 USD/h.
    expect(ledger.reduce((sum, { spent }) => sum + spent, 0n)).toBe(500_000n);
  });

  it("books what stores bill for the inputs beside the seller's charge, as soon as the command has started and once", () => {
    const reading: RunInput = { type: "plan", placement: { ...placement("k1"), inputReading: 7_000n } };
    const played = play([reading, ...happy.slice(1)]);
    expect(played.ledger.reduce((sum, { held }) => sum + held, 0n)).toBe(0n);
    expect(played.ledger.reduce((sum, { spent }) => sum + spent, 0n)).toBe(507_000n);
    expect(played.state.leases).toMatchObject([{ charge: { amount: 500_000n }, read: 7_000n }]);
    const failedRun = play([reading, bound("k1"), report("k1", "running"), report("k1", "ended", { reason: "LEASE_LOST" })]);
    expect(
      play(
        [
          { type: "collected", key: "k1" },
          { type: "released", key: "k1", answer: "released" },
        ],
        failedRun.state,
      ).state.leases,
    ).toMatchObject([{ read: 7_000n }]);
  });

  it("waits for the seller's last word, but not for one who knows nothing of the lease any more", () => {
    const reported = { ...RULES, capabilities: () => ({ ...CAPABILITIES, charges: "reported" as const }) };
    const open = play([...happy, { type: "charged", key: "k1" }], undefined, reported);
    expect(open.state.run.settled).toBe(false);
    const hidden = play([...happy, { type: "charged", key: "k1", gone: true }], undefined, reported);
    expect(hidden.state.run.settled).toBe(false);
    const gone = play([...happy, { waitMs: CAPABILITIES.visibilityMs }, { type: "charged", key: "k1", gone: true }], undefined, reported);
    expect(gone.state.run.settled).toBe(true);
    expect(gone.state.leases[0]?.charge).toEqual({ amount: play(happy).state.leases[0]?.charge?.amount, final: true });
  });

  it("takes an old denial for what it is, however late it arrives", () => {
    const reported = { ...RULES, capabilities: () => ({ ...CAPABILITIES, charges: "reported" as const }) };
    const asked = play([...happy, { waitMs: CAPABILITIES.visibilityMs - 1_000 }], undefined, reported);
    const late: RunInput = { type: "charged", key: "k1", gone: true, askedAtMs: asked.nowMs - 2_000 };
    const answered = transition(asked.state, [late], asked.nowMs + 60_000, reported);
    expect(answered.state.run.settled).toBe(false);

    const opened = play(happy.slice(0, 2));
    const gone: RunInput = { type: "reported", report: { kind: "gone", key: "k1" }, askedAtMs: opened.nowMs };
    const seen = transition(opened.state, [gone], opened.nowMs + CAPABILITIES.visibilityMs + 60_000, RULES);
    expect(seen.state.attempts[0]?.state).toBe("starting");
  });

  it("books nothing for inputs that nobody has read", () => {
    const reading: RunInput = { type: "plan", placement: { ...placement("k1"), inputReading: 7_000n } };
    const absent = play([reading, { type: "bind-failed", key: "k1", error: failed("NO_CAPACITY") }]);
    expect(absent.ledger.reduce((sum, { spent }) => sum + spent, 0n)).toBe(0n);
    const lost = play([reading, bound("k1"), report("k1", "ended", { reason: "PROVISIONING_FAILED" })]);
    const { state } = play(
      [
        { type: "collected", key: "k1" },
        { type: "released", key: "k1", answer: "released" },
      ],
      lost.state,
    );
    expect(state.leases[0]).toMatchObject({ settled: true });
    expect(state.leases[0]).not.toHaveProperty("read");
  });

  it("takes every input twice as once", () => {
    const once = play(happy).state;
    let twice = newState();
    happy.forEach((input, index) => {
      for (let i = 0; i < 2; i++) if (input.type !== "plan" || i === 0) twice = transition(twice, [input], T0 + index * 1_000, RULES).state;
    });
    const plain = (state: RunState) => ({
      status: state.run.status,
      events: state.run.eventCount,
      outcomes: state.attempts.map(({ outcome }) => outcome),
      leases: state.leases.map(({ state, charge }) => [state, charge]),
    });
    expect(plain(twice)).toEqual(plain(once));
  });

  it("releases the lease already when the result is collected", () => {
    expect(play(happy.slice(0, 5)).commands).toEqual(["release k1"]);
  });

  it("retries elsewhere after a lost lease and remembers the node", () => {
    const { state, events } = play([
      ...happy.slice(0, 3),
      report("k1", "ended", { reason: "PREEMPTED" }),
      { type: "collected", key: "k1" },
    ]);
    expect(state.run).toMatchObject({ status: "active", failures: 1, exclusions: { nodes: ["b1/n1"] } });
    expect(state.attempts[0]).toMatchObject({ outcome: "preempted", error: { code: "PREEMPTED" } });
    expect(events).toContain("fallback");
  });

  it("does not count the reclaim of checkpointed work as a failure", () => {
    const start = newState({ checkpoint: { path: "/ck", size: "1GiB" } });
    const { state } = play([...happy.slice(0, 3), report("k1", "ended", { reason: "PREEMPTED" }), { type: "collected", key: "k1" }], start);
    expect(state.run.failures).toBe(0);
  });

  it("fails at once when the command fails by itself, and says what was spent", () => {
    const { state } = play([
      ...happy.slice(0, 3),
      report("k1", "exited", { exitCode: 3 }),
      { type: "collected", key: "k1", manifest: { ...manifest, exitCode: 3, outputs: [] } },
    ]);
    expect(state.run.status).toBe("failed");
    expect(state.run.error).toMatchObject({ code: "WORKLOAD_FAILED", details: { exitCode: 3 } });
    expect(state.run.error?.message).toContain("1 attempt");
  });

  it("gives up after the policy's number of failures", () => {
    const inputs: RunInput[] = [];
    for (const [key, node] of [
      ["k1", "n1"],
      ["k2", "n2"],
      ["k3", "n3"],
    ] as const) {
      inputs.push({ type: "plan", placement: placement(key, node) }, bound(key), report(key, "running"), report(key, "ended"), {
        type: "collected",
        key,
      });
    }
    const { state } = play(inputs);
    expect(state.run).toMatchObject({ status: "failed", failures: 3, error: { code: "ATTEMPTS_EXHAUSTED" } });
  });
});

describe("an ambiguous bind", () => {
  const unknown: RunInput = { type: "bind-failed", key: "k1", error: failed("BACKEND_TIMEOUT", "unknown") };

  it("is asked about, and taken up when the lease turns out to exist", () => {
    const { state, commands } = play([...happy.slice(0, 1), unknown]);
    expect(commands).toEqual(["find k1"]);
    expect(state.attempts[0]?.state).toBe("binding");
    const later = play([{ type: "found", finding: { kind: "bound", key: "k1", lease: { ref: ref("k1") } } }], state);
    expect(later.state.attempts[0]?.state).toBe("starting");
  });

  it("is not believed absent before it could have become visible", () => {
    const absent: RunInput = { type: "found", finding: { kind: "absent", key: "k1" } };
    const early = play([...happy.slice(0, 1), unknown, absent]);
    expect(early.state.leases[0]).toMatchObject({ state: "intended", settled: false });
    const late = play([...happy.slice(0, 1), unknown, { waitMs: 20_000 }, absent]);
    expect(late.state.leases[0]).toMatchObject({ state: "absent", settled: true });
    expect(late.ledger.map(({ held }) => held)).toEqual([1_000_000_000n, -1_000_000_000n]);
    expect(late.state.run).toMatchObject({ status: "active", failures: 0, launches: 1 });
    const asked: RunInput = { ...absent, askedAtMs: early.nowMs };
    const delayed = play([{ waitMs: 60_000 }, asked], early.state);
    expect(delayed.state.leases[0]).toMatchObject({ state: "intended", settled: false });
  });

  it("found by others, who do not know the price, is charged as its own answer says", () => {
    const found: RunInput = { type: "found", finding: { kind: "bound", key: "k1", lease: { ref: ref("k1") } } };
    const answer: RunInput = { type: "bound", key: "k1", lease: { ref: ref("k1"), price: { usdPerHour: 0.18 } } };
    const { state } = play([...happy.slice(0, 1), found, answer, ...happy.slice(2)]);
    expect(state.leases[0]).toMatchObject({ price: { usdPerHour: 0.18 }, charge: { amount: 300_000n, final: true } });
  });

  it("that stays unresolved loses the attempt, keeps the money held, and is booked as spent at the end of its lifetime", () => {
    const still: RunInput = { type: "found", finding: { kind: "unknown", key: "k1" } };
    const { state } = play([...happy.slice(0, 1), unknown, { waitMs: 120_000 }, still]);
    expect(state.attempts[0]).toMatchObject({ state: "done", outcome: "lost", error: { code: "BIND_UNRESOLVED" } });
    expect(state.leases[0]).toMatchObject({ state: "intended", settled: false });
    const end = transition(state, [{ type: "tick" }], T0 + 3_700_000, RULES);
    expect(end.state.leases[0]).toMatchObject({ settled: true, charge: { amount: 1_000_000_000n, final: true } });
  });

  it("that comes to light late goes straight to release, even after the run is over", () => {
    const { state } = play([...happy.slice(0, 1), unknown, { type: "cancel" }]);
    expect(state.run.status).toBe("cancelled");
    const late = transition(
      state,
      [{ type: "found", finding: { kind: "bound", key: "k1", lease: { ref: ref("k1") } } }],
      T0 + 60_000,
      RULES,
    );
    expect(late.state.leases[0]?.state).toBe("releasing");
    expect(late.commands).toEqual([{ kind: "release", key: "k1" }]);
  });

  it("with a partial order is released, never resumed", () => {
    const { state, commands } = play([...happy.slice(0, 1), { type: "bind-progress", key: "k1", partial: ref("k1") }, unknown]);
    expect(commands).toEqual(["release k1"]);
    expect(state.attempts[0]?.outcome).toBe("lost");
  });
});

describe("release", () => {
  const running = happy.slice(0, 3);

  it("is retried while pending, and flagged as stuck after repeated failures, but never given up", () => {
    const tries: RunInput[] = [];
    for (let i = 0; i < 6; i++) tries.push({ type: "release-failed", key: "k1", error: failed("BACKEND_UNAVAILABLE", "unknown") });
    const { state, events } = play([...running, { type: "cancel" }, { type: "released", key: "k1", answer: "pending" }, ...tries]);
    expect(state.leases[0]).toMatchObject({ state: "releasing", stuck: true });
    expect(events.filter((type) => type === "lease-stuck")).toHaveLength(1);
    expect(nextWakeMs(state, T0)).toBeDefined();
    const freed = play([{ type: "released", key: "k1", answer: "released" }], state);
    expect(freed.state.run.settled).toBe(true);
  });

  it("delays settled, not the result", () => {
    const { state } = play([...happy.slice(0, 6), { type: "promoted", outputs: manifest.outputs }]);
    expect(state.run).toMatchObject({ status: "succeeded", settled: false });
  });
});

describe("limits of time", () => {
  it("ends an attempt whose machine never starts", () => {
    const { state } = play([...happy.slice(0, 2), { waitMs: 71_000 }, { type: "tick" }]);
    expect(state.attempts[0]).toMatchObject({ outcome: "lost", error: { code: "PROVISIONING_TIMED_OUT" } });
    expect(state.leases[0]?.state).toBe("releasing");
  });

  it("ends a command that runs longer than its timeout", () => {
    const start = newState({ timeout: "30s" });
    const { state } = play([...happy.slice(0, 3), { waitMs: 40_000 }, { type: "tick" }], start);
    expect(state.attempts[0]).toMatchObject({ outcome: "timed-out", error: { code: "WORKLOAD_TIMED_OUT" } });
    expect(state.run.status).toBe("failed");
  });
});

describe("cancellation", () => {
  it("changes nothing once a result has been accepted", () => {
    const { state } = play([...happy.slice(0, 6), { type: "cancel" }]);
    expect(state.run.status).toBe("promoting");
  });

  it("stops every attempt and releases every lease", () => {
    const { state } = play([
      { type: "plan", placement: placement("k1") },
      bound("k1"),
      { type: "plan", placement: placement("k2", "n2") },
      bound("k2"),
      { type: "cancel" },
    ]);
    expect(state.run.status).toBe("cancelled");
    expect(state.attempts.map(({ outcome }) => outcome)).toEqual(["cancelled", "cancelled"]);
    expect(state.leases.map(({ state }) => state)).toEqual(["releasing", "releasing"]);
  });
});
