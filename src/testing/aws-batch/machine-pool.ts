import type { Job } from "./job.js";
import type { SimulatedQueue } from "./options.js";

/** Gives machines to the jobs of each queue, in the order in which they ask, up to its vCPUs. The head of a queue blocks what is behind it. */
export class MachinePool {
  readonly #waiting: Job[] = [];
  readonly #placed = new Set<Job>();

  /** The job is placed once there is room. */
  await(job: Job): void {
    this.#waiting.push(job);
    this.#place();
  }

  /** The job needs its machine no more. */
  free(job: Job): void {
    this.#placed.delete(job);
    this.#place();
  }

  #place(): void {
    const blocked = new Set<SimulatedQueue>();
    for (const job of [...this.#waiting]) {
      const { queue, vcpus } = job.parts;
      if (job.isOver) this.#waiting.splice(this.#waiting.indexOf(job), 1);
      if (job.isOver || blocked.has(queue)) continue;
      if (queue.maxVcpus !== undefined && this.#vcpusOn(queue) + vcpus > queue.maxVcpus) {
        blocked.add(queue);
        continue;
      }
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      this.#placed.add(job);
      job.place();
    }
  }

  #vcpusOn(queue: SimulatedQueue): number {
    return [...this.#placed].reduce((sum, { parts }) => (parts.queue === queue ? sum + parts.vcpus : sum), 0);
  }
}
