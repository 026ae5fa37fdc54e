import type { Transition } from "../core/lifecycle/draft.js";
import type { RunInput } from "../core/lifecycle/inputs.js";
import { isAtRest, nextWakeMs } from "../core/lifecycle/tick.js";
import { transition } from "../core/lifecycle/transition.js";
import { isIdle } from "../core/lifecycle/warm-lease.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import { type GroupRow, isTerminal, type RunState } from "../model/run.js";
import type { Claim } from "../spec/store.js";
import { Committer } from "./committer.js";
import { Dispatcher } from "./dispatcher.js";
import { Effects } from "./effects.js";
import type { EngineContext } from "./engine-context.js";
import type { EventHub } from "./event-hub.js";
import { IdleLeases } from "./idle-leases.js";
import { LiveRun } from "./live-run.js";
import { Monitor } from "./monitor.js";
import { Observer } from "./observer.js";
import { RunDecider } from "./run-decider.js";
import { shapeOf } from "./shape.js";
import { Tidier } from "./tidier.js";
import { WakeTimers } from "./wake-timers.js";

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
  /** Open leases without work. */
  readonly idle: IdleLeases;
  readonly #decider: RunDecider;
  readonly #committer: Committer;
  readonly observer: Observer;
  #sequence = 0;
  #closed = false;
  #idleWaiters: (() => void)[] = [];
  /** Removes what runs that are over have left. */
  readonly tidier: Tidier;

  constructor(context: EngineContext, hub: EventHub, onRoom: () => void) {
    this.context = context;
    this.#hub = hub;
    this.tidier = new Tidier(context, () => this.#tellIdle());
    this.#timers = new WakeTimers(context.options.host, (id) => this.#wake(id));
    this.#monitor = new Monitor(context, (live, report, askedAtMs) => this.submit(live, { type: "reported", report, askedAtMs }));
    this.#effects = new Effects(context, this.#monitor, {
      submit: (live, input) => this.submit(live, input),
      submitAndCommit: (live, input) => this.submitAndCommit(live, input),
      cool: (backend) => this.idle.cool(backend),
    });
    this.idle = new IdleLeases(context, {
      live: this.#live,
      submit: (live, input) => this.submit(live, input),
      takeOver: (state, claim) => this.takeOver(state, claim),
    });
    this.#committer = new Committer(context, this.idle);
    this.observer = new Observer(context);
    this.dispatcher = new Dispatcher({
      concurrency: context.options.concurrency,
      start: (live) => this.#pumpSoon(live),
      shapeOf,
      groupLimit: (groupId) => this.#groups.get(groupId)?.parallelism,
      onRoom,
    });
    this.#decider = new RunDecider(context, this.dispatcher, {
      group: (id) => (id === undefined ? undefined : this.#groups.get(id)),
      arm: (live) => this.#arm(live),
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
    for (const lease of state.leases)
      if (lease.state === "open" || lease.state === "intended" || lease.state === "releasing") this.context.market.adopt(lease.backend);
    for (const lease of state.leases) this.idle.note(state, lease);
    live.inbox.push({ type: "recover" }, ...news);
    this.#pumpSoon(live);
  }

  /** This process must not touch the run any more: another one has taken it over. */
  drop(live: LiveRun): void {
    if (live.lost) return;
    live.lost = true;
    this.#live.delete(live.id);
    this.#timers.set(live.id, undefined);
    for (const lease of live.state.leases) {
      this.#monitor.forget(lease.key, lease.backend);
      this.#effects.forget(lease.key);
    }
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

  /** Resolves when no owned run can move any more and nothing is left of them that is to go. */
  whenIdle(): Promise<void> {
    if (this.#live.size + this.tidier.busy === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.#timers.close();
    this.#committer.close();
    this.#monitor.close();
    this.#effects.close();
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
        this.context.options.logger.error(
          { runId: live.id, error: thrown instanceof Error ? thrown.stack : String(thrown) },
          "A run could not be moved on",
        );
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
      const next = await this.#decider.next(live);
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

  /** One step: pure transition, atomic commit, then effects. False: not applied (claim lost, or the ledger refused). */
  async #apply(live: LiveRun, inputs: readonly RunInput[]): Promise<boolean> {
    const { host } = this.context.options;
    const before = live.state;
    const step = transition(before, inputs, host.now(), this.context.rules);
    if (step.changed.runs.length + step.changed.attempts.length + step.changed.leases.length > 0) {
      const applied = await this.#committer.commit(live, before, step, host.now());
      if (applied === "passed-on") return this.#apply(live, inputs);
      if (applied !== "applied") {
        if (applied === "lost") this.drop(live);
        return false;
      }
      live.state = step.state;
      this.#afterCommit(live, before, step);
      if (step.changed.observations.length > 0) await this.observer.learn();
    } else if (inputs.some(({ type }) => type === "passed-on")) live.state = step.state;
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

  #afterCommit(live: LiveRun, before: RunState, step: Transition): void {
    let freed = false;
    for (const lease of step.changed.leases) {
      if (lease.passedTo !== undefined) {
        this.idle.passedOn(live, step.state, lease);
        continue;
      }
      if (isIdle(lease)) freed = true;
      this.idle.note(step.state, lease);
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
    this.tidier.tidy(live.state);
    this.context.options.store.acknowledge([live.claim]).catch((thrown: unknown) => {
      this.context.options.logger.warn({ runId: live.id, error: String(thrown) }, "A claim could not be given back; it will expire");
    });
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#live.size + this.tidier.busy > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const tell of waiters) tell();
  }
}

const notOurs = (runId: string): SchedulerError =>
  new SchedulerError("STORE_CONFLICT", "This process no longer owns the run.", { details: { runId } });
