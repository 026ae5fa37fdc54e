import { decide, type DecisionView, type Directive, verificationInForce } from "../core/lifecycle/decide.js";
import type { Transition } from "../core/lifecycle/draft.js";
import type { RunInput } from "../core/lifecycle/inputs.js";
import { isAtRest, nextWakeMs } from "../core/lifecycle/tick.js";
import { transition } from "../core/lifecycle/transition.js";
import type { PlacementInput } from "../core/placement/types.js";
import { verifierFor } from "../core/verification/verifier-for.js";
import type { ErrorCode } from "../model/errors/codes.js";
import { SchedulerError, toSchedulerError } from "../model/errors/scheduler-error.js";
import { type GroupRow, isTerminal, type RunState } from "../model/run.js";
import type { VerificationRequest } from "../model/workload.js";
import type { Claim } from "../spec/store.js";
import { accountsOf, type CappedAccount, roomUnder } from "./budget-accounts.js";
import { Dispatcher } from "./dispatcher.js";
import { Effects } from "./effects.js";
import type { EngineContext } from "./engine-context.js";
import type { EventHub } from "./event-hub.js";
import { doubtOf, judge, resultsKey } from "./judge.js";
import { LiveRun } from "./live-run.js";
import { Monitor } from "./monitor.js";
import { offersFor, placementQuestion, placeWithinBudget } from "./placement-question.js";
import { maxLifetimeMs } from "./prepare-launch.js";
import { shapeOf } from "./shape.js";
import { WakeTimers } from "./wake-timers.js";

/** First and longest pause before a new look at a market in which nothing was found, ms. */
const LOOK_AGAIN_MS = 2_000;
const LOOK_AGAIN_MOST_MS = 300_000;
/** Pause before a commit whose outcome is unknown is looked into again, ms. */
const STORE_RETRY_MS = 500;

/**
 * Owns runs and moves them: applies inputs through the pure core, commits what follows, then carries out the commands.
 * One run is worked on by one loop at a time (its pump), any number of runs side by side.
 */
export class Engine {
  readonly context: EngineContext;
  readonly #hub: EventHub;
  readonly #live = new Map<string, LiveRun>();
  readonly #groups = new Map<string, GroupRow>();
  readonly #timers: WakeTimers;
  readonly #monitor: Monitor;
  readonly #effects: Effects;
  readonly dispatcher: Dispatcher;
  #sequence = 0;
  #closed = false;
  #observing: Promise<void> | undefined;
  #observationCursor = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(context: EngineContext, hub: EventHub, onRoom: () => void) {
    this.context = context;
    this.#hub = hub;
    this.#timers = new WakeTimers(context.options.host, (id) => this.#wake(id));
    this.#monitor = new Monitor(context, (live, report) => this.submit(live, { type: "reported", report }));
    this.#effects = new Effects(context, this.#monitor, {
      submit: (live, input) => this.submit(live, input),
      submitAndCommit: (live, input) => this.submitAndCommit(live, input),
    });
    this.dispatcher = new Dispatcher({
      concurrency: context.options.concurrency,
      start: (live) => this.#pumpSoon(live),
      shapeOf,
      groupLimit: (groupId) => this.#groups.get(groupId)?.parallelism,
      onRoom,
    });
  }

  /** Runs owned by this process that may still move. */
  get liveRuns(): ReadonlyMap<string, LiveRun> {
    return this.#live;
  }

  find(id: string): LiveRun | undefined {
    return this.#live.get(id);
  }

  knowGroup(group: GroupRow): void {
    this.#groups.set(group.id, group);
  }

  /** Takes a newly accepted run on. */
  begin(state: RunState, claim: Claim): void {
    const live = new LiveRun(state, claim, this.#sequence++);
    this.#live.set(live.id, live);
    this.#timers.set(live.id, nextWakeMs(state, this.context.options.host.now()));
    this.dispatcher.enqueue(live);
  }

  /** Takes a run over that another process has left, or that was at rest, with what is new about it. */
  takeOver(state: RunState, claim: Claim, news: readonly RunInput[] = []): void {
    if (this.#live.has(state.run.id)) return;
    const live = new LiveRun(state, claim, this.#sequence++);
    this.#live.set(live.id, live);
    for (const lease of state.leases) if (lease.state === "open" || lease.state === "intended" || lease.state === "releasing") this.context.market.adopt(lease.backend);
    live.inbox.push({ type: "recover" }, ...news);
    this.#pumpSoon(live);
  }

  /** This process must not touch the run any more: another one has taken it over. */
  drop(live: LiveRun): void {
    if (live.lost) return;
    live.lost = true;
    this.#live.delete(live.id);
    this.#timers.set(live.id, undefined);
    for (const lease of live.state.leases) this.#monitor.forget(lease.key, lease.backend);
    this.dispatcher.done(live);
    const waiting = live.committed ?? [];
    live.committed = undefined;
    for (const { reject } of waiting) reject(notOurs(live.id));
    this.#tellIdle();
  }

  submit(live: LiveRun, input: RunInput): void {
    if (live.lost || this.#closed) return;
    live.inbox.push(input);
    this.#pumpSoon(live);
  }

  /** Resolves once the input is committed. Rejects when this process no longer owns the run. */
  submitAndCommit(live: LiveRun, input: RunInput): Promise<void> {
    if (live.lost || this.#closed) return Promise.reject(notOurs(live.id));
    return new Promise((resolve, reject) => {
      live.committed ??= [];
      live.committed.push({ resolve, reject });
      this.submit(live, input);
    });
  }

  /** Reads what other processes, or this one, have observed since the last time. */
  learn(): Promise<void> {
    this.#observing ??= (async () => {
      try {
        const { observations, cursor } = await this.context.options.store.observations(this.#observationCursor);
        this.#observationCursor = cursor;
        for (const observation of observations) this.context.trust.record(observation);
      } catch (thrown) {
        this.context.options.logger.warn({ error: String(thrown) }, "Observations could not be read");
      } finally {
        this.#observing = undefined;
      }
    })();
    return this.#observing;
  }

  /** Resolves when no owned run can move any more. */
  whenIdle(): Promise<void> {
    if (this.#live.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.#timers.close();
    this.#monitor.close();
    this.dispatcher.close();
  }

  #wake(id: string): void {
    const live = this.#live.get(id);
    if (live === undefined) return;
    live.lookAgainMs = undefined;
    this.submit(live, { type: "tick" });
    if (live.waiting === "parked" || live.waiting === "alone") this.dispatcher.retry(live);
  }

  #pumpSoon(live: LiveRun): void {
    if (live.lost || this.#closed) return;
    if (live.pumping) {
      live.again = true;
      return;
    }
    live.pumping = true;
    live.again = false;
    this.#pump(live).then(
      () => {
        live.pumping = false;
        if (live.again || live.inbox.length > 0) this.#pumpSoon(live);
      },
      (thrown: unknown) => {
        live.pumping = false;
        this.context.options.logger.error({ runId: live.id, error: thrown instanceof Error ? thrown.stack : String(thrown) }, "A run could not be moved on");
      },
    );
  }

  /** Applies what is in the inbox, decides, carries the decision out, until there is nothing to do. */
  async #pump(live: LiveRun): Promise<void> {
    while (!live.lost && !this.#closed) {
      if (live.inbox.length > 0) {
        const inputs = live.inbox;
        const waiters = live.committed;
        live.inbox = [];
        live.committed = undefined;
        const applied = await this.#apply(live, inputs);
        for (const { resolve, reject } of waiters ?? []) applied ? resolve() : reject(notOurs(live.id));
        continue;
      }
      if (isTerminal(live.state.run.status) || live.state.run.status === "promoting") return;
      const next = await this.#next(live);
      // What arrived while the market was asked comes first; the decision is then taken again.
      if (live.inbox.length > 0) {
        if (next !== undefined) next.undo?.();
        continue;
      }
      if (next === undefined) return;
      // When the store refuses the hold, somebody else was quicker with the money: decide again.
      if (next.input !== undefined && !(await this.#apply(live, [next.input]))) next.undo?.();
      else next.after?.();
    }
  }

  async #next(live: LiveRun): Promise<NextStep | undefined> {
    const { host, policy, verifiers } = this.context.options;
    const { state } = live;
    const nowMs = host.now();
    const request = verificationInForce(state, policy);
    const verifier = verifierFor(request, verifiers);
    const about = resultsKey(state);
    const view: DecisionView = {
      state,
      nowMs,
      policy,
      plan: verifier.plan(state.run.workload, doubtOf(this.context, state, nowMs)),
      ...(live.judged?.about === about ? { verdict: live.judged.verdict } : {}),
    };
    const [directive] = decide(view);
    if (directive === undefined) {
      // Nothing is wanted now. A run that only waits for its backoff to pass gives its slot to another.
      if (live.admitted && isIdle(state)) this.dispatcher.park(live, "alone");
      return undefined;
    }
    if (directive.kind === "ask") return this.#seekPlace(live, view, request);
    if (directive.kind !== "judge") return this.#follow(live, directive, nowMs);
    try {
      live.judged = { about, verdict: await judge(this.context, verifier, state, nowMs) };
      return {};
    } catch (thrown) {
      const error = toSchedulerError(thrown, "PLUGIN_CONTRACT_VIOLATION", `Verifier "${verifier.name}" failed`);
      return { input: { type: "fail", error: { ...error.toJSON(), retry: "never" } } };
    }
  }

  /** Asks the market, if it is this run's turn. */
  async #seekPlace(live: LiveRun, view: DecisionView, request: VerificationRequest): Promise<NextStep | undefined> {
    const { state } = live;
    if (!live.admitted && isIdle(state)) {
      if (live.waiting === undefined) this.dispatcher.enqueue(live);
      if (!live.admitted) return undefined;
    }
    const { budget, store } = this.context.options;
    const group = state.run.groupId === undefined ? undefined : this.#groups.get(state.run.groupId);
    const accounts = accountsOf(state.run, group, budget, view.nowMs);
    const room = await roomUnder(accounts, store);
    const market = await offersFor(this.context, state.run);
    if (live.inbox.length > 0) return undefined;
    const question = placementQuestion(this.context, state, market, request, view.nowMs);
    let asked: PlacementInput | undefined;
    const [directive] = decide({
      ...view,
      place: (wanted) => {
        asked = question(wanted);
        return placeWithinBudget(this.context.placer, asked, room);
      },
    });
    if (directive?.kind === "place" && asked !== undefined) return this.#plan(live, directive, accounts, asked);
    return directive === undefined ? undefined : this.#follow(live, directive, view.nowMs);
  }

  #follow(live: LiveRun, directive: Directive, nowMs: number): NextStep | undefined {
    switch (directive.kind) {
      case "accept":
        return { input: { ...directive, type: "accepted" } };
      case "reject":
        return { input: { type: "rejected", error: directive.error, wrong: directive.wrong } };
      case "fail":
        return { input: { type: "fail", error: directive.error } };
      case "stop":
        return { input: { type: "stop", attempt: directive.attempt, why: directive.why, error: directive.error } };
      case "wait":
        return this.#wait(live, directive, nowMs);
      case "ask":
      case "judge":
      case "place":
        return undefined;
    }
  }

  #wait(live: LiveRun, directive: Extract<Directive, { kind: "wait" }>, nowMs: number): NextStep | undefined {
    const { error, forget } = directive;
    const { run } = live.state;
    // What changes the market is told at once; the clock alone is asked less and less often.
    const pauseMs = Math.min(LOOK_AGAIN_MOST_MS, LOOK_AGAIN_MS * 2 ** Math.min(live.looks, 10));
    const untilMs = forget ? (directive.untilMs ?? nowMs + pauseMs) : Math.max(nowMs + pauseMs, directive.untilMs ?? 0);
    live.looks += 1;
    const tell = run.lastError?.code !== error.code || run.lastError.message !== error.message;
    const park = (): void => {
      if (!forget) live.lookAgainMs = untilMs;
      this.#arm(live);
      if (live.admitted && isIdle(live.state)) this.dispatcher.park(live, run.attempts > 0 || forget || isShort(error.code) ? "alone" : "shape");
    };
    if (!tell && !forget) {
      park();
      return undefined;
    }
    return { input: { type: "waiting", error, untilMs, forget, tell }, after: park };
  }

  #plan(live: LiveRun, directive: Extract<Directive, { kind: "place" }>, accounts: readonly CappedAccount[], asked: PlacementInput): NextStep {
    const { candidate, record } = directive;
    const key = `${this.context.namespace.id}-${live.id}-${live.state.run.attempts + 1}`;
    const capabilities = this.context.rules.capabilities(candidate.backend);
    live.placements ??= new Map();
    live.placements.set(key, asked);
    live.looks = 0;
    this.context.market.take(candidate.offer, key);
    return {
      input: {
        type: "plan",
        placement: {
          purpose: directive.purpose,
          ...(directive.after === undefined ? {} : { after: directive.after }),
          key,
          candidate,
          record,
          accounts,
          bindMs: capabilities?.bindMs ?? 60_000,
          provisionMs: capabilities?.provisionMs ?? 600_000,
          maxLifetimeMs: maxLifetimeMs(live.state.run),
        },
      },
      undo: () => {
        live.placements?.delete(key);
        this.context.market.giveBack(candidate.backend, key, false);
      },
    };
  }

  /** One step: pure transition, atomic commit, then effects. False: not applied (claim lost, or the ledger refused). */
  async #apply(live: LiveRun, inputs: readonly RunInput[]): Promise<boolean> {
    const { host } = this.context.options;
    const before = live.state;
    const step = transition(before, inputs, host.now(), this.context.rules);
    if (step.changed.runs.length + step.changed.attempts.length + step.changed.leases.length > 0) {
      const applied = await this.#commit(live, before, step, host.now());
      if (applied !== "applied") {
        if (applied === "lost") this.drop(live);
        return false;
      }
      live.state = step.state;
      this.#afterCommit(live, before, step);
      if (step.changed.observations.length > 0) await this.learn();
    }
    for (const command of step.commands) this.#effects.run(live, command);
    this.#arm(live);
    if (isAtRest(live.state)) this.#retire(live);
    return true;
  }

  #arm(live: LiveRun): void {
    const due = nextWakeMs(live.state, this.context.options.host.now());
    const { lookAgainMs } = live;
    this.#timers.set(live.id, lookAgainMs === undefined || (due !== undefined && due <= lookAgainMs) ? due : lookAgainMs);
  }

  async #commit(live: LiveRun, before: RunState, step: Transition, nowMs: number): Promise<"applied" | "refused" | "lost"> {
    const { store, host, logger } = this.context.options;
    for (;;) {
      try {
        const result = await store.commit({ ...step.changed, nowMs, claims: [live.claim] });
        if (result.ok) return "applied";
        if (result.refused === "ledger") return "refused";
        return "lost";
      } catch (thrown) {
        logger.warn({ runId: live.id, error: String(thrown) }, "The store could not be reached; what it has is looked at before anything is repeated");
        await new Promise<void>((resolve) => host.setTimer(STORE_RETRY_MS, resolve));
        if (live.lost || this.#closed) return "lost";
        const applied = await this.#wasApplied(before, step);
        if (applied) return "applied";
      }
    }
  }

  /** After an unknown outcome: rows are versioned, so the store itself says whether the batch got through. */
  async #wasApplied(before: RunState, step: Transition): Promise<boolean> {
    try {
      const [stored] = await this.context.options.store.load([before.run.id]);
      return stored !== undefined && stored.run.version === step.state.run.version && step.state.run.version !== before.run.version;
    } catch {
      return false;
    }
  }

  #afterCommit(live: LiveRun, before: RunState, step: Transition): void {
    let freed = false;
    for (const lease of step.changed.leases) {
      const was = before.leases.find(({ key }) => key === lease.key)?.state;
      if ((lease.state === "released" || lease.state === "absent") && was !== "released" && was !== "absent") {
        this.context.market.giveBack(lease.backend, lease.key, lease.state === "absent");
        freed = true;
      }
    }
    if (step.changed.attempts.some(({ boundAtMs, state }) => boundAtMs === undefined && state === "binding")) this.dispatcher.placed(live);
    for (const event of step.changed.events) this.#hub.emit(event);
    const over = isTerminal(step.state.run.status);
    if (over && !isTerminal(before.run.status)) {
      this.dispatcher.done(live);
      this.#noticeEnd(live);
    }
    if (over || step.state.run.status !== before.run.status) this.#hub.stateChanged(step.state);
    if (step.state.run.settled && !before.run.settled) this.#hub.stateChanged(step.state);
    if (freed || step.changed.ledger.some(({ held }) => held < 0n)) this.dispatcher.retryAll();
  }

  #noticeEnd(live: LiveRun): void {
    const { groupId, status } = live.state.run;
    const group = groupId === undefined ? undefined : this.#groups.get(groupId);
    if (group?.onFailure !== "cancel" || status !== "failed") return;
    for (const id of group.members) {
      const member = this.#live.get(id);
      if (member !== undefined && member !== live) this.submit(member, { type: "cancel", reason: "Another member of the group failed." });
    }
  }

  #retire(live: LiveRun): void {
    if (!this.#live.delete(live.id)) return;
    this.#timers.set(live.id, undefined);
    this.context.options.store.acknowledge([live.claim]).catch((thrown: unknown) => {
      this.context.options.logger.warn({ runId: live.id, error: String(thrown) }, "A claim could not be given back; it will expire");
    });
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#live.size > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const tell of waiters) tell();
  }
}

/** What the pump does next: an input to apply, and what to do once it was applied, or was not. */
interface NextStep {
  readonly input?: RunInput;
  readonly after?: () => void;
  readonly undo?: () => void;
}

const isIdle = (state: RunState): boolean => state.attempts.every((attempt) => attempt.state === "done");

/** Money is short for this run alone, whatever others like it may still have. */
const isShort = (code: ErrorCode): boolean => code === "BUDGET_EXHAUSTED";

const notOurs = (runId: string): SchedulerError => new SchedulerError("STORE_CONFLICT", "This process no longer owns the run.", { details: { runId } });
