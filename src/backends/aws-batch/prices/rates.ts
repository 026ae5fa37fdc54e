import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { Price } from "../../../model/offer.js";
import { type JobSize, machineOf } from "../job-size.js";
import type { ResolvedQueue } from "../queue-options.js";
import {
  FARGATE_DISK_USD_PER_GIB_HOUR,
  FARGATE_FREE_DISK_GIB,
  FARGATE_LIST_PRICES,
  INSTANCES,
  LIST_PRICE_REGION,
  LIST_PRICE_SOURCE,
} from "./list-prices.js";

/** What the capacity behind a queue costs, USD per hour, and how that is known. */
export type Rates = {
  /** Where the numbers come from and when they were read. For people. */
  readonly source: string;
} & (
  | { readonly of: "machine"; readonly usdPerHour: number }
  | {
      readonly of: "fargate";
      readonly usdPerVcpuHour: number;
      readonly usdPerGiBHour: number;
      /** Disk beyond the 20 GiB that are included. */
      readonly usdPerDiskGiBHour: number;
    }
);

/** Rates that the options state, or that are built in for on-demand capacity in us-east-1. Nothing when there are none. */
export function configuredRates(queue: ResolvedQueue, region: string): Rates | undefined {
  const hasListPrice = queue.purchase === "on-demand" && region === LIST_PRICE_REGION;
  if (queue.platform === "ec2") {
    const stated = queue.instance?.usdPerHour;
    const usdPerHour = stated ?? (hasListPrice ? INSTANCES[queue.instance?.type ?? ""]?.usdPerHour : undefined);
    const source = stated === undefined ? LIST_PRICE_SOURCE : queue.priceSource;
    return usdPerHour === undefined ? undefined : { of: "machine", usdPerHour, source };
  }
  const list = hasListPrice ? FARGATE_LIST_PRICES[queue.arch] : undefined;
  const usdPerVcpuHour = queue.usdPerVcpuHour ?? list?.usdPerVcpuHour;
  const usdPerGiBHour = queue.usdPerGiBHour ?? list?.usdPerGiBHour;
  if (usdPerVcpuHour === undefined || usdPerGiBHour === undefined) return undefined;
  const isStated = queue.usdPerVcpuHour !== undefined || queue.usdPerGiBHour !== undefined;
  const source = isStated ? queue.priceSource : LIST_PRICE_SOURCE;
  return { of: "fargate", usdPerVcpuHour, usdPerGiBHour, usdPerDiskGiBHour: FARGATE_DISK_USD_PER_GIB_HOUR, source };
}

/**
 * What a job of this size costs at these rates. Fargate: vCPUs, memory and disk beyond 20 GiB. EC2: the machine's price times the largest share that
 * the job takes of its CPUs, memory or GPUs, divided by the utilisation, at most the whole machine.
 */
export function priceAt(rates: Rates, queue: ResolvedQueue, size: JobSize): Price {
  const usdPerHour = rates.of === "fargate" ? fargateUsd(rates, size) : machineUsd(rates.usdPerHour, queue, size);
  // Prices are decimals; what binary sums add to them below a nano-dollar is not part of them.
  return { usdPerHour: Math.round(usdPerHour * 1e9) / 1e9, source: rates.source };
}

function fargateUsd(rates: Extract<Rates, { of: "fargate" }>, { vcpus, memoryMiB, diskGiB }: JobSize): number {
  const disk = Math.max(0, diskGiB - FARGATE_FREE_DISK_GIB) * rates.usdPerDiskGiBHour;
  return vcpus * rates.usdPerVcpuHour + (memoryMiB / 1024) * rates.usdPerGiBHour + disk;
}

function machineUsd(usdPerHour: number, queue: ResolvedQueue, size: JobSize): number {
  const machine = machineOf(queue);
  const gpuShare = machine.gpus === 0 ? 0 : size.gpus / machine.gpus;
  const share = Math.max(size.vcpus / machine.vcpus, size.memoryMiB / machine.memoryMiB, gpuShare);
  return usdPerHour * Math.min(1, share / queue.utilisation);
}

/** The options that state the price of a queue. */
export const priceOptions = ({ platform }: Pick<ResolvedQueue, "platform">): string =>
  platform === "fargate" ? "`usdPerVcpuHour` and `usdPerGiBHour`" : "`instance.usdPerHour`";

/** The error for a queue without a price. */
export function unpriced(queue: ResolvedQueue): SchedulerError {
  return new SchedulerError(
    "INVALID_CONFIG",
    `aws-batch: no price is known for the queue "${queue.queue}". State ${priceOptions(queue)}, or let it be looked up (\`prices\`; not for Fargate Spot, nor for machines without \`instance.type\`): list prices are built in for on-demand capacity in us-east-1 only.`,
    { details: { field: "queues" } },
  );
}
