import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Scheduler } from "spillway";
import { memoryStore } from "spillway/stores/memory";
import { memoryArtifacts } from "spillway/testing";
import { trivialBackend } from "./trivial-backend.js";

/** A scheduler with runs that have started and never end: state is in the memory store, leases are open. */
export class LiveRuns {
  readonly #scheduler: Scheduler;
  readonly #emptyBytes: number;
  #started = 0;
  #onStart: () => void = () => {};

  /** @param most how many runs there may come to be */
  constructor(most: number) {
    this.#scheduler = new Scheduler({
      backends: [trivialBackend({ id: "endless", commands: "running", pollMs: { least: 5_000, most: 30_000 } })],
      store: memoryStore(),
      artifacts: [memoryArtifacts()],
      queue: { limit: most + 1 },
      concurrency: most + 1,
      reconcileEvery: 0,
    });
    this.#scheduler.on("attempt-started", () => {
      this.#started += 1;
      this.#onStart();
    });
    this.#emptyBytes = heapUsed();
  }

  get count(): number {
    return this.#started;
  }

  /** Heap that the runs take, each, in bytes. */
  bytesEach(): number {
    return (heapUsed() - this.#emptyBytes) / this.#started;
  }

  /** Adds runs, each another workload; resolves once all have started. */
  async add(more: number): Promise<void> {
    const target = this.#started + more;
    const allStarted = new Promise<void>((resolve) => {
      this.#onStart = () => {
        if (this.#started === target) resolve();
      };
    });
    for (let index = target - more; index < target; index++)
      await this.#scheduler.schedule({ command: ["wait", String(index)], data: { sensitivity: "public" }, timeout: "10d" });
    await allStarted;
  }

  /** Share of a core that the process takes while nothing happens. */
  async idleCoreShare(forMs: number): Promise<number> {
    const before = process.cpuUsage();
    const begunMs = performance.now();
    await new Promise<void>((resolve) => {
      setTimeout(resolve, forMs);
    });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / (performance.now() - begunMs);
  }

  /** Leaves the runs to nobody. */
  async close(): Promise<void> {
    const { openRuns } = await this.#scheduler.close({ timeout: 0 });
    if (openRuns.length !== this.#started) throw new Error("some runs had ended");
  }
}

function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
