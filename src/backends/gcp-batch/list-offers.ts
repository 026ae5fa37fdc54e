import { omitUndefined } from "../../kit/omit-undefined.js";
import type { Demand, Offer } from "../../model/offer.js";
import { MAX_RUN_MS } from "./capabilities.js";
import { type ResolvedOptions, type ResolvedShape, shapeName } from "./options.js";

const DAY_MS = 24 * 3_600_000;

/** Machine types whose jobs may run for 7 days only, unless reserved (Batch's quotas page). */
const SHORT_LIVED = /^a3-/;

/** Machine families on Arm processors. */
const ARM = /^(t2a|c4a|n4a|a4x)-/;

/** What an offer needs to know beside its shape. */
export interface Seller {
  readonly backend: string;
  readonly location: string;
  readonly country: string | undefined;
  readonly options: ResolvedOptions;
  readonly ttlMs: number;
}

/** An offer for each configured shape that is large enough. Prices are the configured ones; whether there is stock only a job can find out. */
export function listOffers(demand: Demand, seller: Seller, nowMs: number): readonly Offer[] {
  return demand.image ? seller.options.shapes.filter((shape) => holds(shape, demand)).map((shape) => toOffer(shape, seller, nowMs)) : [];
}

/** What the jobs of a shape may live for, ms. */
export const longestLifeMs = (shape: ResolvedShape): number => (SHORT_LIVED.test(shape.machineType) ? 7 * DAY_MS : MAX_RUN_MS);

const archOf = (shape: ResolvedShape): "x86_64" | "arm64" => shape.arch ?? (ARM.test(shape.machineType) ? "arm64" : "x86_64");

/** Which GPU models satisfy a demand is for the core to judge; here only their number counts. */
function holds(shape: ResolvedShape, demand: Demand): boolean {
  return (
    shape.cpu >= demand.cpu &&
    shape.memory >= demand.memoryMiB &&
    shape.disk >= demand.diskMiB &&
    (shape.gpu?.count ?? 0) >= (demand.gpu?.count ?? 0) &&
    (demand.arch === undefined || demand.arch === archOf(shape)) &&
    (demand.interruptible || shape.provisioning === "standard") &&
    demand.maxLifetimeMs <= longestLifeMs(shape)
  );
}

function toOffer(shape: ResolvedShape, seller: Seller, nowMs: number): Offer {
  const { backend, location, country, options } = seller;
  const { type, count, memoryGiB } = shape.gpu ?? {};
  return {
    id: shapeName(shape),
    backend,
    operator: "google",
    binding: "firm",
    resources: {
      cpu: shape.cpu,
      memoryMiB: shape.memory,
      diskMiB: shape.disk,
      arch: archOf(shape),
      ...(type === undefined || count === undefined ? {} : { gpu: omitUndefined({ label: type, count, memoryGiB }) }),
    },
    price: {
      usdPerHour: shape.usdPerHour,
      egressUsdPerGB: options.egressUsdPerGB,
      source: options.pricedOn === undefined ? options.priceSource : `${options.priceSource} ${options.pricedOn}`,
    },
    interruptible: shape.provisioning === "spot",
    trust: { operator: "single", certifications: options.certifications, agreements: options.agreements, tee: [] },
    place: omitUndefined({ country, region: location, proof: "contract" }),
    setupMs: options.bootMs,
    ...(shape.hazardPerHour === undefined ? {} : { hazardPerHour: shape.hazardPerHour }),
    expiresAtMs: nowMs + seller.ttlMs,
  };
}
