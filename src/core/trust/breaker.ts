import type { BreakerView } from "./estimate.js";

/** When a breaker opens, for how long, and how it lets work in again. */
export interface BreakerOptions {
  /** Consecutive failures, with no success between, that open it. Launches and attempts are counted apart. */
  readonly failures: number;
  /** First time it stays open. Doubles each time it opens again before it has closed. */
  readonly coolDownMs: number;
  readonly maxCoolDownMs: number;
  /** Share of attempts let through after the cool-down, then after each success. The success after the last one closes it. */
  readonly shares: readonly number[];
}

/** Of a whole backend: 5 in a row, 1 minute to 1 hour. */
export const BACKEND_BREAKER: BreakerOptions = { failures: 5, coolDownMs: 60_000, maxCoolDownMs: 3_600_000, shares: [0.1, 0.3, 1] };

/** Of one node: 2 in a row, 10 minutes to 1 day. There are others, so it may rest for longer. */
export const NODE_BREAKER: BreakerOptions = { failures: 2, coolDownMs: 600_000, maxCoolDownMs: 86_400_000, shares: [0.1, 0.3, 1] };

/** State of one breaker. Plain data; {@link stepBreaker} makes the next one. */
export interface BreakerState {
  /** Consecutive failures of launches and of attempts that ran. */
  readonly launchFailures: number;
  readonly runFailures: number;
  /** Set while open or half-open. */
  readonly tripped?: {
    readonly untilMs: number;
    readonly coolDownMs: number;
    /** Index into `shares`, reached by successes since the cool-down. */
    readonly stage: number;
    /** What opened it: after launch failures a successful launch is proof enough, after failed runs only a finished run is. */
    readonly by: "launch" | "run";
  };
}

/** What breakers hear: how a launch or a whole attempt went. */
export interface BreakerEvent {
  readonly of: "launch" | "run";
  readonly ok: boolean;
  readonly atMs: number;
}

/** A breaker of which nothing bad is known. */
export const CLOSED_BREAKER: BreakerState = { launchFailures: 0, runFailures: 0 };

const CLOSED_VIEW: BreakerView = { state: "closed", share: 1 };

/** The state after an event. News of attempts that began before it opened changes nothing while it is open. */
export function stepBreaker(state: BreakerState, event: BreakerEvent, options: BreakerOptions): BreakerState {
  const { tripped } = state;
  if (tripped !== undefined) {
    if (event.atMs < tripped.untilMs) return state;
    if (!event.ok) return open(event, Math.min(options.maxCoolDownMs, tripped.coolDownMs * 2));
    if (event.of === "launch" && tripped.by === "run") return state;
    if (tripped.stage + 1 >= options.shares.length) return CLOSED_BREAKER;
    return { ...state, tripped: { ...tripped, stage: tripped.stage + 1 } };
  }
  if (event.ok) {
    // A launch that worked says nothing about runs that fail afterwards.
    if (event.of === "run") return CLOSED_BREAKER;
    return state.launchFailures === 0 ? state : { ...state, launchFailures: 0 };
  }
  const launchFailures = state.launchFailures + (event.of === "launch" ? 1 : 0);
  const runFailures = state.runFailures + (event.of === "run" ? 1 : 0);
  if (Math.max(launchFailures, runFailures) >= options.failures) return open(event, options.coolDownMs);
  return { launchFailures, runFailures };
}

const open = (event: BreakerEvent, coolDownMs: number): BreakerState => ({
  launchFailures: 0,
  runFailures: 0,
  tripped: { untilMs: event.atMs + coolDownMs, coolDownMs, stage: 0, by: event.of },
});

/** How a breaker stands at `nowMs`. */
export function viewBreaker(state: BreakerState, nowMs: number, options: BreakerOptions): BreakerView {
  const { tripped } = state;
  if (tripped === undefined) return CLOSED_VIEW;
  if (nowMs < tripped.untilMs) return { state: "open", untilMs: tripped.untilMs, share: 0 };
  return { state: "half-open", share: options.shares[tripped.stage] ?? 1 };
}
