/**
 * Tells listeners about changed runs. Never within the commit itself (a listener may commit), but before any timer or
 * I/O: each listener is called from one microtask with the ids of all commits of the same turn, each id once, in order.
 */
export class Watchers {
  readonly #listeners = new Map<number, (runId: string) => void>();
  #nextId = 1;
  #pending = new Set<string>();

  add(listener: (runId: string) => void): () => void {
    const id = this.#nextId++;
    this.#listeners.set(id, listener);
    return () => void this.#listeners.delete(id);
  }

  get listening(): boolean {
    return this.#listeners.size > 0;
  }

  announce(runIds: Iterable<string>): void {
    const isScheduled = this.#pending.size > 0;
    for (const runId of runIds) this.#pending.add(runId);
    if (!isScheduled && this.#pending.size > 0) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const runIds = this.#pending;
    this.#pending = new Set();
    const [first, ...others] = this.#listeners.keys();
    // One microtask each: a listener that throws reaches the process's handler, and keeps no other from hearing.
    for (const id of others) queueMicrotask(() => this.#tell(id, runIds));
    if (first !== undefined) this.#tell(first, runIds);
  }

  #tell(id: number, runIds: ReadonlySet<string>): void {
    for (const runId of runIds) this.#listeners.get(id)?.(runId);
  }
}
