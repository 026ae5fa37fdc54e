import { omitUndefined } from "../../kit/omit-undefined.js";
import { gpuMatches } from "../../model/gpu/match.js";
import type { Demand, OfferedGpu } from "../../model/offer.js";
import type { SdlGpu } from "./sdl.js";
import type { GpuPrice, Provider } from "./wire.js";

/** Most GPUs of one order (the chain's limit). */
export const MOST_GPUS = 24;

/** The kinds of GPU at a provider that may satisfy a demand, each once. */
export function fittingGpus({ gpuModels }: Provider, wanted: NonNullable<Demand["gpu"]>): readonly SdlGpu[] {
  const kinds = new Map<string, SdlGpu>();
  for (const { vendor, model, ram, interface: connector } of gpuModels ?? []) {
    // The schema of orders knows no other vendor.
    if (vendor.toLowerCase() !== "nvidia" || model === "") continue;
    const gpu: SdlGpu = omitUndefined({ model, ram: ram || undefined, interface: connectorOf(connector) });
    if (matches(gpu, wanted)) kinds.set(labelOf(gpu), gpu);
  }
  return [...kinds.values()];
}

function matches(gpu: SdlGpu, { count, models, memoryGiB, vendor }: NonNullable<Demand["gpu"]>): boolean {
  const known = vendor === "nvidia" || vendor === "amd" || vendor === "intel" ? vendor : undefined;
  return gpuMatches({ count, models, ...omitUndefined({ memoryGiB, vendor: known }) }, offeredGpu(gpu, count), { dialect: "akash" }).ok;
}

/** As an offer shows it: `h100 80Gi sxm`, from which the table of GPUs takes model, memory and form. */
export function offeredGpu(gpu: SdlGpu, count: number): OfferedGpu {
  const memory = /^(\d+)Gi$/.exec(gpu.ram ?? "")?.[1];
  const label = gpu.interface === "sxm" ? `${gpu.model} sxm` : gpu.interface === "pcie" ? `${gpu.model} pcie` : gpu.model;
  return { label, count, ...(memory === undefined ? {} : { memoryGiB: Number(memory) }) };
}

/** One word for a kind of GPU: `h100-80Gi-sxm`. */
export const labelOf = ({ model, ram, interface: connector }: SdlGpu): string =>
  [model, ram, connector].filter((part) => part !== undefined).join("-");

/** A GPU from its attribute in a bid: `vendor/nvidia/model/h100/ram/80Gi/interface/sxm`. Nothing for one that names no model. */
export function gpuOfKey(key: string): SdlGpu | undefined {
  const parts = key.split("/");
  const after = (word: string): string | undefined => {
    const at = parts.indexOf(word);
    return at >= 0 && at % 2 === 0 ? parts[at + 1] : undefined;
  };
  const model = after("model");
  if (after("vendor") !== "nvidia" || model === undefined || model === "*") return undefined;
  return omitUndefined({ model, ram: after("ram"), interface: connectorOf(after("interface")) });
}

const connectorOf = (text: string | null | undefined): SdlGpu["interface"] => {
  const word = text?.toLowerCase() ?? "";
  return word.startsWith("sxm") ? "sxm" : word.startsWith("pcie") ? "pcie" : undefined;
};

/** What such a GPU has cost of late, USD per hour: of the same model, the nearest in memory and connector. */
export function gpuUsdPerHour(gpu: SdlGpu, prices: readonly GpuPrice[]): number | undefined {
  const ranked = prices
    .filter(({ model, price }) => model === gpu.model && typicalUsd(price) !== undefined)
    .map((price) => ({ price, alike: Number(price.ram === gpu.ram) * 2 + Number(connectorOf(price.interface) === gpu.interface) }))
    .sort((a, b) => b.alike - a.alike);
  return typicalUsd(ranked[0]?.price.price);
}

function typicalUsd(price: GpuPrice["price"]): number | undefined {
  if (price == null || (price.currency != null && price.currency !== "USD")) return undefined;
  return [price.med, price.weightedAverage, price.avg, price.min].find(
    (usd): usd is number => usd != null && Number.isFinite(usd) && usd > 0,
  );
}
