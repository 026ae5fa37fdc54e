import { runnerNonce } from "../kit/runner/index.js";
import type { AttemptRow } from "../model/attempt.js";
import type { TimerHandle } from "../spec/host.js";
import type { EngineContext } from "./engine-context.js";
import type { LiveRun } from "./live-run.js";
import { runnerManifest } from "./runner-status.js";
import { isFar, stagingOf } from "./staging-of.js";

/** A look costs about a millionth of a dollar; more often than this is never useful. */
const LEAST_MS = 200;
/** The pause grows and shrinks with the distance to the expected end: one part in so many. */
const SHARE = 8;

/**
 * Looks for result manifests in the artifact store while containers run, on platforms that do not tell when a command has ended because they
 * start again whatever exits. Seldom while the end is far away, often around the expected time, seldomer again after it.
 */
export class ResultWatch {
  readonly #context: EngineContext;
  readonly #seen: (live: LiveRun, key: string) => void;
  readonly #timers = new Map<string, TimerHandle>();
  #closed = false;

  constructor(context: EngineContext, seen: (live: LiveRun, key: string) => void) {
    this.#context = context;
    this.#seen = seen;
  }

  /** Begins to look, where there is anything to be seen. */
  watch(live: LiveRun, key: string): void {
    const attempt = attemptOf(live, key);
    if (attempt === undefined || this.#closed || this.#timers.has(key)) return;
    const capabilities = this.#context.rules.capabilities(attempt.offer.backend);
    if (capabilities === undefined || capabilities.exitCode) return;
    if (isFar(stagingOf(this.#context, live.state.run.workload, attempt.offer.backend))) this.#arm(live, key);
  }

  forget(key: string): void {
    this.#timers.get(key)?.cancel();
    this.#timers.delete(key);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #arm(live: LiveRun, key: string): void {
    const attempt = attemptOf(live, key);
    const { host } = this.#context.options;
    if (attempt === undefined || this.#closed || live.lost) return;
    const timer = host.setTimer(this.#pauseMs(live, attempt), () => void this.#look(live, key, timer), { keepAlive: true });
    this.#timers.set(key, timer);
  }

  #pauseMs(live: LiveRun, attempt: AttemptRow): number {
    const capabilities = this.#context.rules.capabilities(attempt.offer.backend);
    const { least, most } = capabilities?.pollMs ?? { least: 1_000, most: 30_000 };
    const nowMs = this.#context.options.host.now();
    const workMs = live.state.run.workload.expectedDurationMs / (attempt.offer.speed ?? 1);
    const endMs = (attempt.startedAtMs ?? nowMs) + workMs;
    return Math.max(LEAST_MS, least, Math.min(most, Math.abs(endMs - nowMs) / SHARE));
  }

  async #look(live: LiveRun, key: string, timer: TimerHandle): Promise<void> {
    const found = await this.#find(live, key);
    // Forgotten, or watched anew, while the store was asked.
    if (this.#timers.get(key) !== timer || live.lost) return;
    this.#timers.delete(key);
    if (found) this.#seen(live, key);
    else this.#arm(live, key);
  }

  async #find(live: LiveRun, key: string): Promise<boolean> {
    const { artifacts, namespace, options } = this.#context;
    const { host } = options;
    const attempt = attemptOf(live, key);
    if (attempt === undefined) return false;
    const places = artifacts.farPlaces(live.state.run.id, key, Object.keys(live.state.run.workload.outputs));
    try {
      if ((await artifacts.farWorkspace.stat(places.manifest, { host })) !== undefined) return true;
    } catch (thrown) {
      options.logger.warn({ runId: live.id, error: String(thrown) }, "The artifact store could not be asked for a result");
    }
    const endpoint = live.endpoints?.get(key);
    if (endpoint === undefined) return false;
    const expected = { nonce: runnerNonce(namespace, key, host), places: places.outputs };
    return (await runnerManifest(this.#context, attempt, endpoint, expected)) !== undefined;
  }
}

const attemptOf = (live: LiveRun, key: string): AttemptRow | undefined => live.state.attempts.find((attempt) => attempt.key === key);
