/** A size that Fargate sells. */
export interface FargateSize {
  /** Virtual CPUs: 0.25, 0.5, 1, 2, 4, 8, 16 or 32. */
  readonly vcpus: number;
  readonly memoryMiB: number;
}

const steps = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);

/**
 * vCPUs and the memory sizes (MiB) that may be had with them: documentation of `resourceRequirements` in the types of
 * `@aws-sdk/client-batch` 3.1138.0, read 2026-11-22. Ascending in both.
 */
export const FARGATE_GRID: readonly (readonly [vcpus: number, memoryMiB: readonly number[]])[] = [
  [0.25, [512, 1024, 2048]],
  [0.5, steps(1024, 4096, 1024)],
  [1, steps(2048, 8192, 1024)],
  [2, steps(4096, 16_384, 1024)],
  [4, steps(8192, 30_720, 1024)],
  [8, steps(16_384, 61_440, 4096)],
  [16, steps(32_768, 122_880, 8192)],
  [32, [61_440, 122_880, 249_856]],
];

/**
 * The smallest size of the grid that holds the request, first by vCPUs and then by memory: memory that does not fit beside few vCPUs takes
 * more of them. Nothing when even the largest is too small.
 */
export function roundToFargate(cpu: number, memoryMiB: number): FargateSize | undefined {
  for (const [vcpus, memories] of FARGATE_GRID) {
    const memory = vcpus >= cpu ? memories.find((size) => size >= memoryMiB) : undefined;
    if (memory !== undefined) return { vcpus, memoryMiB: memory };
  }
  return undefined;
}
