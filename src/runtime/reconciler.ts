import type { RunInput } from "../core/lifecycle/inputs.js";
import { toSchedulerError } from "../model/errors/scheduler-error.js";
import type { LeaseRef } from "../model/lease.js";
import type { TimerHandle } from "../spec/host.js";
import { CLAIM_MS } from "./claim-times.js";
import type { Engine } from "./engine.js";
import type { EngineContext } from "./engine-context.js";
import type { GuardedBackend } from "./guard.js";

/** A lease that nobody knows must have been seen unknown for so long before it is released, ms. Covers slow commits. */
const GRACE_MS = 60_000;

/** A dead process holds a backend's comparison up for one round and this, ms. */
const SHARD_SLACK_MS = 30_000;

/** What a comparison found that nobody may touch: reported, never released. */
export interface ForeignLease {
  readonly backend: string;
  readonly key: string;
}

/**
 * Compares what each backend says is open with what the store knows. The backend is listed first and the store loaded
 * second, so that a lease made in between is never taken for a stray. Strays are released only when their key proves
 * that they are of our own namespace, and only after a grace period.
 */
export class Reconciler {
  readonly #context: EngineContext;
  readonly #engine: Engine;
  readonly #strays = new Map<string, { readonly since: number; readonly ref: LeaseRef }>();
  readonly #foreign = new Map<string, ForeignLease>();
  #timer: TimerHandle | undefined;
  #closed = false;
  #round: Promise<void> | undefined;

  constructor(context: EngineContext, engine: Engine) {
    this.#context = context;
    this.#engine = engine;
  }

  get foreign(): readonly ForeignLease[] {
    return [...this.#foreign.values()];
  }

  start(): void {
    const { reconcileMs, host } = this.#context.options;
    if (reconcileMs === 0 || this.#closed) return;
    this.#timer = host.setTimer(reconcileMs, () => {
      this.#round = this.reconcile().finally(() => this.start());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#round;
  }

  /** One comparison of every backend; a backend that fails is looked at next time. Then another try at what runs have left in artifact stores. */
  async reconcile(): Promise<void> {
    await this.#compareAll();
    if (!this.#closed) await this.#engine.tidier.retry();
  }

  async #compareAll(): Promise<void> {
    for (const guarded of this.#context.backends.values()) {
      if (this.#closed) return;
      try {
        if (await this.#claimShard(guarded.id)) await this.#compare(guarded);
      } catch (thrown) {
        const error = toSchedulerError(thrown, "BACKEND_UNAVAILABLE", "Reconciliation failed");
        this.#context.options.logger.warn({ backend: guarded.id, code: error.code }, error.message);
      }
    }
  }

  async #claimShard(backend: string): Promise<boolean> {
    const { store, host, reconcileMs } = this.#context.options;
    const nowMs = host.now();
    const id = `reconcile/${backend}`;
    const claims = await store.claim({
      owner: this.#context.owner,
      nowMs,
      untilMs: nowMs + Math.max(reconcileMs, 1_000) + SHARD_SLACK_MS,
      scope: "shard",
      ids: [id],
      limit: 1,
    });
    return claims.some((claim) => claim.id === id);
  }

  async #compare(guarded: GuardedBackend): Promise<void> {
    const { store, host, logger } = this.#context.options;
    const listed = await guarded.listLeases();
    const known = new Map((await store.openLeases(guarded.id)).map((lease) => [lease.ref?.key ?? lease.key, lease]));
    const prefix = `${this.#context.namespace.id}-`;
    const seen = new Set<string>();
    for (const ref of listed) {
      seen.add(ref.key);
      const lease = known.get(ref.key);
      if (lease !== undefined) {
        // Open at the seller although we never heard back: the run is told, as if `find` had said so.
        if (lease.state === "intended" && lease.owner.kind === "attempt" && lease.reused === undefined) {
          const live = this.#engine.find(lease.owner.runId);
          if (live !== undefined) this.#engine.submit(live, { type: "found", finding: { kind: "bound", key: ref.key, lease: { ref } } });
        }
        continue;
      }
      if (!ref.key.startsWith(prefix)) {
        this.#foreign.set(`${guarded.id}/${ref.key}`, { backend: guarded.id, key: ref.key });
        continue;
      }
      const stray = this.#strays.get(ref.key) ?? { since: host.now(), ref };
      this.#strays.set(ref.key, stray);
      if (host.now() - stray.since < GRACE_MS + guarded.backend.capabilities.visibilityMs) continue;
      logger.warn({ backend: guarded.id, key: ref.key }, "Releasing a lease of ours that should not exist");
      if (await this.#handBack(ref)) this.#strays.delete(ref.key);
      else if ((await guarded.release(ref, 0)) === "released") this.#strays.delete(ref.key);
    }
    for (const [key, stray] of this.#strays) if (stray.ref.backend === guarded.id && !seen.has(key)) this.#strays.delete(key);
  }

  /** Tells the run for which the lease was bound, if the store still knows it: it then releases the lease and books what it cost. */
  async #handBack(ref: LeaseRef): Promise<boolean> {
    const { store, host } = this.#context.options;
    const runId = ref.key.slice(this.#context.namespace.id.length + 1, ref.key.lastIndexOf("-"));
    const [state] = await store.load([runId]);
    if (state === undefined || !state.leases.some(({ key }) => key === ref.key)) return false;
    const found: RunInput = { type: "found", finding: { kind: "bound", key: ref.key, lease: { ref } } };
    const live = this.#engine.find(runId);
    if (live !== undefined) {
      this.#engine.submit(live, found);
      return true;
    }
    const nowMs = host.now();
    const [claim] = await store.claim({
      owner: this.#context.owner,
      nowMs,
      untilMs: nowMs + CLAIM_MS,
      scope: "run",
      ids: [runId],
      limit: 1,
    });
    // Without the claim another process owns the run: it will tell it, or we shall the next time.
    if (claim !== undefined) this.#engine.takeOver(state, claim, [found]);
    return true;
  }
}
