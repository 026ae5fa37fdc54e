import type { RunState } from "../model/run.js";
import { cleanUp } from "./clean-up.js";
import type { EngineContext } from "./engine-context.js";

/** Pause after the first failure, ms; doubled with each further one, up to {@link MOST_PAUSE_MS}. */
const FIRST_PAUSE_MS = 60_000;
const MOST_PAUSE_MS = 3_600_000;

/** After so many tries, which is about half a day, an artifact store is not coming back for this run. */
const MOST_TRIES = 16;

/** Runs that are remembered for another try; the oldest give way. Each costs memory, and what they left costs storage only. */
const MOST_RUNS = 1_000;

interface Leftover {
  readonly state: RunState;
  readonly tries: number;
  readonly dueMs: number;
}

/**
 * Removes what finished runs have left in the artifact stores. Failing here costs storage, never a result: it is told and tried again by the
 * reconciler, with growing pauses. What is still there when the process ends is left to `erase` or the bucket's lifetime rule.
 */
export class Tidier {
  readonly #context: EngineContext;
  readonly #onRest: () => void;
  readonly #underway = new Set<Promise<void>>();
  readonly #leftovers = new Map<string, Leftover>();

  /** @param onRest called whenever nothing is being removed any more */
  constructor(context: EngineContext, onRest: () => void) {
    this.#context = context;
    this.#onRest = onRest;
  }

  /** Removals under way. */
  get busy(): number {
    return this.#underway.size;
  }

  /** Begins to remove what a run has left. */
  tidy(state: RunState): void {
    const tidying = this.#try(state, 1).finally(() => {
      this.#underway.delete(tidying);
      if (this.#underway.size === 0) this.#onRest();
    });
    this.#underway.add(tidying);
  }

  /** Tries again what is due, one run after the other: a store that just comes back is not asked for everything at once. */
  async retry(): Promise<void> {
    const { host } = this.#context.options;
    for (const { state, tries, dueMs } of [...this.#leftovers.values()]) if (dueMs <= host.now()) await this.#try(state, tries + 1);
  }

  async #try(state: RunState, tries: number): Promise<void> {
    const { host, logger } = this.#context.options;
    const runId = state.run.id;
    try {
      await cleanUp(this.#context, state);
      this.#leftovers.delete(runId);
    } catch (thrown) {
      this.#leftovers.delete(runId);
      const isLast = tries >= MOST_TRIES;
      logger.warn(
        { runId, tries, error: String(thrown) },
        isLast ? "Leftovers of a finished run could not be removed and stay" : "Leftovers of a finished run could not be removed yet",
      );
      if (isLast) return;
      const [oldest] = this.#leftovers.keys();
      if (oldest !== undefined && this.#leftovers.size >= MOST_RUNS) this.#leftovers.delete(oldest);
      this.#leftovers.set(runId, { state, tries, dueMs: host.now() + Math.min(MOST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)) });
    }
  }
}
