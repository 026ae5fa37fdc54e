import type { WorkloadDefinition } from "../model/define-workload.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { LeaseRow } from "../model/lease.js";
import type { FanOutInput, SingleWorkloadInput, WorkloadInput } from "../model/workload-input.js";
import type { RunPage, RunQuery } from "../spec/store.js";
import { type Accepted, accept } from "./accept.js";
import { type Erasure, eraseRun } from "./clean-up.js";
import { EventHub, type SchedulerEvents } from "./event-hub.js";
import type { BackendHealth } from "./guard.js";
import { type OpenScheduler, openScheduler } from "./open-scheduler.js";
import { type ResolvedOptions, resolveOptions, type SchedulerOptions } from "./options.js";
import { type Plan, planWorkload } from "./plan.js";
import type { ForeignLease } from "./reconciler.js";
import { Run } from "./run.js";
import { RunGroup } from "./run-group.js";
import type { GroupOptions, ScheduleOptions } from "./schedule-options.js";
import type { SchedulerCore } from "./scheduler-core.js";
import { type CloseOptions, type CloseReport, shutDown } from "./shutdown.js";
import { acceptanceOf, allToAccept, type ToAccept, toAccept } from "./to-accept.js";
import { TypedRun } from "./typed-run.js";
import { throwIfAborted } from "./wait-for.js";

/** How a scheduler and its backends are doing. */
export interface Health {
  readonly status: "ok" | "degraded" | "closed";
  readonly backends: readonly BackendHealth[];
  readonly queued: number;
  readonly active: number;
  /** Leases at our backends that are not ours to touch. */
  readonly foreignLeases: readonly ForeignLease[];
}

/**
 * Routes workloads to backends and sees them through. Make one per process and keep it; it opens its store with the
 * first call. There is no cron in here: call `schedule` when the work is due.
 *
 * @example
 * ```ts
 * import { Scheduler } from "spillway";
 * import { local } from "spillway/backends/local";
 *
 * await using scheduler = new Scheduler({ backends: [local({ usdPerHour: 0.05 })] });
 * const run = await scheduler.schedule({ command: ["node", "--version"] });
 * const result = await run.result();
 * ```
 */
export class Scheduler {
  readonly #options: ResolvedOptions;
  readonly #hub: EventHub;
  #opening: Promise<OpenScheduler> | undefined;
  #state: "open" | "closing" | "closed" = "open";

  /** @throws INVALID_CONFIG, VOLATILE_STORE */
  constructor(options: SchedulerOptions) {
    this.#options = resolveOptions(options);
    this.#hub = new EventHub((thrown) => this.#options.logger.error({ error: String(thrown) }, "An event listener threw"));
  }

  /**
   * Accepts a workload and answers a handle on its run, or on the group of its runs when the workload fans out. Resolves
   * once it is accepted, durably if the store is durable; it then runs whatever becomes of the caller.
   *
   * @throws INVALID_WORKLOAD, UNSUPPORTED_WORKLOAD, BUDGET_REQUIRED, NO_FEASIBLE_PLACEMENT (no configured backend may run it at
   * all), ARTIFACT_NOT_FOUND, IDEMPOTENCY_CONFLICT, QUEUE_FULL, SCHEDULER_CLOSED, STORE_UNAVAILABLE
   */
  schedule<I, R>(definition: WorkloadDefinition<I, R>, input: I, options?: ScheduleOptions): Promise<TypedRun<R>>;
  schedule(workload: FanOutInput, options?: GroupOptions): Promise<RunGroup>;
  schedule(workload: SingleWorkloadInput, options?: ScheduleOptions): Promise<Run>;
  schedule(workload: WorkloadInput, options?: GroupOptions): Promise<Run | RunGroup>;
  async schedule(
    first: WorkloadInput | WorkloadDefinition<unknown, unknown>,
    second?: unknown,
    third?: ScheduleOptions,
  ): Promise<Run | RunGroup | TypedRun<unknown>> {
    if (isDefinition(first)) {
      const prepared = await first.prepare(second);
      const accepted = await this.#accept(toAccept(prepared), third ?? {});
      if (accepted instanceof RunGroup)
        throw new SchedulerError("UNSUPPORTED_WORKLOAD", "A defined workload must not fan out: schedule its members one by one.", {
          details: { field: "build" },
        });
      return new TypedRun(accepted, first);
    }
    return this.#accept(toAccept(first), (second as ScheduleOptions | undefined) ?? {});
  }

  /** Accepts several workloads atomically: all of them or none. */
  async scheduleAll(workloads: readonly WorkloadInput[], options: GroupOptions = {}): Promise<RunGroup> {
    return (await this.#accept(allToAccept(workloads), options)) as RunGroup;
  }

  /** Dry run: what would be done with a workload now, and what it would cost, expected and at worst. Nothing is created anywhere. */
  async plan(workload: WorkloadInput): Promise<Plan> {
    const { core } = await this.#open();
    const { workloads, fanOut } = toAccept(workload);
    return planWorkload(core, workloads, fanOut?.maxCost);
  }

  /** Handle on a run by its id. @throws RUN_NOT_FOUND */
  async get(runId: string): Promise<Run> {
    const { core } = await this.#open();
    await core.state(runId);
    return new Run(core, runId);
  }

  /** Handle on a group by its id. @throws RUN_NOT_FOUND */
  async getGroup(groupId: string): Promise<RunGroup> {
    const { core } = await this.#open();
    const group = await core.store.loadGroup(groupId);
    if (group === undefined) throw new SchedulerError("RUN_NOT_FOUND", `No group ${groupId} is known to this store.`);
    return new RunGroup(core, group);
  }

  /** Summaries of runs, newest first, a page at a time. */
  async list(query: RunQuery = {}): Promise<RunPage> {
    return (await this.#open()).core.store.query(query);
  }

  /** Short for `get(id)` and `run.cancel()`. */
  async cancel(runId: string, reason?: string): Promise<void> {
    await (await this.get(runId)).cancel(reason);
  }

  /**
   * Removes every object that was stored for a finished run: attempts' files and promoted outputs. What is known of the run in the store stays,
   * and so do copies of inputs, which runs share by digest.
   *
   * @throws RUN_NOT_FOUND; RUN_ACTIVE while it is not settled; ARTIFACT_STORE_DENIED, ARTIFACT_STORE_UNAVAILABLE: call again.
   */
  async erase(runId: string): Promise<Erasure> {
    const { core } = await this.#open();
    const state = await core.state(runId);
    if (!state.run.settled) {
      throw new SchedulerError(
        "RUN_ACTIVE",
        "The run is not settled: cancel it, or wait for `settled()`, before what belongs to it is erased.",
        {
          details: { runId },
        },
      );
    }
    return eraseRun(core.context, state);
  }

  /** Calls `listener` for every event of this process's runs, by type or (`event`) for all. */
  on<T extends keyof SchedulerEvents>(type: T, listener: SchedulerEvents[T]): this {
    this.#hub.emitter.on(type, listener as (...args: unknown[]) => void);
    return this;
  }

  /** Ends what `on` began. */
  off<T extends keyof SchedulerEvents>(type: T, listener: SchedulerEvents[T]): this {
    this.#hub.emitter.off(type, listener as (...args: unknown[]) => void);
    return this;
  }

  /** How things stand, without asking anybody outside. */
  async health(): Promise<Health> {
    if (this.#state !== "open") return { status: "closed", backends: [], queued: 0, active: 0, foreignLeases: [] };
    const { core, reconciler } = await this.#open();
    const backends = [...core.context.backends.values()].map(({ health }) => health);
    return {
      status: backends.every(({ state }) => state === "ok") ? "ok" : "degraded",
      backends,
      queued: core.engine.dispatcher.waiting,
      active: core.engine.dispatcher.active,
      foreignLeases: reconciler.foreign,
    };
  }

  /** Leases that exist or may exist according to the store. */
  async leases(): Promise<readonly LeaseRow[]> {
    const { core } = await this.#open();
    const lists = await Promise.all([...core.context.backends.keys()].map((id) => core.store.openLeases(id)));
    return lists.flat();
  }

  /** Compares every backend with the store now, as happens regularly by itself. */
  async reconcile(): Promise<void> {
    await (await this.#open()).reconciler.reconcile();
  }

  /**
   * Ends this scheduler. `drain` (default) accepts nothing new and waits until every run is over and settled; `cancel`
   * cancels them first; `detach` leaves leases running for a later process with the same durable store. Leases that stand idle are
   * released, but not by `detach`. After `timeout` what is left is left, and the report says so. Idempotent.
   *
   * @throws INVALID_CONFIG when `detach` is asked of a store that forgets, or of leases that only this process can use.
   */
  async close(options: CloseOptions = {}): Promise<CloseReport> {
    if (this.#opening === undefined) {
      this.#state = "closed";
      return { openRuns: [], openLeases: [] };
    }
    const before = this.#state;
    if (before === "open") this.#state = "closing";
    try {
      const open = await this.#opening;
      const report = await shutDown(open, options);
      this.#state = "closed";
      open.room.close(closed());
      return report;
    } catch (thrown) {
      // What is refused changes nothing.
      this.#state = before;
      throw thrown;
    }
  }

  /** `await using`: drains. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #accept(parsed: ToAccept, options: GroupOptions): Promise<Run | RunGroup> {
    throwIfAborted(options.signal);
    this.#assertOpen();
    const acceptance = acceptanceOf(parsed, options);
    const { core, room } = await this.#open();
    const giveBack = await room.take(parsed.workloads.length, options.signal);
    try {
      this.#assertOpen();
      return await this.#begin(core, await accept(core.context, acceptance), options.tx !== undefined);
    } finally {
      giveBack();
    }
  }

  /** @param unseen the caller's transaction is still open: nobody may work on the runs before the claim keeper sees them */
  #begin(core: SchedulerCore, accepted: Accepted, unseen: boolean): Run | RunGroup | Promise<RunGroup> {
    if (accepted.kind === "known") {
      const { runId, groupId } = accepted.existing;
      if (groupId !== undefined) return this.getGroup(groupId);
      return new Run(core, runId ?? "");
    }
    if (accepted.group !== undefined) core.engine.knowGroup(accepted.group);
    const claims = new Map(accepted.result.claims.map((claim) => [claim.id, claim]));
    for (const state of accepted.states) {
      this.#hub.emit({ type: "run-accepted", runId: state.run.id, sequence: 1, atMs: state.run.acceptedAtMs });
      const claim = claims.get(state.run.id);
      if (claim !== undefined && !unseen) core.engine.begin(state, claim);
    }
    const first = accepted.states[0];
    if (accepted.group !== undefined) return new RunGroup(core, accepted.group);
    return new Run(core, first?.run.id ?? "");
  }

  #assertOpen(): void {
    if (this.#state !== "open") throw closed();
  }

  #open(): Promise<OpenScheduler> {
    if (this.#state === "closed" || (this.#state === "closing" && this.#opening === undefined)) {
      return Promise.reject(closed());
    }
    this.#opening ??= openScheduler(this.#options, this.#hub);
    return this.#opening;
  }
}

function isDefinition(value: unknown): value is WorkloadDefinition<unknown, unknown> {
  return typeof value === "object" && value !== null && typeof (value as { prepare?: unknown }).prepare === "function";
}

const closed = (): SchedulerError => new SchedulerError("SCHEDULER_CLOSED", "The scheduler is closed or closing and accepts nothing new.");
