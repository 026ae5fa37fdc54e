import type { YagnaWorld } from "./world.js";

/** How long a request is willing to wait. */
export interface Patience {
  readonly timeoutMs: number;
  /** Aborts when the connection has gone. */
  readonly closed: AbortSignal;
}

/** What long polls wait for. */
export class Bell {
  readonly #world: YagnaWorld;
  readonly #listeners = new Set<() => void>();

  constructor(world: YagnaWorld) {
    this.#world = world;
  }

  /** Something may have changed. */
  ring(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Tells every change until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks now and at every ring; nothing when time is over or nobody waits any more. */
  async wait<T>(look: () => T | undefined, { timeoutMs, closed }: Patience): Promise<T | undefined> {
    const now = look();
    if (now !== undefined || closed.aborted) return now;
    return await new Promise<T | undefined>((resolve) => {
      const end = (found: T | undefined): void => {
        unlisten();
        timer.cancel();
        closed.removeEventListener("abort", gone);
        resolve(found);
      };
      const gone = (): void => end(undefined);
      const unlisten = this.listen(() => {
        const found = look();
        if (found !== undefined) end(found);
      });
      const timer = this.#world.after(timeoutMs, gone);
      closed.addEventListener("abort", gone, { once: true });
    });
  }
}
