import type { Host, TimerHandle } from "../spec/host.js";

interface Entry {
  readonly id: string;
  readonly dueMs: number;
}

/**
 * Wake-up times of many runs behind one timer of the host. Setting a new time for an id replaces the old one lazily:
 * outdated heap entries are skipped when they surface.
 */
export class WakeTimers {
  readonly #host: Host;
  readonly #fire: (id: string) => void;
  readonly #due = new Map<string, number>();
  readonly #heap: Entry[] = [];
  #timer: TimerHandle | undefined;
  #armedForMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(host: Host, fire: (id: string) => void) {
    this.#host = host;
    this.#fire = fire;
  }

  set(id: string, dueMs: number | undefined): void {
    if (this.#closed) return;
    if (dueMs === undefined) {
      this.#due.delete(id);
      return;
    }
    if (this.#due.get(id) === dueMs) return;
    this.#due.set(id, dueMs);
    this.#push({ id, dueMs });
    if (dueMs < this.#armedForMs) this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#due.clear();
    this.#heap.length = 0;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#armedForMs = Number.POSITIVE_INFINITY;
    const next = this.#heap[0];
    if (next === undefined) return;
    this.#armedForMs = next.dueMs;
    // Time may have been set back since: never longer than a minute without a look at the clock.
    const delay = Math.min(60_000, Math.max(0, next.dueMs - this.#host.now()));
    this.#timer = this.#host.setTimer(delay, () => this.#run(), { keepAlive: true });
  }

  #run(): void {
    const now = this.#host.now();
    const due: string[] = [];
    for (let next = this.#heap[0]; next !== undefined && next.dueMs <= now; next = this.#heap[0]) {
      this.#pop();
      if (this.#due.get(next.id) !== next.dueMs) continue;
      this.#due.delete(next.id);
      due.push(next.id);
    }
    this.#arm();
    for (const id of due) this.#fire(id);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (above.dueMs <= entry.dueMs) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && (heap[right] as Entry).dueMs < (heap[left] as Entry).dueMs ? right : left;
      if ((heap[child] as Entry).dueMs >= last.dueMs) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}
