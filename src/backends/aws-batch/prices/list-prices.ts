/** Where the numbers of this file come from; stands on every offer that uses one. */
export const LIST_PRICE_SOURCE = "on-demand list price us-east-1, read 2026-11-22";

/** The one region that this file's prices are right for. */
export const LIST_PRICE_REGION = "us-east-1";

/** USD of Fargate for Linux on demand, per vCPU and hour and per GiB of memory and hour (pricing guides of 2026-03 and 2026-06). */
export const FARGATE_LIST_PRICES = {
  x86_64: { usdPerVcpuHour: 0.04048, usdPerGiBHour: 0.004445 },
  arm64: { usdPerVcpuHour: 0.03238, usdPerGiBHour: 0.00356 },
} as const;

/** USD per GiB and hour of Fargate's disk beyond the {@link FARGATE_FREE_DISK_GIB} that are included (pricing guides). */
export const FARGATE_DISK_USD_PER_GIB_HOUR = 0.000111;
export const FARGATE_FREE_DISK_GIB = 20;

/** An instance type: what it has and what it costs on demand. */
export interface InstanceFacts {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  readonly usdPerHour: number;
}

/** On-demand prices for Linux: public tables of 2026; p types from an overview read 2026-11-09. */
export const INSTANCES: Readonly<Record<string, InstanceFacts>> = {
  "m7i.large": { vcpus: 2, memoryMiB: 8_192, gpus: 0, usdPerHour: 0.1008 },
  "g4dn.xlarge": { vcpus: 4, memoryMiB: 16_384, gpus: 1, usdPerHour: 0.526 },
  "g6.xlarge": { vcpus: 4, memoryMiB: 16_384, gpus: 1, usdPerHour: 0.8048 },
  "g5.xlarge": { vcpus: 4, memoryMiB: 16_384, gpus: 1, usdPerHour: 1.006 },
  "g6e.xlarge": { vcpus: 4, memoryMiB: 32_768, gpus: 1, usdPerHour: 1.861 },
  "p4d.24xlarge": { vcpus: 96, memoryMiB: 1_179_648, gpus: 8, usdPerHour: 21.9576 },
  "p4de.24xlarge": { vcpus: 96, memoryMiB: 1_179_648, gpus: 8, usdPerHour: 27.4471 },
  "p5.48xlarge": { vcpus: 192, memoryMiB: 2_097_152, gpus: 8, usdPerHour: 55.04 },
  "p5en.48xlarge": { vcpus: 192, memoryMiB: 2_097_152, gpus: 8, usdPerHour: 63.296 },
};
