import { describe, expect, it } from "vitest";
import type { RunInput } from "../../../../src/core/lifecycle/inputs.js";
import { violatedInvariants } from "../../../../src/core/lifecycle/invariants.js";
import type { LifecycleRules } from "../../../../src/core/lifecycle/rules.js";
import { nextWakeMs } from "../../../../src/core/lifecycle/tick.js";
import { transition } from "../../../../src/core/lifecycle/transition.js";
import { failureOf } from "../../../../src/model/errors/scheduler-error.js";
import type { RunState } from "../../../../src/model/run.js";
import { CAPABILITIES, newState, placement, RULES, T0 } from "../../../support/lifecycle.js";
import { fc } from "../../../support/property.js";

const HOUR = 3_600_000;
const BILLING = { granularityMs: HOUR, minimumMs: 0, prepaid: false, refund: "unused" as const };
const WARM: LifecycleRules = {
  ...RULES,
  capabilities: () => ({ ...CAPABILITIES, reuse: true, charges: "reported", billing: BILLING }),
  warm: { idleMs: 900_000, leastIdleMs: 60_000, releaseMs: 60_000, trusts: () => true },
};

const manifest = { version: 1 as const, exitCode: 0, outputs: [] };
const keys = fc.constantFrom("k1", "k2", "k3");
const refOf = (key: string) => ({ backend: "b1", key, data: {} });
const failure = fc.constantFrom("none", "unknown").map((effect) => failureOf("BACKEND_TIMEOUT", "No answer.", { effect }));
const charge = fc.record({ amount: fc.bigInt({ min: 0n, max: 900_000_000n }), final: fc.boolean() });

/** What the world may say about one placement, true or not, in whatever order. */
const saying: fc.Arbitrary<RunInput> = fc.oneof(
  keys.map((key): RunInput => ({ type: "bound", key, lease: { ref: refOf(key), price: { usdPerHour: 0.3 } } })),
  fc.record({ type: fc.constant("bind-failed"), key: keys, error: failure }),
  fc.record({ type: fc.constant("start-failed"), key: keys, error: failure }),
  fc.record({
    type: fc.constant("found"),
    finding: keys.chain((key) =>
      fc.constantFrom(
        { kind: "bound" as const, key, lease: { ref: refOf(key) } },
        { kind: "partial" as const, key, ref: refOf(key) },
        { kind: "absent" as const, key },
        { kind: "unknown" as const, key },
      ),
    ),
  }),
  fc
    .tuple(keys, fc.constantFrom("pending", "starting", "running", "exited", "ended"), fc.option(charge, { nil: undefined }))
    .map(([key, phase, said]): RunInput => {
      const more = { ...(phase === "exited" ? { exitCode: 0 } : {}), ...(said === undefined ? {} : { charge: said }) };
      return { type: "reported", report: { kind: "status", key, phase, attempt: key, ...more } };
    }),
  keys.map((key): RunInput => ({ type: "reported", report: { kind: "gone", key } })),
  keys.map((key): RunInput => ({ type: "collected", key, manifest })),
  fc.record({ type: fc.constant("released"), key: keys, answer: fc.constantFrom("released", "pending") }),
  fc.record({ type: fc.constant("release-failed"), key: keys, error: failure }),
  fc.tuple(keys, charge).map(([key, said]): RunInput => ({ type: "charged", key, charge: said })),
  keys.map((key): RunInput => ({ type: "charged", key, gone: true })),
  fc.constantFrom<RunInput>({ type: "recover" }, { type: "cool" }, { type: "cancel" }, { type: "promoted", outputs: [] }),
);

/** What happens when nothing goes wrong: one more attempt, on a lease of its own or on one that stands idle; its next step; its acceptance. */
type Course = "plan" | "reuse" | "step" | "accept";
const course = fc.constantFrom<Course>("plan", "reuse", "step", "step", "step", "accept");
const moment = fc.record({
  afterMs: fc.constantFrom(0, 0, 0, 1, 1_000, 1_000, 59_000, 600_000, HOUR, 3 * HOUR),
  what: fc.oneof(saying, { weight: 2, arbitrary: course }),
});

function inputOf(state: RunState, what: RunInput | Course): RunInput | undefined {
  if (typeof what !== "string") return what;
  if (what === "step") return nextStep(state);
  if (what === "accept") {
    const winner = state.attempts.find(({ outcome, verdict }) => outcome === "succeeded" && verdict !== "wrong")?.number;
    return winner === undefined ? undefined : { type: "accepted", winner, errorProbability: 0, agreed: [winner], wrong: [] };
  }
  const key = `k${state.attempts.length + 1}`;
  if (state.attempts.length === 3) return undefined;
  const idle = state.leases.find((lease) => lease.owner.kind === "warm" && lease.state === "open" && lease.reuseKey !== undefined);
  if (what === "reuse" && idle === undefined) return undefined;
  return { type: "plan", placement: { ...placement(key), ...(what === "reuse" && idle !== undefined ? { reuse: idle } : {}) } };
}

function nextStep({ attempts }: RunState): RunInput | undefined {
  const attempt = attempts.findLast(({ state }) => state !== "done");
  if (attempt === undefined) return undefined;
  const { key } = attempt;
  switch (attempt.state) {
    case "binding":
      return { type: "bound", key, lease: { ref: refOf(key) } };
    case "starting":
      return { type: "reported", report: { kind: "status", key, phase: "running", attempt: key } };
    case "running":
      return { type: "reported", report: { kind: "status", key, phase: "exited", attempt: key, exitCode: 0 } };
    default:
      return { type: "collected", key, manifest };
  }
}

const smooth: readonly Course[] = ["plan", "step", "step", "step", "step", "reuse", "step", "step", "step", "accept"];
/** All goes well for a while, and then it does not. */
const histories = fc
  .tuple(fc.integer({ min: 1, max: smooth.length }), fc.array(moment, { minLength: 5, maxLength: 40 }))
  .map(([well, rest]) => [...smooth.slice(0, well).map((what) => ({ afterMs: 1_000, what })), ...rest]);

/** Plays histories; `look` sees each input with the state that it meets, and answers the state that it leads to. */
function inEachHistory(numRuns: number, look: (state: RunState, input: RunInput | undefined, nowMs: number) => RunState): void {
  fc.assert(
    fc.property(histories, (history) => {
      let state = newState();
      let nowMs = T0;
      for (const { afterMs, what } of history) {
        nowMs += afterMs;
        state = look(state, inputOf(state, what), nowMs);
      }
    }),
    { numRuns },
  );
}

/** Repeated denials, refusals and answers to questions are counted, since each was a question of its own; plans are new attempts. */
const IS_COUNTED: ReadonlySet<RunInput["type"]> = new Set([
  "plan",
  "accepted",
  "found",
  "released",
  "release-failed",
  "charged",
  "recover",
  "bind-failed",
]);

describe("a run, whatever is said to it and whenever", () => {
  it("keeps its invariants, and never asks to be woken for a time that has passed", () => {
    let slept = 0;
    inEachHistory(2_000, (before, input, nowMs) => {
      const told = input === undefined ? before : transition(before, [input], nowMs, WARM).state;
      expect(violatedInvariants(told, RULES.retry)).toEqual([]);
      const { state } = transition(told, [{ type: "tick" }], nowMs, WARM);
      expect(violatedInvariants(state, RULES.retry)).toEqual([]);
      const wakeMs = nextWakeMs(state, nowMs);
      if (wakeMs !== undefined) expect(wakeMs).toBeGreaterThan(nowMs);
      slept += wakeMs === undefined ? 0 : 1;
      return state;
    });
    expect(slept).toBeGreaterThan(1_000);
  });

  it("takes what was said twice as said once", () => {
    let repeated = 0;
    inEachHistory(1_000, (before, input, nowMs) => {
      if (input === undefined) return before;
      const once = transition(before, [input], nowMs, WARM).state;
      if (IS_COUNTED.has(input.type)) return once;
      expect(transition(before, [input, input], nowMs, WARM).state).toEqual(once);
      repeated += 1;
      return once;
    });
    expect(repeated).toBeGreaterThan(1_000);
  });
});
