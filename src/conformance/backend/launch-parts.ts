import type { Demand, Offer } from "../../model/offer.js";
import type { GpuRequest, ResourceRequest } from "../../model/workload.js";
import type { Namespace } from "../../spec/call-context.js";
import type { Host } from "../../spec/host.js";
import type { Bid, Launch, Placement, RankedBid } from "../../spec/launch.js";
import type { BackendConformanceSetup } from "./setup.js";

const HOUR_MS = 3_600_000;

/** How much dearer than indicated bids may come, so that a case does not depend on the day's market. */
const DEARER_BIDS = 4;

/** What a case may say about a placement; the rest is filled in. */
export interface PlacementParts {
  readonly key?: string;
  /** Whose the key is. Default: the trial's own. */
  readonly namespace?: Namespace;
  readonly offer?: Offer;
  /** Default: the price of a firm offer, and four times that of an indicative one. */
  readonly priceCapUsdPerHour?: number;
  readonly launch?: Partial<Launch>;
}

/** A key as the runtime makes them: it begins with the namespace's id, is unique for ever and usable as a name everywhere. */
export const newKey = (host: Host, namespace: Pick<Namespace, "id">): string => `${namespace.id}-c${host.newId()}`;

/** A finished launch of the setup's size. */
export function makeLaunch(
  setup: BackendConformanceSetup,
  host: Host,
  key: string,
  argv: readonly string[],
  parts: Partial<Launch> = {},
): Launch {
  return {
    key,
    ...(setup.image === undefined ? {} : { image: setup.image }),
    argv,
    env: {},
    secrets: {},
    resources: resourcesOf(setup),
    inputs: [],
    outputs: [],
    timeoutMs: 2 * HOUR_MS,
    maxLifetimeMs: 4 * HOUR_MS,
    nonce: host.randomHex(16),
    labels: { "spillway-run": "conformance", "spillway-attempt": "1" },
    ...parts,
  };
}

export function makePlacement(
  setup: BackendConformanceSetup,
  host: Host,
  offer: Offer,
  argv: readonly string[],
  parts: PlacementParts & { readonly key: string },
): Placement {
  const { key } = parts;
  const cap = parts.priceCapUsdPerHour ?? offer.price.usdPerHour * (offer.binding === "firm" ? 1 : DEARER_BIDS);
  return {
    key,
    offer,
    launch: makeLaunch(setup, host, key, argv, parts.launch),
    priceCapUsdPerHour: cap,
    ...(setup.options === undefined ? {} : { options: setup.options }),
    rank: (bids) => rankBids(bids, cap),
  };
}

/** Cheapest first, none above the cap: what the runtime's own ranking comes to when only the price differs. */
export function rankBids(bids: readonly Bid[], capUsdPerHour: number): readonly RankedBid[] {
  return bids
    .filter(({ price }) => price.usdPerHour <= capUsdPerHour)
    .sort((a, b) => a.price.usdPerHour - b.price.usdPerHour)
    .map(({ id, price }) => ({ offerId: id, totalUsd: price.usdPerHour, price }));
}

function resourcesOf({ demand }: BackendConformanceSetup): ResourceRequest {
  const { cpu, memoryMiB, diskMiB, gpu, arch } = demand;
  return {
    cpu,
    memoryMiB,
    diskMiB,
    ...(arch === undefined ? {} : { arch }),
    ...(gpu === undefined ? {} : { gpu: gpuRequest(gpu) }),
  };
}

function gpuRequest({ models, count, memoryGiB, vendor }: NonNullable<Demand["gpu"]>): GpuRequest {
  const memory = memoryGiB === undefined ? {} : { memoryGiB };
  const isKnown = vendor === "nvidia" || vendor === "amd" || vendor === "intel";
  return isKnown ? { models, count, ...memory, vendor } : { models, count, ...memory };
}
