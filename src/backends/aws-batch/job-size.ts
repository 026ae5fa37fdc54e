import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Price } from "../../model/offer.js";
import { roundToFargate } from "./fargate-grid.js";
import {
  FARGATE_DISK_USD_PER_GIB_HOUR,
  FARGATE_FREE_DISK_GIB,
  FARGATE_LIST_PRICES,
  INSTANCES,
  LIST_PRICE_REGION,
  LIST_PRICE_SOURCE,
} from "./list-prices.js";
import type { ResolvedQueue } from "./options.js";

/** What is asked for. */
export interface JobRequest {
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  readonly gpu?: { readonly count: number };
  readonly arch?: "x86_64" | "arm64";
}

/** What a job gets, in units that the platform takes. */
export interface JobSize {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  /** Disk of a Fargate task; on EC2 the machine's own, shared with other jobs. */
  readonly diskGiB: number;
}

/** Fargate's largest disk (types of `@aws-sdk/client-batch` 3.1138.0). */
const FARGATE_MOST_DISK_GIB = 200;
/** Disks are rounded up to it: every size is a job definition of its own. */
const DISK_STEP_GIB = 10;
/** Root volume of Batch's machines, unless a launch template says otherwise. */
const EC2_DISK_GIB = 30;
/** Part of a machine's memory that jobs can have: system and container agent keep the rest (user guide, memory management; the figure is ours). */
const USABLE_MEMORY = 0.94;
const LEAST_MEMORY_MIB = 4;

/** The smallest job on the queue that holds the request, or nothing when it takes none that large. */
export function sizeOn(queue: ResolvedQueue, request: JobRequest): JobSize | undefined {
  if (request.arch !== undefined && request.arch !== queue.arch) return undefined;
  const gpus = request.gpu?.count ?? 0;
  if (gpus > 0 !== (queue.gpu !== undefined)) return undefined;
  const size = queue.platform === "fargate" ? sizeOnFargate(request) : sizeOnMachine(queue, request, gpus);
  if (size === undefined) return undefined;
  const { vcpus, memoryMiB, diskMiB } = queue.limits;
  const isAllowed =
    size.vcpus <= (vcpus ?? Infinity) && size.memoryMiB <= (memoryMiB ?? Infinity) && request.diskMiB <= (diskMiB ?? Infinity);
  return isAllowed ? size : undefined;
}

function sizeOnFargate({ cpu, memoryMiB, diskMiB }: JobRequest): JobSize | undefined {
  const size = roundToFargate(cpu, memoryMiB);
  const gib = diskMiB / 1024;
  const diskGiB = gib <= FARGATE_FREE_DISK_GIB ? FARGATE_FREE_DISK_GIB : Math.ceil(gib / DISK_STEP_GIB) * DISK_STEP_GIB;
  return size === undefined || diskGiB > FARGATE_MOST_DISK_GIB ? undefined : { ...size, gpus: 0, diskGiB };
}

function sizeOnMachine(queue: ResolvedQueue, { cpu, memoryMiB, diskMiB }: JobRequest, gpus: number): JobSize | undefined {
  const machine = machineOf(queue);
  const diskGiB = (queue.limits.diskMiB ?? EC2_DISK_GIB * 1024) / 1024;
  const size = {
    vcpus: Math.max(1, Math.ceil(cpu)),
    memoryMiB: Math.max(LEAST_MEMORY_MIB, Math.ceil(memoryMiB)),
    gpus,
    diskGiB,
  };
  const usableMiB = machine.memoryMiB * USABLE_MEMORY;
  const fits = size.vcpus <= machine.vcpus && size.memoryMiB <= usableMiB && gpus <= machine.gpus && diskMiB <= diskGiB * 1024;
  return fits ? size : undefined;
}

interface Machine {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
}

function machineOf({ instance = {} }: ResolvedQueue): Machine {
  const known = INSTANCES[instance.type ?? ""];
  return {
    vcpus: instance.vcpus ?? known?.vcpus ?? 0,
    memoryMiB: instance.memoryMiB ?? known?.memoryMiB ?? 0,
    gpus: instance.gpus ?? known?.gpus ?? 0,
  };
}

/**
 * What a job of this size costs on the queue. Fargate: vCPUs, memory and disk beyond 20 GiB by their rates. EC2: the machine's price times the
 * largest share that the job takes of its CPUs, memory or GPUs, divided by the utilisation, at most the whole machine.
 *
 * @throws INVALID_CONFIG when no price is configured and none is known.
 */
export function priceOn(queue: ResolvedQueue, size: JobSize, region: string): Price {
  const hasListPrice = queue.purchase === "on-demand" && region === LIST_PRICE_REGION;
  const price = queue.platform === "fargate" ? fargatePrice(queue, size, hasListPrice) : machinePrice(queue, size, hasListPrice);
  // Prices are decimals; what binary sums add to them below a nano-dollar is not part of them.
  return { ...price, usdPerHour: Math.round(price.usdPerHour * 1e9) / 1e9 };
}

function fargatePrice(queue: ResolvedQueue, size: JobSize, hasListPrice: boolean): Price {
  const list = hasListPrice ? FARGATE_LIST_PRICES[queue.arch] : undefined;
  const perVcpu = queue.usdPerVcpuHour ?? list?.usdPerVcpuHour;
  const perGiB = queue.usdPerGiBHour ?? list?.usdPerGiBHour;
  if (perVcpu === undefined || perGiB === undefined) throw unpriced(queue, "`usdPerVcpuHour` and `usdPerGiBHour`");
  const disk = Math.max(0, size.diskGiB - FARGATE_FREE_DISK_GIB) * FARGATE_DISK_USD_PER_GIB_HOUR;
  const isStated = queue.usdPerVcpuHour !== undefined || queue.usdPerGiBHour !== undefined;
  return {
    usdPerHour: size.vcpus * perVcpu + (size.memoryMiB / 1024) * perGiB + disk,
    source: isStated ? queue.priceSource : LIST_PRICE_SOURCE,
  };
}

function machinePrice(queue: ResolvedQueue, size: JobSize, hasListPrice: boolean): Price {
  const machine = machineOf(queue);
  const stated = queue.instance?.usdPerHour;
  const whole = stated ?? (hasListPrice ? INSTANCES[queue.instance?.type ?? ""]?.usdPerHour : undefined);
  if (whole === undefined) throw unpriced(queue, "`instance.usdPerHour`");
  const gpuShare = machine.gpus === 0 ? 0 : size.gpus / machine.gpus;
  const share = Math.max(size.vcpus / machine.vcpus, size.memoryMiB / machine.memoryMiB, gpuShare);
  return {
    usdPerHour: whole * Math.min(1, share / queue.utilisation),
    source: stated === undefined ? LIST_PRICE_SOURCE : queue.priceSource,
  };
}

function unpriced({ queue }: ResolvedQueue, options: string): SchedulerError {
  return new SchedulerError(
    "INVALID_CONFIG",
    `aws-batch: no price is known for the queue "${queue}". State ${options}: list prices are built in for on-demand capacity in us-east-1 only.`,
    { details: { field: "queues" } },
  );
}
