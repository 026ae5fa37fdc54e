import { listenForAbort } from "../kit/listen-for-abort.js";
import type { OutputArtifact } from "../model/artifact.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import { isTerminal, type RunState, type RunStatus } from "../model/run.js";
import type { Store } from "../spec/store.js";
import type { Engine } from "./engine.js";
import type { EngineContext } from "./engine-context.js";
import type { EventHub } from "./event-hub.js";
import type { GuardedBackend } from "./guard.js";
import { readAccepted } from "./read-accepted.js";
import { waitFor } from "./wait-for.js";

/** What run and group handles need of their scheduler. */
export class SchedulerCore {
  readonly context: EngineContext;
  readonly engine: Engine;
  readonly hub: EventHub;
  readonly #closers = new Set<() => void>();
  #closed = false;

  constructor(context: EngineContext, engine: Engine, hub: EventHub) {
    this.context = context;
    this.engine = engine;
    this.hub = hub;
  }

  get store(): Store {
    return this.context.options.store;
  }

  get closed(): boolean {
    return this.#closed;
  }

  now(): number {
    return this.context.options.host.now();
  }

  owns(runId: string): boolean {
    return this.engine.find(runId) !== undefined;
  }

  backend(id: string): GuardedBackend | undefined {
    return this.context.backends.get(id);
  }

  /** State as committed last. @throws RUN_NOT_FOUND */
  async state(runId: string): Promise<RunState> {
    const live = this.engine.find(runId);
    if (live !== undefined) return live.state;
    const [stored] = await this.store.load([runId]);
    if (stored === undefined) throw new SchedulerError("RUN_NOT_FOUND", `No run ${runId} is known to this store.`, { details: { runId } });
    return stored;
  }

  async cancel(runId: string, reason: string | undefined): Promise<RunStatus> {
    const state = await this.state(runId);
    if (isTerminal(state.run.status)) return state.run.status;
    const live = this.engine.find(runId);
    if (live === undefined) {
      throw new SchedulerError(
        "STORE_CONFLICT",
        "The run is worked on by another process; cancel it there, or once that process has stopped.",
        { details: { runId } },
      );
    }
    await this.engine.submitAndCommit(live, { type: "cancel", ...(reason === undefined ? {} : { reason }) });
    return (await waitFor(this, runId, "ended", undefined)).run.status;
  }

  async download(output: OutputArtifact): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of await readAccepted(this.context, output)) {
      chunks.push(chunk);
      size += chunk.length;
    }
    const bytes = new Uint8Array(size);
    let offset = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes;
  }

  /** Resolves at the next change of a run, or when the signal aborts. */
  changed(runId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const ends: (() => void)[] = [];
      const finish = (): void => {
        for (const end of ends) end();
        resolve();
      };
      ends.push(
        this.store.watch((id) => void (id === runId && finish())),
        this.onClosed(finish),
        listenForAbort(signal, finish),
      );
    });
  }

  onClosed(listener: () => void): () => void {
    this.#closers.add(listener);
    return () => void this.#closers.delete(listener);
  }

  tellClosed(): void {
    this.#closed = true;
    for (const listener of [...this.#closers]) listener();
    this.#closers.clear();
  }
}
