import { readProcessState } from "../../kit/process/index.js";
import type { Host } from "../../spec/host.js";
import { type Layout, leasePlace } from "./layout.js";
import { type LeaseRecord, readLeases } from "./lease-record.js";

/** Amounts of what leases share. */
export interface Capacity {
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Leases. May be infinite. */
  readonly leases: number;
}

/** Fractions of a CPU are added as floating-point numbers; ten tenths must still fit into one. */
const CPU_TOLERANCE = 1e-9;

/** What is left of a total beside the leases that are open in the directory, whoever made them. */
export async function freeCapacity(total: Capacity, layout: Layout, host: Host): Promise<Capacity> {
  const open = await Promise.all(
    (await readLeases(layout)).map(async (lease) => ((await takesCapacity(lease, layout, host)) ? [lease] : [])),
  );
  return open
    .flat()
    .reduce<Capacity>(
      (free, lease) => ({ cpu: free.cpu - lease.cpu, memoryMiB: free.memoryMiB - lease.memoryMiB, leases: free.leases - 1 }),
      total,
    );
}

/** How many placements of one size fit. */
export function timesFitting(free: Capacity, size: { readonly cpu: number; readonly memoryMiB: number }): number {
  const times = Math.min(
    free.leases,
    size.cpu > 0 ? Math.floor((free.cpu + CPU_TOLERANCE) / size.cpu) : Number.POSITIVE_INFINITY,
    size.memoryMiB > 0 ? Math.floor(free.memoryMiB / size.memoryMiB) : Number.POSITIVE_INFINITY,
  );
  return Math.max(0, times);
}

/** A lease counts until it is released, or until its life is over and nothing of it runs: nobody may be left to release it. */
async function takesCapacity(lease: LeaseRecord, layout: Layout, host: Host): Promise<boolean> {
  if (host.now() < lease.lifetimeEndMs) return true;
  const state = await readProcessState(leasePlace(layout, lease.key).directory);
  return state.kind === "starting" || state.kind === "running";
}
