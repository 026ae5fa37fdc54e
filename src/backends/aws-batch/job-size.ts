import { roundToFargate } from "./fargate-grid.js";
import { FARGATE_FREE_DISK_GIB, INSTANCES } from "./prices/list-prices.js";
import type { ResolvedQueue } from "./queue-options.js";

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

/** What the largest machine behind a queue has. */
export interface Machine {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
}

/** As the options say, or as is known of the instance type. */
export function machineOf({ instance = {} }: ResolvedQueue): Machine {
  const known = INSTANCES[instance.type ?? ""];
  return {
    vcpus: instance.vcpus ?? known?.vcpus ?? 0,
    memoryMiB: instance.memoryMiB ?? known?.memoryMiB ?? 0,
    gpus: instance.gpus ?? known?.gpus ?? 0,
  };
}
