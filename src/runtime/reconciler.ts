import type { RunInput } from "../core/lifecycle/inputs.js";
import { toSchedulerError } from "../model/errors/scheduler-error.js";
import type { Lease, LeaseRef, LeaseRow } from "../model/lease.js";
import type { TimerHandle } from "../spec/host.js";
import type { Claim } from "../spec/store.js";
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
        const claim = await this.#claimShard(guarded.id);
        if (claim === undefined) continue;
        const othersHaveWork = await this.#compare(guarded);
        // A run that another process looks after can be told of its lease only there: let its process compare next.
        if (othersHaveWork) await this.#context.options.store.acknowledge([claim]);
      } catch (thrown) {
        const error = toSchedulerError(thrown, "BACKEND_UNAVAILABLE", "Reconciliation failed");
        this.#context.options.logger.warn({ backend: guarded.id, code: error.code }, error.message);
      }
    }
  }

  async #claimShard(backend: string): Promise<Claim | undefined> {
    const { store, host, reconcileMs } = this.#context.options;
    const nowMs = host.now();
    const id = `reconcile/${backend}`;
    const [claim] = await store.claim({
      owner: this.#context.owner,
      nowMs,
      untilMs: nowMs + Math.max(reconcileMs, 1_000) + SHARD_SLACK_MS,
      scope: "shard",
      ids: [id],
      limit: 1,
    });
    return claim;
  }

  /** Answers whether there is something that only the process of another run can do. */
  async #compare(guarded: GuardedBackend): Promise<boolean> {
    const { store, logger } = this.#context.options;
    const listed = await guarded.listLeases();
    const known = new Map((await store.openLeases(guarded.id)).map((lease) => [lease.ref?.key ?? lease.key, lease]));
    const prefix = `${this.#context.namespace.id}-`;
    const seen = new Set<string>();
    let othersHaveWork = false;
    for (const ref of listed) {
      seen.add(ref.key);
      const lease = known.get(ref.key);
      if (lease !== undefined) await this.#tellOfUnanswered(guarded, lease, ref);
      else if (!ref.key.startsWith(prefix)) this.#foreign.set(`${guarded.id}/${ref.key}`, { backend: guarded.id, key: ref.key });
      else {
        const owner = await this.#ownerOf(ref.key);
        // What was held to be absent cannot be a late listing of something that has just ended.
        if (owner?.lease.state !== "absent" && !this.#isOldStray(guarded, ref)) continue;
        logger.warn({ backend: guarded.id, key: ref.key }, "Releasing a lease of ours that should not exist");
        const done = owner === undefined ? (await guarded.release(ref, 0)) === "released" : await this.#handBack(guarded, owner, ref);
        // What is still listed after that has its grace again: listings may be late.
        if (done) this.#strays.delete(ref.key);
        else if (owner !== undefined) othersHaveWork = true;
      }
    }
    for (const [key, stray] of this.#strays) if (stray.ref.backend === guarded.id && !seen.has(key)) this.#strays.delete(key);
    return othersHaveWork;
  }

  /** Open at the seller although we never heard back: the run is told, as if `find` had said so. */
  async #tellOfUnanswered(guarded: GuardedBackend, lease: LeaseRow, ref: LeaseRef): Promise<void> {
    if (lease.state !== "intended" || lease.owner.kind !== "attempt" || lease.reused !== undefined) return;
    const live = this.#engine.find(lease.owner.runId);
    // While the launch is under way its own answer is still to come.
    if (live === undefined || live.underway?.has(`bind ${lease.key}`) === true) return;
    this.#engine.submit(live, await foundOpen(guarded, lease, ref));
  }

  #isOldStray({ backend }: GuardedBackend, ref: LeaseRef): boolean {
    const nowMs = this.#context.options.host.now();
    const stray = this.#strays.get(ref.key) ?? { since: nowMs, ref };
    this.#strays.set(ref.key, stray);
    return nowMs - stray.since >= GRACE_MS + backend.capabilities.visibilityMs;
  }

  /** The run that has used a lease last, with its row, if the store still knows it. */
  async #ownerOf(key: string): Promise<Owner | undefined> {
    const runId = key.slice(this.#context.namespace.id.length + 1, key.lastIndexOf("-"));
    const [state] = await this.#context.options.store.load([runId]);
    const lease = state?.leases.find((row) => row.key === key);
    if (lease === undefined) return undefined;
    return lease.passedTo === undefined ? { runId, lease } : this.#ownerOf(lease.passedTo);
  }

  /** Tells the run: it then releases the lease and books what it cost. Answers whether that was possible from here. */
  async #handBack(guarded: GuardedBackend, { runId, lease }: Owner, ref: LeaseRef): Promise<boolean> {
    const { store, host } = this.#context.options;
    const found = await foundOpen(guarded, lease, ref);
    if (this.#tell(runId, found)) return true;
    const nowMs = host.now();
    const [claim] = await store.claim({
      owner: this.#context.owner,
      nowMs,
      untilMs: nowMs + CLAIM_MS,
      scope: "run",
      ids: [runId],
      limit: 1,
    });
    if (claim === undefined) return false;
    // Only what is read under the claim cannot be outdated.
    const [state] = await store.load([runId]);
    if (state !== undefined && !this.#tell(runId, found)) this.#engine.takeOver(state, claim, [found]);
    return true;
  }

  #tell(runId: string, input: RunInput): boolean {
    const live = this.#engine.find(runId);
    if (live !== undefined) this.#engine.submit(live, input);
    return live !== undefined;
  }
}

interface Owner {
  readonly runId: string;
  readonly lease: LeaseRow;
}

/** That a listed lease is open is certain; `find` is asked for the rest, above all the agreed price, which need not be the offer's. */
async function foundOpen(guarded: GuardedBackend, { key, intendedAtMs }: LeaseRow, ref: LeaseRef): Promise<RunInput> {
  const [finding] = await guarded.find([{ key: ref.key, intendedAtMs }]).catch(() => []);
  const lease: Lease = finding?.kind === "bound" ? finding.lease : { ref };
  return { type: "found", finding: { kind: "bound", key, lease } };
}
