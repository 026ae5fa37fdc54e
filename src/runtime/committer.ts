import type { Transition } from "../core/lifecycle/draft.js";
import type { RunState } from "../model/run.js";
import type { EngineContext } from "./engine-context.js";
import type { IdleLeases } from "./idle-leases.js";
import type { LiveRun } from "./live-run.js";

/** Pause before a commit whose outcome is unknown is looked into again, ms. */
const STORE_RETRY_MS = 500;

/**
 * What became of a step: `refused` by the ledger, so that the decision has to be taken anew; `passed-on`: an idle lease of the run has
 * gone to another run meanwhile, and the inputs have to be applied to the run as it is now; `lost`: the run is no longer ours.
 */
export type Committed = "applied" | "refused" | "passed-on" | "lost";

/** Commits the steps of runs, once each, also where the store does not answer. */
export class Committer {
  readonly #context: EngineContext;
  readonly #idle: IdleLeases;
  #closed = false;

  constructor(context: EngineContext, idle: IdleLeases) {
    this.#context = context;
    this.#idle = idle;
  }

  close(): void {
    this.#closed = true;
  }

  async commit(live: LiveRun, before: RunState, step: Transition, nowMs: number): Promise<Committed> {
    const { store, host, logger } = this.#context.options;
    for (;;) {
      try {
        const result = await store.commit({ ...step.changed, nowMs, claims: [live.claim] });
        if (result.ok) return "applied";
        if (result.refused === "ledger") return "refused";
        if (result.refused === "version") return await this.#idle.outdated(live, before, step, result.id);
        return "lost";
      } catch (thrown) {
        logger.warn(
          { runId: live.id, error: String(thrown) },
          "The store could not be reached; what it has is looked at before anything is repeated",
        );
        await new Promise<void>((resolve) => host.setTimer(STORE_RETRY_MS, resolve));
        if (live.lost || this.#closed) return "lost";
        if (await this.#wasApplied(before, step)) return "applied";
      }
    }
  }

  /** After an unknown outcome: rows are versioned, so the store itself says whether the batch got through. */
  async #wasApplied(before: RunState, step: Transition): Promise<boolean> {
    try {
      const [stored] = await this.#context.options.store.load([before.run.id]);
      return stored !== undefined && stored.run.version === step.state.run.version && step.state.run.version !== before.run.version;
    } catch {
      return false;
    }
  }
}
