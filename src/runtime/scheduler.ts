import type { WorkloadDefinition } from "../model/define-workload.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { LeaseRow } from "../model/lease.js";
import { type NanoUsd, parseUsd } from "../model/money.js";
import type { Workload } from "../model/workload.js";
import { type FanOutInput, parseWorkload, type SingleWorkloadInput, type WorkloadInput } from "../model/workload-input.js";
import type { RunPage, RunQuery } from "../spec/store.js";
import { type Acceptance, accept } from "./accept.js";
import { type Erasure, eraseRun } from "./clean-up.js";
import { EventHub, type SchedulerEvents } from "./event-hub.js";
import { withFileUris } from "./file-uris.js";
import type { BackendHealth } from "./guard.js";
import { type OpenScheduler, openScheduler } from "./open-scheduler.js";
import { type ResolvedOptions, resolveOptions, type SchedulerOptions } from "./options.js";
import { type Plan, planWorkload } from "./plan.js";
import type { ForeignLease } from "./reconciler.js";
import { Run } from "./run.js";
import { RunGroup } from "./run-group.js";
import { type CloseOptions, type CloseReport, shutDown } from "./shutdown.js";
import { TypedRun } from "./typed-run.js";
import { aborted, throwIfAborted } from "./wait-for.js";

/** Options for one accepted workload. */
export interface ScheduleOptions {
  /**
   * The same key with the same workload answers the run that exists, with another workload it is refused with
   * IDEMPOTENCY_CONFLICT. Makes "schedule" safe to repeat after a crash of the caller.
   */
  readonly idempotencyKey?: string;
  /** Ends the waiting for room in a full queue. The run, once accepted, is not affected. */
  readonly signal?: AbortSignal;
  /** The caller's own transaction, where the store takes one. */
  readonly tx?: unknown;
}

/** Options for several workloads accepted together. */
export interface GroupOptions extends ScheduleOptions {
  readonly name?: string;
  /** Most members active at once. Default: no limit but the scheduler's. */
  readonly parallelism?: number;
  /** `continue` (default): the others go on. `cancel`: the first failure cancels the rest. */
  readonly onFailure?: "continue" | "cancel";
  /** One cap for all members. */
  readonly maxCost?: string | number;
}

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
  #roomWaiters: (() => void)[] = [];

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
    if (!Array.isArray(workloads) || workloads.length === 0) {
      throw new SchedulerError("INVALID_WORKLOAD", "scheduleAll needs a list of at least one workload.", {
        details: { field: "workloads" },
      });
    }
    const parsed: Workload[] = [];
    for (const [index, workload] of workloads.entries()) {
      try {
        const { workloads: members, fanOut } = toAccept(workload);
        if (fanOut?.maxCost !== undefined) {
          throw new SchedulerError(
            "INVALID_WORKLOAD",
            "A fan-out within scheduleAll has no cap of its own: give `maxCost` to scheduleAll, for all members together.",
            { details: { field: "maxCost" } },
          );
        }
        parsed.push(...members);
      } catch (thrown) {
        throw inMember(thrown, index);
      }
    }
    const handle = await this.#accept({ workloads: parsed, fanOut: {} }, options);
    return handle as RunGroup;
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
      const report = await shutDown(await this.#opening, options);
      this.#state = "closed";
      this.#tellRoom();
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
    const { core } = await this.#open();
    await this.#room(core.engine.dispatcher.waiting + parsed.workloads.length, parsed.workloads.length, options.signal);
    const acceptance: Acceptance = {
      workloads: parsed.workloads,
      ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
      ...(options.tx === undefined ? {} : { tx: options.tx }),
      ...(parsed.fanOut === undefined ? {} : { group: groupOf(parsed.fanOut, options) }),
    };
    const accepted = await accept(core.context, acceptance);
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
      // Without a claim (the caller's transaction is still open) the claim keeper takes the run up once it is visible.
      if (claim !== undefined && options.tx === undefined) core.engine.begin(state, claim);
    }
    const first = accepted.states[0];
    if (accepted.group !== undefined) return new RunGroup(core, accepted.group);
    return new Run(core, first?.run.id ?? "");
  }

  /** Waits or refuses while the queue is full. */
  async #room(wanted: number, added: number, signal: AbortSignal | undefined): Promise<void> {
    const { limit, whenFull } = this.#options.queue;
    let waiting = wanted - added;
    while (waiting + added > limit) {
      if (whenFull === "refuse" || added > limit) {
        throw new SchedulerError(
          "QUEUE_FULL",
          `${waiting} runs are waiting and the queue takes ${limit}. Try again later, or set \`queue.whenFull: "wait"\`.`,
          { details: { field: "queue.limit" } },
        );
      }
      throwIfAborted(signal);
      await new Promise<void>((resolve, reject) => {
        this.#roomWaiters.push(resolve);
        signal?.addEventListener("abort", () => reject(aborted(signal)), { once: true });
      });
      this.#assertOpen();
      waiting = (await this.#open()).core.engine.dispatcher.waiting;
    }
  }

  #tellRoom(): void {
    if (this.#roomWaiters.length === 0) return;
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const tell of waiters) tell();
  }

  #assertOpen(): void {
    if (this.#state !== "open") throw new SchedulerError("SCHEDULER_CLOSED", "The scheduler is closed or closing and accepts nothing new.");
  }

  #open(): Promise<OpenScheduler> {
    if (this.#state === "closed" || (this.#state === "closing" && this.#opening === undefined)) {
      return Promise.reject(new SchedulerError("SCHEDULER_CLOSED", "The scheduler is closed."));
    }
    this.#opening ??= openScheduler(this.#options, this.#hub, () => this.#tellRoom());
    return this.#opening;
  }
}

/** Workloads to be accepted together; `fanOut` is set when they make a group. */
interface ToAccept {
  readonly workloads: readonly Workload[];
  readonly fanOut?: { readonly name?: string; readonly maxCost?: NanoUsd };
}

function toAccept(input: unknown): ToAccept {
  const parsed = parseWorkload(input);
  if (parsed.kind === "single") return { workloads: [withFileUris(parsed.workload)] };
  return { workloads: parsed.workloads.map(withFileUris), fanOut: parsed };
}

function groupOf(fanOut: NonNullable<ToAccept["fanOut"]>, options: GroupOptions): NonNullable<Acceptance["group"]> {
  const name = options.name ?? fanOut.name;
  const maxCost = options.maxCost === undefined ? fanOut.maxCost : parseUsd(options.maxCost, "maxCost");
  const { parallelism } = options;
  if (parallelism !== undefined && (!Number.isInteger(parallelism) || parallelism < 1)) {
    throw new SchedulerError("INVALID_WORKLOAD", `\`parallelism\` must be a whole number >= 1, got ${String(parallelism)}.`, {
      details: { field: "parallelism" },
    });
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(parallelism === undefined ? {} : { parallelism }),
    onFailure: options.onFailure ?? "continue",
    ...(maxCost === undefined ? {} : { maxCost }),
  };
}

function isDefinition(value: unknown): value is WorkloadDefinition<unknown, unknown> {
  return typeof value === "object" && value !== null && typeof (value as { prepare?: unknown }).prepare === "function";
}

function inMember(thrown: unknown, index: number): unknown {
  if (!SchedulerError.isInstance(thrown)) return thrown;
  const field = thrown.details.field;
  return new SchedulerError(thrown.code, `Workload ${index}: ${thrown.message}`, {
    cause: thrown,
    details: { ...thrown.details, field: `workloads.${index}${field === undefined ? "" : `.${field}`}` },
  });
}
