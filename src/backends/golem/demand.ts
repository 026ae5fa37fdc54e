import type { ResourceRequest } from "../../model/workload.js";
import type { SdkImage } from "./images.js";
import type { ResolvedOptions } from "./options.js";
import type { SdkDemand } from "./worker/messages.js";

const GIB = 1_024;
/** Without it a provider with a GPU runtime may offer a machine whose card is in use. */
const GPU_CAPABILITY = "!exp:gpu";
/** Paid by the middle of the agreement at the latest: what the SDK asks for by itself, and what providers want above ten hours. */
const MID_PAYMENT_SECONDS = 43_200;

/** The order to the market for a launch. Providers read all of it. */
export function toSdkDemand(
  resources: ResourceRequest,
  image: SdkImage,
  subnetTag: string,
  options: Pick<ResolvedOptions, "runtime" | "gpuRuntime" | "capabilities" | "noteAcceptMs" | "noteIntervalMs">,
): SdkDemand {
  return {
    workload: { ...image, ...machineWanted(resources, options), minCpuCores: 1 },
    payment: {
      debitNotesAcceptanceTimeoutSec: Math.ceil(options.noteAcceptMs / 1_000),
      midAgreementDebitNoteIntervalSec: Math.ceil(options.noteIntervalMs / 1_000),
      midAgreementPaymentTimeoutSec: MID_PAYMENT_SECONDS,
    },
    subnetTag,
  };
}

/** The machine that is wanted, in the words of demands and of scans. */
export function machineWanted(
  { cpu, memoryMiB, diskMiB, gpu }: Pick<ResourceRequest, "cpu" | "memoryMiB" | "diskMiB"> & { readonly gpu?: object | undefined },
  options: Pick<ResolvedOptions, "runtime" | "gpuRuntime" | "capabilities">,
): Omit<SdkDemand["workload"], keyof SdkImage | "minCpuCores"> {
  return {
    runtime: { name: gpu === undefined ? options.runtime : options.gpuRuntime },
    capabilities: gpu === undefined ? options.capabilities : [...new Set([GPU_CAPABILITY, ...options.capabilities])],
    minMemGib: memoryMiB / GIB,
    minStorageGib: diskMiB / GIB,
    minCpuThreads: Math.max(1, Math.ceil(cpu)),
  };
}

/** How long is rented for a lease that may live for so long, seconds. */
export function rentSecondsFor(lifetimeMs: number, options: Pick<ResolvedOptions, "leastRentMs" | "rentMarginMs">): number {
  return Math.ceil(Math.max(options.leastRentMs, lifetimeMs + options.rentMarginMs) / 1_000);
}
