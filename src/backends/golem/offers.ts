import { omitUndefined } from "../../kit/omit-undefined.js";
import type { Offer, OfferedGpu } from "../../model/offer.js";
import { glmPerHour, type OfferFacts } from "./offer-properties.js";
import type { ResolvedOptions } from "./options.js";

/** What an offer needs beside the machine. */
export interface OfferSetting {
  readonly backend: string;
  readonly options: Pick<ResolvedOptions, "nodes" | "spread" | "volatility" | "gasUsd" | "startMs">;
  readonly usdPerGlm: number;
  /** For people. */
  readonly source: string;
  readonly expiresAtMs: number;
}

/** Who sells. */
export interface Seller {
  /** Stable for the same machine: the provider's node id. */
  readonly id: string;
  readonly node?: string | undefined;
  readonly wallet?: string | undefined;
}

/** An offer of one machine. Its price is that of an hour with all threads busy: an idle hour costs less. */
export function toOffer(facts: OfferFacts, seller: Seller, binding: Offer["binding"], setting: OfferSetting): Offer {
  const { backend, options, usdPerGlm } = setting;
  const { nodes } = options;
  return {
    id: seller.id,
    backend,
    ...omitUndefined({
      provider: seller.node,
      // Node ids are made for nothing; whoever is paid at one address is one operator.
      operator: seller.wallet?.toLowerCase(),
      node: seller.node,
    }),
    binding,
    resources: {
      cpu: facts.threads,
      memoryMiB: facts.memoryMiB,
      diskMiB: facts.diskMiB,
      ...omitUndefined({ arch: facts.arch }),
      ...(facts.gpu === undefined ? {} : { gpu: toGpu(facts.gpu) }),
    },
    price: {
      usdPerHour: glmPerHour(facts) * usdPerGlm,
      usdPerLaunch: facts.startGlm * usdPerGlm + options.gasUsd,
      settlement: { asset: "GLM", annualVolatility: options.volatility, spread: options.spread },
      source: setting.source,
    },
    // Nobody may take the machine back by contract, yet every provider can leave at any time.
    interruptible: true,
    trust: {
      operator: nodes?.operator ?? "permissionless",
      certifications: nodes?.certifications ?? [],
      agreements: nodes?.agreements ?? [],
      tee: [],
    },
    place: nodes?.country === undefined ? { proof: "claimed" } : { country: nodes.country, proof: "contract" },
    setupMs: options.startMs,
    capacity: 1,
    expiresAtMs: setting.expiresAtMs,
  };
}

/** A whole card: there is no count, and no part of one. */
const toGpu = ({ label, memoryGiB }: NonNullable<OfferFacts["gpu"]>): OfferedGpu => omitUndefined({ label, count: 1, memoryGiB });

/** Whether the machine holds what is asked for. Which GPU models satisfy is for the core to judge. */
export function holds(
  facts: Pick<OfferFacts, "threads" | "memoryMiB" | "diskMiB" | "arch" | "gpu">,
  wanted: {
    readonly cpu: number;
    readonly memoryMiB: number;
    readonly diskMiB: number;
    readonly gpu?: object | undefined;
    readonly arch?: string | undefined;
  },
): boolean {
  return (
    facts.threads >= wanted.cpu &&
    facts.memoryMiB >= wanted.memoryMiB &&
    facts.diskMiB >= wanted.diskMiB &&
    (wanted.gpu === undefined || facts.gpu !== undefined) &&
    (wanted.arch === undefined || facts.arch === undefined || wanted.arch === facts.arch)
  );
}
