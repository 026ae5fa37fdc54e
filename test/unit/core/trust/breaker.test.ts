import { describe, expect, it } from "vitest";
import {
  BACKEND_BREAKER,
  type BreakerEvent,
  type BreakerOptions,
  type BreakerState,
  CLOSED_BREAKER,
  NODE_BREAKER,
  stepBreaker,
  viewBreaker,
} from "../../../../src/core/trust/breaker.js";

const MINUTE = 60_000;
const after = (events: readonly BreakerEvent[], options: BreakerOptions): BreakerState =>
  events.reduce((state, event) => stepBreaker(state, event, options), CLOSED_BREAKER);
const run = (ok: boolean, atMs: number): BreakerEvent => ({ of: "run", ok, atMs });
const launch = (ok: boolean, atMs: number): BreakerEvent => ({ of: "launch", ok, atMs });

describe("opening", () => {
  it("a backend opens at the fifth failure in a row, not the fourth", () => {
    const four = after(
      [0, 1, 2, 3].map((at) => run(false, at)),
      BACKEND_BREAKER,
    );
    expect(viewBreaker(four, 4, BACKEND_BREAKER)).toEqual({ state: "closed", share: 1 });
    const five = stepBreaker(four, run(false, 4), BACKEND_BREAKER);
    expect(viewBreaker(five, 5, BACKEND_BREAKER)).toEqual({ state: "open", untilMs: 4 + MINUTE, share: 0 });
  });

  it("a node opens at the second", () => {
    const state = after([run(false, 0), run(false, 1)], NODE_BREAKER);
    expect(viewBreaker(state, 2, NODE_BREAKER)).toEqual({ state: "open", untilMs: 1 + 10 * MINUTE, share: 0 });
  });

  it("a finished run between failures starts the count again", () => {
    const state = after([run(false, 0), run(true, 1), run(false, 2)], NODE_BREAKER);
    expect(viewBreaker(state, 3, NODE_BREAKER).state).toBe("closed");
  });

  it("a node on which every launch works and every run fails is caught all the same", () => {
    const state = after([launch(true, 0), run(false, 1), launch(true, 2), run(false, 3)], NODE_BREAKER);
    expect(viewBreaker(state, 4, NODE_BREAKER).state).toBe("open");
  });

  it("launches that work between launches that fail keep it closed, though no run has ended yet", () => {
    const events = Array.from({ length: 40 }, (_, i) => launch(i % 4 !== 0, i));
    expect(viewBreaker(after(events, BACKEND_BREAKER), 100, BACKEND_BREAKER).state).toBe("closed");
  });
});

describe("re-entry", () => {
  const opened = after([run(false, 0), run(false, 0)], NODE_BREAKER);
  const half = 10 * MINUTE;

  it("lets 10 %, 30 % and 100 % through, one step for each success, and then closes", () => {
    let state = opened;
    const shares: number[] = [];
    for (let i = 0; i < 3; i++) {
      shares.push(viewBreaker(state, half + i, NODE_BREAKER).share);
      expect(viewBreaker(state, half + i, NODE_BREAKER).state).toBe("half-open");
      state = stepBreaker(state, run(true, half + i), NODE_BREAKER);
    }
    expect(shares).toEqual([0.1, 0.3, 1]);
    expect(state).toEqual(CLOSED_BREAKER);
  });

  it("one failure opens it again for twice the time, up to the limit, and closing forgets that", () => {
    let state = opened;
    const waits: number[] = [];
    let now = 0;
    for (let i = 0; i < 12; i++) {
      const view = viewBreaker(state, now, NODE_BREAKER);
      waits.push((view.untilMs ?? 0) - now);
      now = view.untilMs ?? 0;
      state = stepBreaker(state, run(false, now), NODE_BREAKER);
    }
    expect(waits.slice(0, 4)).toEqual([10, 20, 40, 80].map((minutes) => minutes * MINUTE));
    expect(waits.at(-1)).toBe(NODE_BREAKER.maxCoolDownMs);
    now = viewBreaker(state, now, NODE_BREAKER).untilMs ?? 0;
    for (let i = 0; i < 3; i++) state = stepBreaker(state, run(true, now + i), NODE_BREAKER);
    for (let i = 0; i < 2; i++) state = stepBreaker(state, run(false, now + 10), NODE_BREAKER);
    expect(viewBreaker(state, now + 11, NODE_BREAKER).untilMs).toBe(now + 10 + 10 * MINUTE);
  });

  it("news of attempts from before change nothing while it is open", () => {
    for (const event of [run(true, 5), run(false, 5), launch(true, 5), launch(false, 5)]) {
      expect(stepBreaker(opened, event, NODE_BREAKER)).toBe(opened);
    }
  });

  it("after failed runs a launch proves nothing; after failed launches it does", () => {
    expect(viewBreaker(stepBreaker(opened, launch(true, half), NODE_BREAKER), half, NODE_BREAKER).share).toBe(0.1);
    const byLaunch = after([launch(false, 0), launch(false, 0)], NODE_BREAKER);
    expect(viewBreaker(stepBreaker(byLaunch, launch(true, half), NODE_BREAKER), half, NODE_BREAKER).share).toBe(0.3);
  });
});
