import { omitUndefined } from "../../kit/omit-undefined.js";
import type { Offer, OfferedResources, Price } from "../../model/offer.js";
import { labelOf, offeredGpu } from "./gpus.js";
import type { ProviderFacts } from "./provider-facts.js";
import type { SdlGpu } from "./sdl.js";

/** What an order needs of the offer it is made for. Kept in the offer's `data`. */
export interface OrderChoice {
  readonly gpu?: SdlGpu;
}

/** What an offer or a bid is made from. */
export interface OfferParts {
  readonly backend: string;
  readonly address: string;
  readonly facts: ProviderFacts;
  readonly gpu: SdlGpu | undefined;
  readonly resources: Pick<OfferedResources, "cpu" | "memoryMiB" | "diskMiB"> & { readonly gpus: number };
  readonly price: Price;
  readonly binding: Offer["binding"];
  readonly interruptible: boolean;
  readonly startMs: number;
  readonly capacity?: number;
  readonly expiresAtMs: number;
}

/** An offer of one provider. Its bid for the same has the same id, so that what excludes the one excludes the other. */
export function toOffer(parts: OfferParts): Offer {
  const { backend, address, facts, gpu, resources, price } = parts;
  const { gpus, ...rest } = resources;
  return {
    id: gpu === undefined ? address : `${address}-${labelOf(gpu)}`,
    backend,
    provider: address,
    operator: address,
    binding: parts.binding,
    resources: omitUndefined({ ...rest, gpu: gpu === undefined ? undefined : offeredGpu(gpu, gpus), arch: facts.arch }),
    price,
    interruptible: parts.interruptible,
    trust: { operator: facts.operator, certifications: [], agreements: [], tee: [] },
    place: facts.place,
    setupMs: parts.startMs,
    ...omitUndefined({ capacity: parts.capacity }),
    expiresAtMs: parts.expiresAtMs,
    data: omitUndefined({ gpu }) satisfies OrderChoice,
  };
}

/** Reads an offer's `data` back. */
export function choiceOf(data: unknown): OrderChoice | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  if (!("gpu" in data)) return {};
  const { gpu } = data;
  if (typeof gpu !== "object" || gpu === null || !("model" in gpu) || typeof gpu.model !== "string") return undefined;
  const ram = "ram" in gpu && typeof gpu.ram === "string" ? gpu.ram : undefined;
  const connector = "interface" in gpu && (gpu.interface === "sxm" || gpu.interface === "pcie") ? gpu.interface : undefined;
  return { gpu: omitUndefined({ model: gpu.model, ram, interface: connector }) };
}
