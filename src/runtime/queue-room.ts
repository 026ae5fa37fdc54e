import { listenForAbort } from "../kit/listen-for-abort.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import { aborted, throwIfAborted } from "./wait-for.js";

/** How full the queue is. */
export interface QueueLoad {
  /** Runs that wait for a place. */
  readonly waiting: number;
  /** Runs that could begin at once. */
  readonly free: number;
}

interface Asker {
  readonly count: number;
  readonly admit: () => void;
  readonly refuse: (error: unknown) => void;
}

/**
 * Room in the queue. Whoever hands work in takes it before anything is stored and gives it back once the runs stand in the
 * queue themselves, so that callers at the same moment cannot exceed the limit together. Those who wait come first, in order.
 */
export class QueueRoom {
  readonly #limit: number;
  readonly #whenFull: "refuse" | "wait";
  readonly #load: () => QueueLoad;
  readonly #line: Asker[] = [];
  /** Taken and not yet given back. */
  #promised = 0;

  constructor(options: { readonly limit: number; readonly whenFull: "refuse" | "wait" }, load: () => QueueLoad) {
    this.#limit = options.limit;
    this.#whenFull = options.whenFull;
    this.#load = load;
  }

  /** Takes room for so many runs and answers how to give it back. @throws QUEUE_FULL, WAIT_ABORTED, SCHEDULER_CLOSED */
  async take(count: number, signal: AbortSignal | undefined): Promise<() => void> {
    if (this.#line.length > 0 || !this.#fits(count)) {
      if (this.#whenFull === "refuse" || count > this.#limit) throw this.#full();
      await this.#turn(count, signal);
    } else this.#promised += count;
    return () => {
      this.#promised -= count;
      this.look();
    };
  }

  /** Something may have become free. */
  look(): void {
    for (let next = this.#line[0]; next !== undefined && this.#fits(next.count); next = this.#line[0]) {
      this.#line.shift();
      this.#promised += next.count;
      next.admit();
    }
  }

  /** Nobody is admitted any more. */
  close(error: SchedulerError): void {
    for (const { refuse } of this.#line.splice(0)) refuse(error);
  }

  /** Runs on their way in are expected to begin where they can, and to wait otherwise. */
  #fits(count: number): boolean {
    const { waiting, free } = this.#load();
    return waiting + Math.max(0, this.#promised - free) + count <= this.#limit;
  }

  #turn(count: number, signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    return new Promise((resolve, reject) => {
      let leave = (): void => {};
      const asker: Asker = {
        count,
        admit: () => {
          leave();
          resolve();
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      if (signal !== undefined) {
        leave = listenForAbort(signal, () => {
          this.#line.splice(this.#line.indexOf(asker), 1);
          reject(aborted(signal));
          this.look();
        });
      }
      this.#line.push(asker);
    });
  }

  #full(): SchedulerError {
    const { waiting } = this.#load();
    const message = `${waiting} runs are waiting and the queue takes ${this.#limit}. Try again later, or set \`queue.whenFull: "wait"\`.`;
    return new SchedulerError("QUEUE_FULL", message, { details: { field: "queue.limit" } });
  }
}
