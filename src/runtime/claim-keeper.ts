import type { TimerHandle } from "../spec/host.js";
import type { Claim } from "../spec/store.js";
import { CLAIM_MS, RENEW_MS } from "./claim-times.js";
import type { Engine } from "./engine.js";
import type { EngineContext } from "./engine-context.js";

/** Runs renewed or taken over in one call to the store. */
const BATCH = 1_000;

/** Keeps the claims of this process alive and takes over runs whose owner has stopped doing so. */
export class ClaimKeeper {
  readonly #context: EngineContext;
  readonly #engine: Engine;
  #timer: TimerHandle | undefined;
  #closed = false;
  #round: Promise<void> | undefined;

  constructor(context: EngineContext, engine: Engine) {
    this.#context = context;
    this.#engine = engine;
  }

  /** Takes over what is free, then keeps going in the background. */
  async start(): Promise<void> {
    await this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#round;
  }

  async #run(): Promise<void> {
    const { logger, host } = this.#context.options;
    try {
      await this.#renew();
      await this.#takeOver();
      await this.#engine.idle.scan();
      await this.#engine.observer.learn();
    } catch (thrown) {
      logger.warn({ error: String(thrown) }, "Claims could not be renewed");
    }
    if (this.#closed) return;
    this.#timer = host.setTimer(RENEW_MS, () => {
      this.#round = this.#run();
    });
  }

  async #renew(): Promise<void> {
    const { store, host } = this.#context.options;
    const owned = [...this.#engine.liveRuns.values()];
    for (let start = 0; start < owned.length; start += BATCH) {
      const batch = owned.slice(start, start + BATCH);
      const nowMs = host.now();
      const kept = await store.claim({
        owner: this.#context.owner,
        nowMs,
        untilMs: nowMs + CLAIM_MS,
        scope: "run",
        ids: batch.map(({ id }) => id),
        limit: batch.length,
      });
      const byId = new Map<string, Claim>(kept.map((claim) => [claim.id, claim]));
      for (const live of batch) {
        const claim = byId.get(live.id);
        // A raised fence means that somebody else owned the run in between: what we know of it may be outdated.
        if (claim === undefined || claim.fence !== live.claim.fence) this.#engine.drop(live);
        else live.claim = claim;
      }
    }
  }

  async #takeOver(): Promise<void> {
    const { store, host } = this.#context.options;
    for (;;) {
      const nowMs = host.now();
      const claims = (
        await store.claim({ owner: this.#context.owner, nowMs, untilMs: nowMs + CLAIM_MS, scope: "run", limit: BATCH })
      ).filter(({ id }) => this.#engine.find(id) === undefined);
      if (claims.length === 0 || this.#closed) return;
      const states = await store.load(claims.map(({ id }) => id));
      const byId = new Map(claims.map((claim) => [claim.id, claim]));
      for (const state of states) {
        const { groupId } = state.run;
        const group = groupId === undefined ? undefined : await store.loadGroup(groupId);
        if (group !== undefined) this.#engine.knowGroup(group);
        const claim = byId.get(state.run.id);
        if (claim !== undefined) this.#engine.takeOver(state, claim);
      }
      if (claims.length < BATCH) return;
    }
  }
}
