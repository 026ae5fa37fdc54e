import type { LiveRun } from "./live-run.js";
import { PendingQueue } from "./pending-queue.js";

interface Shape {
  blocked: boolean;
  readonly parked: PendingQueue<LiveRun>;
}

export interface DispatcherOptions {
  readonly concurrency: number;
  /** Takes a run that was given a slot further. */
  readonly start: (live: LiveRun) => void;
  /** Two runs with the same shape can use exactly the same places. */
  readonly shapeOf: (live: LiveRun) => string;
  /** Parallelism limit of a run's group, if it has one. */
  readonly groupLimit: (groupId: string) => number | undefined;
  /** Called when the number of waiting runs has fallen. */
  readonly onRoom: () => void;
}

/**
 * Who may look for a place next. Runs wait in one heap by priority. When a run finds no place, every run of the same
 * shape would find none either: they are parked together, and one of them at a time is let out again when something
 * changes. So ten thousand waiting runs cost one decision per freed place, not ten thousand.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #queue = new PendingQueue<LiveRun>();
  readonly #shapes = new Map<string, Shape>();
  readonly #alone = new Set<LiveRun>();
  readonly #groups = new Map<string, { active: number; readonly parked: PendingQueue<LiveRun> }>();
  #active = 0;
  #waiting = 0;
  #draining = false;
  #closed = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Runs without a place. */
  get waiting(): number {
    return this.#waiting;
  }

  get active(): number {
    return this.#active;
  }

  enqueue(live: LiveRun): void {
    if (live.admitted || live.waiting === "queued") return;
    if (live.waiting === undefined) this.#waiting += 1;
    this.#alone.delete(live);
    live.waiting = "queued";
    this.#queue.push(live);
    this.#drain();
  }

  /** Gives the slot back because nothing can be placed now. `alone`: the reason is the run's own history, not its shape. */
  park(live: LiveRun, how: "shape" | "alone"): void {
    if (!live.admitted) return;
    this.#leave(live);
    this.#waiting += 1;
    if (how === "alone") {
      live.waiting = "alone";
      this.#alone.add(live);
    } else {
      const shape = this.#shape(live);
      shape.blocked = true;
      live.waiting = "parked";
      shape.parked.push(live);
    }
    this.#drain();
  }

  /** A run has got a place: others like it may find one too. */
  placed(live: LiveRun): void {
    if (this.#shapes.size === 0) return;
    const shape = this.#shapes.get(this.#options.shapeOf(live));
    if (shape === undefined) return;
    shape.blocked = false;
    this.#releaseOne(shape);
  }

  /** A run is over or was lost: its slot is free. */
  done(live: LiveRun): void {
    if (live.admitted) this.#leave(live);
    else if (live.waiting !== undefined) {
      // Heap entries of runs that are over are skipped when they surface.
      this.#waiting -= 1;
      this.#alone.delete(live);
      live.waiting = undefined;
      this.#options.onRoom();
    }
    this.#drain();
  }

  /** The time has come to look again, for this run and those like it. */
  retry(live: LiveRun): void {
    const shape = this.#shapes.get(this.#options.shapeOf(live));
    if (shape !== undefined) shape.blocked = false;
    this.enqueue(live);
  }

  /** Something changed in the market: every shape gets one try, every lone run its own. */
  retryAll(): void {
    for (const shape of this.#shapes.values()) {
      shape.blocked = false;
      this.#releaseOne(shape);
    }
    for (const live of [...this.#alone]) this.enqueue(live);
    this.#drain();
  }

  close(): void {
    this.#closed = true;
  }

  #leave(live: LiveRun): void {
    live.admitted = false;
    this.#active -= 1;
    const { groupId } = live.state.run;
    const group = groupId === undefined ? undefined : this.#groups.get(groupId);
    if (group === undefined) return;
    group.active -= 1;
    const next = this.#popLive(group.parked);
    if (next !== undefined) {
      next.waiting = "queued";
      this.#queue.push(next);
    }
  }

  #releaseOne(shape: Shape): void {
    const next = this.#popLive(shape.parked);
    if (next === undefined) return;
    next.waiting = "queued";
    this.#queue.push(next);
  }

  #popLive(queue: PendingQueue<LiveRun>): LiveRun | undefined {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) if (next.waiting === "parked") return next;
    return undefined;
  }

  #drain(): void {
    if (this.#draining || this.#closed) return;
    this.#draining = true;
    try {
      while (this.#active < this.#options.concurrency) {
        const live = this.#queue.pop();
        if (live === undefined) break;
        if (live.waiting !== "queued") continue;
        if (this.#heldBack(live)) continue;
        live.waiting = undefined;
        live.admitted = true;
        this.#active += 1;
        this.#waiting -= 1;
        this.#options.onRoom();
        this.#options.start(live);
      }
    } finally {
      this.#draining = false;
    }
  }

  /** Moves a popped run to where its turn will come, when its group or its shape cannot go on now. */
  #heldBack(live: LiveRun): boolean {
    const { groupId } = live.state.run;
    const limit = groupId === undefined ? undefined : this.#options.groupLimit(groupId);
    if (groupId !== undefined && limit !== undefined) {
      let group = this.#groups.get(groupId);
      if (group === undefined) {
        group = { active: 0, parked: new PendingQueue() };
        this.#groups.set(groupId, group);
      }
      if (group.active >= limit) {
        live.waiting = "parked";
        group.parked.push(live);
        return true;
      }
    }
    // Shapes exist only once something had to wait: work that flows freely never pays for describing its own.
    const shape = live.retry || this.#shapes.size === 0 ? undefined : this.#shapes.get(this.#options.shapeOf(live));
    if (shape?.blocked === true) {
      live.waiting = "parked";
      shape.parked.push(live);
      return true;
    }
    const group = groupId === undefined ? undefined : this.#groups.get(groupId);
    if (group !== undefined) group.active += 1;
    return false;
  }

  #shape(live: LiveRun): Shape {
    const key = this.#options.shapeOf(live);
    let shape = this.#shapes.get(key);
    if (shape === undefined) {
      shape = { blocked: false, parked: new PendingQueue() };
      this.#shapes.set(key, shape);
    }
    return shape;
  }
}
