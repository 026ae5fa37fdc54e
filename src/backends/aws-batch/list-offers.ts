import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Demand, Offer } from "../../model/offer.js";
import type { CallContext } from "../../spec/call-context.js";
import { countryOf } from "./capabilities.js";
import { type JobSize, sizeOn } from "./job-size.js";
import type { Parts } from "./parts.js";
import { priceAt, type Rates } from "./prices/rates.js";
import { queueName, type ResolvedQueue } from "./queue-options.js";

/** Who runs the machines. */
export const OPERATOR = "aws";

const SETUP_MS = { fargate: 60_000, ec2: 300_000 } as const;

type Seller = Pick<Parts, "id" | "options" | "region" | "capabilities" | "prices">;

/**
 * One offer for each queue that takes such a job and has a price.
 *
 * @throws what the look-up of a price threw, when no queue is left.
 */
export async function offersFor(
  demand: Demand,
  queues: readonly ResolvedQueue[],
  seller: Seller,
  call: CallContext,
): Promise<readonly Offer[]> {
  if (!demand.image) return [];
  const fitting = queues.flatMap((queue) => {
    const isTooLong = queue.platform === "fargate" && demand.maxLifetimeMs > 14 * 86_400_000;
    const size = isTooLong || (queue.purchase === "spot" && !demand.interruptible) ? undefined : sizeOn(queue, demand);
    return size === undefined ? [] : [{ queue, size }];
  });
  const priced = await Promise.all(
    fitting.map(async (one) => ({
      ...one,
      rates: await seller.prices.ratesOf(one.queue, call).catch((error: unknown): SchedulerError => {
        if (call.signal.aborted || !SchedulerError.isInstance(error) || error.code === "DEPENDENCY_MISSING") throw error;
        return error;
      }),
    })),
  );
  const offers = priced.flatMap(({ queue, size, rates }) =>
    SchedulerError.isInstance(rates) ? [] : [offerOf({ queue, size, rates }, demand, seller, call)],
  );
  const failure = priced.find(({ rates }) => SchedulerError.isInstance(rates))?.rates;
  if (offers.length === 0 && failure !== undefined) throw failure;
  return offers;
}

function offerOf(
  { queue, size, rates }: { readonly queue: ResolvedQueue; readonly size: JobSize; readonly rates: Rates },
  demand: Demand,
  { id, options, region, capabilities }: Seller,
  { host }: CallContext,
): Offer {
  const { trust, offersTtlMs } = capabilities;
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
    price: priceAt(rates, queue, size),
    interruptible: queue.purchase === "spot",
    trust: { operator: "single", certifications: trust.certifications, agreements: trust.agreements, tee: [] },
    place: { ...(country === undefined ? {} : { country }), region, proof: country === undefined ? "claimed" : "contract" },
    setupMs: queue.setupMs ?? SETUP_MS[queue.platform],
    ...(queue.hazardPerHour === undefined ? {} : { hazardPerHour: queue.hazardPerHour }),
    expiresAtMs: host.now() + offersTtlMs,
  };
}
