import type { Demand } from "./offer.js";
import type { Workload } from "./workload.js";

/**
 * What a backend may know of a workload when it is asked for offers: sizes and limits, nothing that identifies it.
 *
 * @param maxLifetimeMs longest time a lease made for it may live
 * @param backendKind picks the caller's `backendOptions`; other backends' options are never shown
 */
export function toDemand(workload: Workload, maxLifetimeMs: number, backendKind: string): Demand {
  const { cpu, memoryMiB, diskMiB, gpu, arch } = workload.resources;
  const options = Object.hasOwn(workload.backendOptions, backendKind) ? workload.backendOptions[backendKind] : undefined;
  return {
    cpu,
    memoryMiB,
    diskMiB,
    ...(gpu ? { gpu } : {}),
    ...(arch ? { arch } : {}),
    image: workload.image !== undefined,
    interruptible: workload.interruptible,
    maxLifetimeMs,
    ...(options === undefined ? {} : { options }),
  };
}
