import { canonicalJson } from "../model/canonical-json.js";
import type { Demand } from "../model/offer.js";

/** Text that is equal for equal demands. Written out by hand because every run asks for it. */
export function demandKey(demand: Demand): string {
  const { cpu, memoryMiB, diskMiB, gpu, arch, image, interruptible, maxLifetimeMs, options } = demand;
  const plain = `${cpu}/${memoryMiB}/${diskMiB}/${arch ?? ""}/${image ? "i" : ""}${interruptible ? "r" : ""}/${maxLifetimeMs}`;
  return gpu === undefined && options === undefined ? plain : `${plain}/${canonicalJson({ gpu, options })}`;
}
