/**
 * Launches that are under way in this process: from the moment a lease is written down until its supervisor has its orders.
 * Belongs to one backend object.
 */
export class Launches {
  readonly #running = new Map<string, { readonly abort: AbortController; readonly done: Promise<void> }>();

  /** Begins one. `work` must not reject. */
  start(key: string, work: (abort: AbortController) => Promise<void>): void {
    const abort = new AbortController();
    const done = work(abort).finally(() => this.#running.delete(key));
    this.#running.set(key, { abort, done });
  }

  /** Gives one up and waits until it has noticed. */
  async cancel(key: string, reason: unknown): Promise<void> {
    const launch = this.#running.get(key);
    launch?.abort.abort(reason);
    await launch?.done;
  }

  /** Waits for all of them. */
  async settled(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }
}
