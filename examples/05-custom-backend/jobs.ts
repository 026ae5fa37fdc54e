import type { Machine, RunningProgram } from "./machine.js";

/** The service's idea of time. */
export interface Clock {
  now(): number;
  /** Calls once, later; the answer cancels. */
  after(ms: number, fire: () => void): () => void;
}

/** The clock on the wall. */
export const wallClock: Clock = {
  now: () => Date.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A kind of machine that can be rented. */
export interface Size {
  readonly name: string;
  readonly vcpus: number;
  readonly memory_mb: number;
  readonly disk_mb: number;
  readonly usd_per_hour: number;
  /** Machines of this size. */
  readonly stock: number;
}

export interface JobRequest {
  readonly name: string;
  /** Whatever the customer wants to tell its jobs apart by. */
  readonly owner: string;
  readonly size: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The machine is taken back after this time. */
  readonly max_seconds: number;
}

/** `booting` -> `running` -> `finished`; from any of them `stopping` -> `deleted`, or `expired` once `max_seconds` are over. */
export type JobState = "booting" | "running" | "finished" | "stopping" | "expired" | "deleted";

export interface LogLine {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** A rented machine with one program on it. It is billed by the second from creation until it is deleted or expires. */
export class Job {
  readonly request: JobRequest;
  readonly size: Size;
  readonly createdAtMs: number;
  readonly log: LogLine[] = [];
  state: JobState = "booting";
  exitCode: number | undefined;
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
  /** When it stopped to cost. */
  closedAtMs: number | undefined;
  readonly #clock: Clock;
  readonly #timers: (() => void)[] = [];
  readonly #watchers = new Set<() => void>();
  #program: RunningProgram | undefined;

  constructor(request: JobRequest, size: Size, clock: Clock, machine: Machine, bootMs: number) {
    this.request = request;
    this.size = size;
    this.#clock = clock;
    this.createdAtMs = clock.now();
    this.#timers.push(clock.after(bootMs, () => this.#start(machine)));
    this.#timers.push(clock.after(request.max_seconds * 1000, () => this.#stop("expired", 0)));
  }

  /** True while the machine is taken. */
  get open(): boolean {
    return this.closedAtMs === undefined;
  }

  /** What it has cost so far: whole seconds, at least one, rounded up to a billionth of a dollar. */
  get billedUsd(): number {
    const seconds = Math.max(1, Math.ceil(((this.closedAtMs ?? this.#clock.now()) - this.createdAtMs) / 1000));
    return Math.ceil((seconds * this.size.usd_per_hour * 1e9) / 3600) / 1e9;
  }

  delete(graceMs: number): void {
    if (!this.open) this.state = "deleted";
    else if (this.state !== "stopping") this.#stop("deleted", graceMs);
  }

  /** Calls back when something changes. The answer ends that. */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  #start(machine: Machine): void {
    this.state = "running";
    this.startedAtMs = this.#clock.now();
    this.#program = machine.run(this.request, {
      output: (stream, text) => {
        this.log.push({ stream, text });
        this.#changed();
      },
      exited: (code) => {
        this.endedAtMs = this.#clock.now();
        this.exitCode = code;
        if (this.state === "running") this.state = "finished";
        this.#changed();
      },
    });
    this.#changed();
  }

  #stop(final: "expired" | "deleted", graceMs: number): void {
    for (const cancel of this.#timers) cancel();
    const close = (): void => {
      this.state = final;
      this.closedAtMs = this.#clock.now();
      this.#changed();
    };
    if (this.#program === undefined || this.exitCode !== undefined) {
      close();
      return;
    }
    this.state = "stopping";
    const unwatch = this.watch(() => {
      if (this.exitCode === undefined) return;
      unwatch();
      close();
    });
    this.#program.stop(graceMs);
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
