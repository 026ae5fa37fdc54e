import { omitUndefined } from "../../kit/omit-undefined.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { gpuMatches } from "../../model/gpu/match.js";
import type { Demand, Offer } from "../../model/offer.js";
import type { CallContext } from "../../spec/call-context.js";
import { hoursFor, MOST_HOURS } from "./capabilities.js";
import type { IoNetClient } from "./client.js";
import type { MachineChoice } from "./deploy-body.js";
import type { ResolvedOptions } from "./options.js";
import type { Hardware, Place } from "./wire.js";

/** Most GPUs of one container (deploy schema). */
const MOST_GPUS = 8;

/** What offers are made with. */
export interface Seller {
  readonly backend: string;
  readonly client: IoNetClient;
  readonly options: ResolvedOptions;
  readonly ttlMs: number;
}

/**
 * An offer for each kind of hardware that fits and each place where it is free, at the price for the demand's whole lifetime. One GPU is the
 * least, also for work that asks for none.
 */
export async function listOffers(demand: Demand, seller: Seller, call: CallContext): Promise<readonly Offer[]> {
  const hours = hoursFor(demand.maxLifetimeMs, seller.options);
  const gpus = gpusFor(demand, seller.options);
  if (!demand.image || demand.arch === "arm64" || gpus > MOST_GPUS || hours > MOST_HOURS) return [];
  const fitting = (await seller.client.hardware(call)).filter((hardware) => fits(hardware, gpus, demand)).sort(cheapestFirst);
  const asked = fitting.slice(0, seller.options.mostHardware);
  const perHardware = await Promise.all(asked.map((hardware) => offersOf(hardware, { demand, gpus, hours }, seller, call)));
  return perHardware.flat();
}

interface Wanted {
  readonly demand: Demand;
  readonly gpus: number;
  readonly hours: number;
}

/** Only GPUs can be counted: CPUs, memory and disk are assumed to come with each. */
function gpusFor({ cpu, memoryMiB, diskMiB, gpu }: Demand, { assume }: ResolvedOptions): number {
  const shares = [gpu?.count ?? 0, cpu / assume.cpuPerGpu, memoryMiB / assume.memoryPerGpu, diskMiB / assume.diskPerGpu];
  return Math.max(1, ...shares.map(Math.ceil));
}

function fits(hardware: Hardware, gpus: number, { gpu }: Demand): boolean {
  if (hardware.available <= 0 || hardware.max_gpus_per_container < gpus || hardware.price === 0) return false;
  if (gpu === undefined) return true;
  const { count, models, memoryGiB } = gpu;
  const vendor = gpu.vendor === "nvidia" || gpu.vendor === "amd" || gpu.vendor === "intel" ? gpu.vendor : undefined;
  // Which model it really is decides the core; asking for prices of what it would refuse costs requests only.
  return gpuMatches({ count, models, ...omitUndefined({ memoryGiB, vendor }) }, { label: hardware.hardware_name, count: gpus }).ok;
}

/** By the listed price, whose unit is not documented: good for an order, and for nothing else. */
const cheapestFirst = (a: Hardware, b: Hardware): number => listPrice(a) - listPrice(b);
const listPrice = ({ price }: Hardware): number => price ?? Number.MAX_VALUE;

async function offersOf(hardware: Hardware, wanted: Wanted, seller: Seller, call: CallContext): Promise<readonly Offer[]> {
  const { client, options } = seller;
  const places = (await client.places(call, hardware.hardware_id, wanted.gpus)).filter(
    ({ available_replicas, iso2 }) =>
      available_replicas > 0 && (options.countries === undefined || options.countries.includes(iso2?.toUpperCase() ?? "")),
  );
  const offers = await Promise.all(places.map((place) => offerOf(hardware, place, wanted, seller, call)));
  return offers.flatMap((offer) => offer ?? []);
}

async function offerOf(hardware: Hardware, place: Place, wanted: Wanted, seller: Seller, call: CallContext): Promise<Offer | undefined> {
  const { backend, client, options } = seller;
  const { gpus, hours } = wanted;
  const machine: MachineChoice = { hardwareId: hardware.hardware_id, locationId: place.id, gpus };
  const usd = await priceOf(client, machine, hours, call);
  if (usd === undefined || usd <= 0) return undefined;
  const iso2 = place.iso2?.toUpperCase();
  return {
    id: `${machine.hardwareId}x${gpus}-at-${machine.locationId}`,
    backend,
    provider: "io.net",
    binding: "firm",
    resources: {
      cpu: gpus * options.assume.cpuPerGpu,
      memoryMiB: gpus * options.assume.memoryPerGpu,
      diskMiB: gpus * options.assume.diskPerGpu,
      gpu: { label: hardware.hardware_name, count: gpus },
      arch: "x86_64",
    },
    price: { usdPerHour: usd / hours, source: `io.net's price for ${hours} h` },
    interruptible: false,
    trust: { operator: options.nodePool?.operator ?? "permissionless", certifications: [], agreements: [], tee: [] },
    place: omitUndefined({
      country: iso2 !== undefined && /^[A-Z]{2}$/.test(iso2) ? iso2 : undefined,
      region: place.name ?? undefined,
      proof: "claimed",
    }),
    setupMs: options.startMs,
    capacity: place.available_replicas,
    expiresAtMs: call.host.now() + seller.ttlMs,
    data: machine,
  };
}

/** Nothing where the service names no price: there are kinds of hardware that it lists and will not quote. */
async function priceOf(client: IoNetClient, machine: MachineChoice, hours: number, call: CallContext): Promise<number | undefined> {
  try {
    return await client.price(call, { ...machine, hours });
  } catch (error) {
    if (!SchedulerError.isInstance(error) || error.code !== "BACKEND_REJECTED") throw error;
    call.logger.warn(
      { hardware: machine.hardwareId, location: machine.locationId, code: error.code },
      "io.net names no price for a machine it lists",
    );
    return undefined;
  }
}
