import { EventEmitter } from "eventemitter3";
import type { RunEvent, RunEventType } from "../model/event.js";
import { isTerminal, type RunState } from "../model/run.js";

/** Listeners by event name: every type of {@link RunEvent}, and `event` for all of them. */
export type SchedulerEvents = { [T in RunEventType]: (event: Extract<RunEvent, { type: T }>) => void } & {
  /** Every event. */
  event: (event: RunEvent) => void;
};

type Listener = (state: RunState) => void;

/** Tells the process what has been committed. Listeners that throw do not disturb anybody. */
export class EventHub {
  readonly emitter = new EventEmitter();
  readonly #onError: (thrown: unknown) => void;
  readonly #eventListeners = new Map<string, Set<(event: RunEvent) => void>>();
  readonly #ended = new Map<string, Set<Listener>>();
  readonly #settled = new Map<string, Set<Listener>>();

  constructor(onError: (thrown: unknown) => void) {
    this.#onError = onError;
  }

  emit(event: RunEvent): void {
    for (const listener of this.#eventListeners.get(event.runId) ?? []) this.#safely(() => listener(event));
    if (this.emitter.listenerCount(event.type) > 0) this.#safely(() => this.emitter.emit(event.type, event));
    if (this.emitter.listenerCount("event") > 0) this.#safely(() => this.emitter.emit("event", event));
  }

  /** A run has ended or settled. */
  stateChanged(state: RunState): void {
    if (isTerminal(state.run.status)) this.#flush(this.#ended, state);
    if (state.run.settled) this.#flush(this.#settled, state);
  }

  onEvent(runId: string, listener: (event: RunEvent) => void): () => void {
    return add(this.#eventListeners, runId, listener);
  }

  onEnded(runId: string, listener: Listener): () => void {
    return add(this.#ended, runId, listener);
  }

  onSettled(runId: string, listener: Listener): () => void {
    return add(this.#settled, runId, listener);
  }

  #flush(map: Map<string, Set<Listener>>, state: RunState): void {
    const listeners = map.get(state.run.id);
    if (listeners === undefined) return;
    map.delete(state.run.id);
    for (const listener of listeners) this.#safely(() => listener(state));
  }

  #safely(call: () => void): void {
    try {
      call();
    } catch (thrown) {
      this.#onError(thrown);
    }
  }
}

function add<L>(map: Map<string, Set<L>>, runId: string, listener: L): () => void {
  let listeners = map.get(runId);
  if (listeners === undefined) {
    listeners = new Set();
    map.set(runId, listeners);
  }
  listeners.add(listener);
  return () => {
    const left = map.get(runId);
    left?.delete(listener);
    if (left?.size === 0) map.delete(runId);
  };
}
