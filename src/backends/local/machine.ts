import { statfs } from "node:fs/promises";
import { arch, availableParallelism, totalmem } from "node:os";
import { dirname } from "node:path";
import { cgroupLimits, type ReadText, readText } from "./cgroup.js";

const MIB = 1024 * 1024;

/** What a machine, or the container this process lives in, has to give. */
export interface Machine {
  /** May be fractional. */
  readonly cpu: number;
  readonly memoryMiB: number;
  /** See {@link cgroupLimits}. */
  readonly memoryCounters: readonly string[];
}

/** Measures this machine: CPUs that the scheduler of the kernel lets this process use and all memory, both cut to the cgroup's limits. */
export async function measureMachine(read: ReadText = readText): Promise<Machine> {
  const limits = await cgroupLimits(read);
  return {
    cpu: Math.min(availableParallelism(), limits.cpu ?? Number.POSITIVE_INFINITY),
    memoryMiB: Math.floor(Math.min(totalmem(), limits.memoryBytes ?? Number.POSITIVE_INFINITY) / MIB),
    memoryCounters: limits.memoryCounters,
  };
}

/** Processor architecture in the words of offers. Nothing for one that no workload can ask for. */
export function machineArch(): "x86_64" | "arm64" | undefined {
  const name = arch();
  return name === "x64" ? "x86_64" : name === "arm64" ? "arm64" : undefined;
}

/** Free disk at a place that may not exist yet, MiB. */
export async function freeDiskMiB(directory: string): Promise<number> {
  for (let current = directory; ; current = dirname(current)) {
    const facts = await statfs(current).catch(() => undefined);
    if (facts !== undefined) return Math.floor((facts.bavail * facts.bsize) / MIB);
    if (current === dirname(current)) return 0;
  }
}
