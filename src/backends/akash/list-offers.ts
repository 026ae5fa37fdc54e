import type { Demand, Offer } from "../../model/offer.js";
import type { CallContext } from "../../spec/call-context.js";
import { limitHoursFor, requiresLimit } from "./capabilities.js";
import { fittingGpus, gpuUsdPerHour, MOST_GPUS } from "./gpus.js";
import type { Market } from "./market.js";
import { toOffer } from "./offer.js";
import type { ResolvedOptions } from "./options.js";
import { factsOf, uptimeOf } from "./provider-facts.js";
import type { SdlGpu } from "./sdl.js";
import type { GpuPrice, Provider } from "./wire.js";

/** The chain's limits of one group (validation of its market module). */
const MOST = { cpu: 384, memoryMiB: 2 * 1_024 * 1_024, diskMiB: 32 * 1_024 * 1_024 } as const;
/** A month of the providers' price script. */
const HOURS_PER_MONTH = 30.437 * 24;
const MIB = 1_048_576;
const MIB_PER_GB = 1e9 / MIB;

/** What offers are made with. */
export interface Seller {
  readonly backend: string;
  readonly market: Market;
  readonly options: ResolvedOptions;
  readonly ttlMs: number;
}

/**
 * What the market is likely to bid: every provider that is there, can be expected to stay, and has room, for each kind of GPU it has that fits. The prices
 * are those of recent bids for GPUs, and the providers' own price script for the rest. No order is made, so nobody hears of the demand.
 */
export async function listOffers(demand: Demand, seller: Seller, call: CallContext): Promise<readonly Offer[]> {
  const { market, options } = seller;
  if (!isPossible(demand, options)) return [];
  const [providers, prices] = await Promise.all([market.providers(call), demand.gpu === undefined ? [] : market.gpuPrices(call)]);
  return providers
    .filter((provider) => isReliable(provider, options))
    .flatMap((provider) => offersOf(provider, demand, prices, seller, call));
}

function isPossible(demand: Demand, options: ResolvedOptions): boolean {
  const { cpu, memoryMiB, diskMiB, gpu } = demand;
  if (!demand.image || cpu > MOST.cpu || memoryMiB > MOST.memoryMiB || diskMiB > MOST.diskMiB || (gpu?.count ?? 0) > MOST_GPUS)
    return false;
  return !requiresLimit(options) || limitHoursFor(demand.maxLifetimeMs, options) !== undefined;
}

/** An uptime that nobody knows is no reason. */
function isReliable(provider: Provider, { leastUptime }: ResolvedOptions): boolean {
  const isThere = provider.isOnline !== false && provider.isValidVersion !== false && provider.isAudited !== false;
  return isThere && (uptimeOf(provider) ?? 1) >= leastUptime;
}

function offersOf(provider: Provider, demand: Demand, prices: readonly GpuPrice[], seller: Seller, call: CallContext): readonly Offer[] {
  const { backend, options, ttlMs } = seller;
  const facts = factsOf(provider, options.auditors);
  const capacity = capacityOf(provider, demand);
  if (capacity === 0 || (demand.arch !== undefined && facts.arch !== undefined && facts.arch !== demand.arch)) return [];
  const kinds: readonly (SdlGpu | undefined)[] = demand.gpu === undefined ? [undefined] : fittingGpus(provider, demand.gpu);
  const { cpu, memoryMiB, diskMiB } = demand;
  return kinds.map((gpu) =>
    toOffer({
      backend,
      address: provider.owner,
      facts,
      gpu,
      resources: { cpu, memoryMiB, diskMiB, gpus: demand.gpu?.count ?? 0 },
      price: {
        usdPerHour: expectedUsdPerHour(demand, gpu, prices, options),
        source: "recent bids on Akash and its providers' price script",
      },
      binding: "indicative",
      interruptible: false,
      startMs: options.startMs,
      ...(capacity === undefined ? {} : { capacity }),
      expiresAtMs: call.host.now() + ttlMs,
    }),
  );
}

/** How often the demand fits into what the provider says is free, or nothing when it does not say. */
function capacityOf({ stats }: Provider, { cpu, memoryMiB, diskMiB, gpu }: Demand): number | undefined {
  if (stats == null) return undefined;
  const shares: readonly (readonly [number | undefined, number])[] = [
    // In thousandths, and in bytes.
    [stats.cpu?.available, cpu * 1_000],
    [stats.memory?.available, memoryMiB * MIB],
    [stats.storage?.ephemeral?.available, diskMiB * MIB],
    [stats.gpu?.available, gpu?.count ?? 0],
  ];
  const known = shares.flatMap(([free, needed]) => (free === undefined || needed <= 0 ? [] : Math.floor(free / needed)));
  return known.length === 0 ? undefined : Math.max(0, Math.min(...known));
}

function expectedUsdPerHour(
  { cpu, memoryMiB, diskMiB, gpu }: Demand,
  kind: SdlGpu | undefined,
  prices: readonly GpuPrice[],
  { rates }: ResolvedOptions,
): number {
  const machine = cpu * rates.cpu + (memoryMiB / MIB_PER_GB) * rates.memoryGb + (diskMiB / MIB_PER_GB) * rates.diskGb + rates.endpoint;
  const perGpu = kind === undefined ? 0 : (gpuUsdPerHour(kind, prices) ?? rates.gpu / HOURS_PER_MONTH);
  // Recent bids are for whole groups with their machine: counting it again errs on the dear side.
  return machine / HOURS_PER_MONTH + perGpu * (gpu?.count ?? 0);
}
