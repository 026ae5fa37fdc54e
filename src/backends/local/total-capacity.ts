import type { Capacity } from "./capacity.js";
import { type Machine, measureMachine } from "./machine.js";
import type { ResolvedOptions } from "./options.js";

/** What a backend has to give when nothing is leased, and how the kernel counts its out-of-memory kills. */
export type Total = Capacity & Pick<Machine, "memoryCounters">;

/** Measures the machine when first asked; options win over what is measured. */
export function totalCapacity(options: ResolvedOptions): () => Promise<Total> {
  let measured: Promise<Machine> | undefined;
  return async () => {
    measured ??= measureMachine();
    const { cpu, memoryMiB, memoryCounters } = await measured;
    return {
      cpu: options.cpu ?? cpu,
      memoryMiB: options.memory ?? memoryMiB,
      leases: options.concurrency ?? Number.POSITIVE_INFINITY,
      memoryCounters,
    };
  };
}
