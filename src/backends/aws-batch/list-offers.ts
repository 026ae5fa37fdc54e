import type { Demand, Offer } from "../../model/offer.js";
import type { Host } from "../../spec/host.js";
import { awsBatchCapabilities, countryOf } from "./capabilities.js";
import { priceOn, sizeOn } from "./job-size.js";
import { queueName, type ResolvedOptions, type ResolvedQueue } from "./options.js";

/** Who runs the machines. */
export const OPERATOR = "aws";

const SETUP_MS = { fargate: 60_000, ec2: 300_000 } as const;

/** One offer for each queue that takes such a job. */
export function offersFor(
  demand: Demand,
  queues: readonly ResolvedQueue[],
  setting: { readonly id: string; readonly options: ResolvedOptions; readonly region: string },
  host: Host,
): readonly Offer[] {
  if (!demand.image) return [];
  return queues.flatMap((queue) => {
    const isTooLong = queue.platform === "fargate" && demand.maxLifetimeMs > 14 * 86_400_000;
    if (isTooLong || (queue.purchase === "spot" && !demand.interruptible)) return [];
    return offerOf(queue, demand, setting, host) ?? [];
  });
}

function offerOf(
  queue: ResolvedQueue,
  demand: Demand,
  { id, options, region }: { readonly id: string; readonly options: ResolvedOptions; readonly region: string },
  host: Host,
): Offer | undefined {
  const size = sizeOn(queue, demand);
  if (size === undefined) return undefined;
  const { trust, offersTtlMs } = awsBatchCapabilities(options, region);
  const country = countryOf(options, region);
  const { gpu } = queue;
  return {
    id: queueName(queue.queue),
    backend: id,
    operator: OPERATOR,
    binding: "firm",
    resources: {
      cpu: size.vcpus,
      memoryMiB: size.memoryMiB,
      diskMiB: Math.max(demand.diskMiB, Math.floor(size.diskGiB * 1024)),
      ...(gpu === undefined
        ? {}
        : { gpu: { label: gpu.model, count: size.gpus, ...(gpu.memoryGiB === undefined ? {} : { memoryGiB: gpu.memoryGiB }) } }),
      arch: queue.arch,
    },
    price: priceOn(queue, size, region),
    interruptible: queue.purchase === "spot",
    trust: { operator: "single", certifications: trust.certifications, agreements: trust.agreements, tee: [] },
    place: { ...(country === undefined ? {} : { country }), region, proof: country === undefined ? "claimed" : "contract" },
    setupMs: queue.setupMs ?? SETUP_MS[queue.platform],
    ...(queue.hazardPerHour === undefined ? {} : { hazardPerHour: queue.hazardPerHour }),
    expiresAtMs: host.now() + offersTtlMs,
  };
}
