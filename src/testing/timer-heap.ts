/** A timer of the virtual host. */
export interface VirtualTimer {
  /** Monotonic time at which it fires, ms. */
  readonly dueMs: number;
  /** Order of creation: breaks ties. */
  readonly order: number;
  readonly fire: () => void;
  readonly keepAlive: boolean;
  /** Where it was set, when the host traces timers. */
  readonly setAt?: string;
  cancelled: boolean;
}

/** Below this size cancelled timers are not worth removing early. */
const COMPACT_FROM = 256;

/** A binary heap by (due, order). Cancelled timers are dropped lazily, and in bulk once they are the majority. */
export class TimerHeap {
  #timers: VirtualTimer[] = [];
  #cancelled = 0;

  /** Number of timers that will still fire. */
  get size(): number {
    return this.#timers.length - this.#cancelled;
  }

  push(timer: VirtualTimer): void {
    this.#timers.push(timer);
    this.#up(this.#timers.length - 1);
  }

  /** Marks a timer of this heap that has neither fired nor been cancelled. */
  cancel(timer: VirtualTimer): void {
    timer.cancelled = true;
    this.#cancelled++;
    if (this.#timers.length >= COMPACT_FROM && this.#cancelled * 2 > this.#timers.length) this.#compact();
  }

  /** The next timer to fire. */
  peek(): VirtualTimer | undefined {
    while (this.#timers[0]?.cancelled === true) {
      this.#removeFirst();
      this.#cancelled--;
    }
    return this.#timers[0];
  }

  pop(): VirtualTimer | undefined {
    const first = this.peek();
    if (first !== undefined) this.#removeFirst();
    return first;
  }

  /** The timers that will still fire, in order. */
  list(): VirtualTimer[] {
    return this.#timers.filter((timer) => !timer.cancelled).sort((a, b) => (before(a, b) ? -1 : 1));
  }

  #removeFirst(): void {
    const last = this.#timers.pop();
    if (last === undefined || this.#timers.length === 0) return;
    this.#timers[0] = last;
    this.#down(0);
  }

  #compact(): void {
    this.#timers = this.#timers.filter((timer) => !timer.cancelled);
    this.#cancelled = 0;
    for (let index = (this.#timers.length >> 1) - 1; index >= 0; index--) this.#down(index);
  }

  #up(from: number): void {
    const timer = this.#timers[from] as VirtualTimer;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#timers[parent] as VirtualTimer;
      if (!before(timer, above)) break;
      this.#timers[index] = above;
      index = parent;
    }
    this.#timers[index] = timer;
  }

  #down(from: number): void {
    const timer = this.#timers[from] as VirtualTimer;
    const length = this.#timers.length;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && before(this.#timers[child + 1] as VirtualTimer, this.#timers[child] as VirtualTimer)) child++;
      const below = this.#timers[child] as VirtualTimer;
      if (!before(below, timer)) break;
      this.#timers[index] = below;
      index = child;
    }
    this.#timers[index] = timer;
  }
}

function before(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
