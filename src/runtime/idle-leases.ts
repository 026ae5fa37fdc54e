import type { Transition } from "../core/lifecycle/draft.js";
import type { RunInput } from "../core/lifecycle/inputs.js";
import { isIdle } from "../core/lifecycle/warm-lease.js";
import type { LeaseRow } from "../model/lease.js";
import type { RunState } from "../model/run.js";
import type { Claim } from "../spec/store.js";
import { CLAIM_MS } from "./claim-times.js";
import type { EngineContext } from "./engine-context.js";
import type { LiveRun } from "./live-run.js";

/** Time between two looks at what other processes, dead or alive, have left open, ms. */
const SCAN_MS = 60_000;

/** What {@link IdleLeases} needs of the engine. */
export interface IdleLeasePorts {
  readonly live: ReadonlyMap<string, LiveRun>;
  readonly submit: (live: LiveRun, input: RunInput) => void;
  readonly takeOver: (state: RunState, claim: Claim) => void;
}

/**
 * Keeps the warm pool in step with the rows that make it up. Each idle lease is looked after by whoever owns the run that used it last, and is
 * taken over by whoever writes its row first.
 */
export class IdleLeases {
  readonly #context: EngineContext;
  readonly #engine: IdleLeasePorts;
  #scannedAtMs = Number.NEGATIVE_INFINITY;

  constructor(context: EngineContext, engine: IdleLeasePorts) {
    this.#context = context;
    this.#engine = engine;
  }

  /** A lease of a run of ours is as it is now. */
  note(state: RunState, lease: LeaseRow): void {
    if (lease.owner.kind !== "warm") return;
    this.#context.warm.note(
      lease,
      state.attempts.find(({ key }) => key === lease.key),
    );
  }

  /** An idle lease has gone over to a run of ours. The run it comes from may be ours too, even the same, or another process's, which finds out by itself. */
  passedOn(to: LiveRun, { leases }: RunState, lease: LeaseRow): void {
    const { warm, market } = this.#context;
    warm.forget(lease.key);
    const former = this.#engine.live.get(lease.owner.runId);
    if (former === undefined) market.adopt(lease.backend);
    else if (former !== to) this.#engine.submit(former, { type: "passed-on", lease });
    for (const { key, reused } of leases) if (reused?.from === lease.key) market.passOn(lease.backend, lease.key, key);
  }

  /**
   * A row that was to be written is not as we knew it. `refused`: somebody was quicker with the idle lease that was to be taken over.
   * `passed-on`: an idle lease of our run was taken over, the run is up to date again. `lost`: the run is not ours any more.
   */
  async outdated(live: LiveRun, before: RunState, step: Transition, id: string): Promise<"refused" | "passed-on" | "lost"> {
    const { warm, market, options } = this.#context;
    if (step.changed.leases.some(({ key, passedTo }) => key === id && passedTo !== undefined)) {
      warm.forget(id);
      return "refused";
    }
    const ours = before.leases.find((lease) => lease.key === id);
    if (ours === undefined || !isIdle(ours)) return "lost";
    const [stored] = await options.store.load([live.id]);
    const now = stored?.leases.find((lease) => lease.key === id);
    if (stored?.run.version !== before.run.version || now?.passedTo === undefined) return "lost";
    live.state = { ...before, leases: before.leases.map((lease) => (lease.key === id ? now : lease)) };
    warm.forget(id);
    // Whoever took it counts it from now on.
    market.giveBack(now.backend, id, false);
    return "passed-on";
  }

  /** Lets idle leases go: those of one backend, or all. */
  cool(backend?: string): void {
    for (const live of this.#engine.live.values()) {
      if (live.state.leases.some((lease) => isIdle(lease) && (backend === undefined || lease.backend === backend)))
        this.#engine.submit(live, { type: "cool" });
    }
  }

  /** Finds the idle leases of other processes, and looks after those whose process is gone. Does nothing if it was done a moment ago. */
  async scan(): Promise<void> {
    const nowMs = this.#context.options.host.now();
    if (this.#context.warm.closed || Math.abs(nowMs - this.#scannedAtMs) < SCAN_MS) return;
    this.#scannedAtMs = nowMs;
    for (const { id, backend } of this.#context.backends.values()) if (backend.capabilities.reuse) await this.#scanBackend(id);
  }

  async #scanBackend(backend: string): Promise<void> {
    const { store } = this.#context.options;
    const { warm } = this.#context;
    const rows = (await store.openLeases(backend)).filter(({ owner }) => owner.kind === "warm");
    warm.keepOnly(backend, new Set(rows.filter(isIdle).map(({ key }) => key)));
    const foreign = rows.filter(({ owner }) => !this.#engine.live.has(owner.runId));
    if (foreign.length === 0) return;
    const runIds = [...new Set(foreign.map(({ owner }) => owner.runId))];
    const claims = new Map((await this.#claim(runIds)).map((claim) => [claim.id, claim]));
    const news = new Set(foreign.filter((lease) => warm.isNews(lease)).map(({ owner }) => owner.runId));
    for (const state of await store.load(runIds.filter((id) => claims.has(id) || news.has(id)))) {
      const claim = claims.get(state.run.id);
      if (claim !== undefined) this.#engine.takeOver(state, claim);
      else if (this.#isShared(backend)) for (const lease of state.leases) this.note(state, lease);
    }
  }

  /** Leases that only the process can use which made them are no use to this one. */
  #isShared(backend: string): boolean {
    return this.#context.rules.capabilities(backend)?.affinity === "any";
  }

  #claim(ids: readonly string[]): Promise<readonly Claim[]> {
    const { store, host } = this.#context.options;
    const nowMs = host.now();
    return store.claim({ owner: this.#context.owner, nowMs, untilMs: nowMs + CLAIM_MS, scope: "run", ids, limit: ids.length });
  }
}
