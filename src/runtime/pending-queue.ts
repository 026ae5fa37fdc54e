/** What the queue orders by: higher priority first, then retries, then whoever came first. */
export interface QueueOrder {
  readonly priority: number;
  readonly retry: boolean;
  readonly sequence: number;
}

function before(a: QueueOrder, b: QueueOrder): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.retry !== b.retry) return a.retry;
  return a.sequence < b.sequence;
}

/** A binary heap: push and pop in O(log n), so that a hundred thousand waiting runs with priorities cost what ten do. */
export class PendingQueue<T extends QueueOrder> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  peek(): T | undefined {
    return this.#heap[0];
  }

  push(item: T): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as T;
      if (!before(item, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = item;
  }

  pop(): T | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && before(heap[right] as T, heap[left] as T) ? right : left;
      if (!before(heap[child] as T, last)) break;
      heap[index] = heap[child] as T;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}
