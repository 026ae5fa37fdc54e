import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Lease } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Placement } from "../../spec/launch.js";
import { createDefinitions, definitionFor } from "./job-definition.js";
import { sizeOn } from "./job-size.js";
import { isFinal } from "./map.js";
import { OUR_REASON } from "./names.js";
import type { Parts } from "./parts.js";
import { priceAt } from "./prices/rates.js";
import { queueName } from "./queue-options.js";
import { raceSignal } from "./race-signal.js";
import { referTo } from "./reference.js";
import { submissionFor } from "./submission.js";
import { submitted } from "./wire.js";

/** Makes jobs of placements, and of one key one job. */
export interface JobTaker {
  /** The job of the placement's key, submitted unless it is there. */
  take(placement: Placement, call: CallContext): Promise<Lease>;
}

/** Makes the taker of one backend. */
export function createJobTaker({ id, options, api, jobs, terminator, names, prices, recent, node }: Parts): JobTaker {
  const definitions = createDefinitions(api, options.namePrefix);
  const underWay = new Map<string, Promise<Lease>>();

  const refusal = (code: "OFFER_EXPIRED" | "BACKEND_REJECTED", what: string): SchedulerError =>
    new SchedulerError(code, `${id} submitted nothing: ${what}.`, { effect: "none", details: { backend: id } });

  /** Queue, size and price of a placement, as they are now. */
  async function termsOf({ offer, launch, priceCapUsdPerHour }: Placement, call: CallContext) {
    const queue = options.queues.find((candidate) => queueName(candidate.queue) === offer.id);
    if (queue === undefined) throw refusal("OFFER_EXPIRED", `the queue "${offer.id}" is not configured any more`);
    if (offer.expiresAtMs <= call.host.now()) throw refusal("OFFER_EXPIRED", "the offer has expired");
    const size = sizeOn(queue, launch.resources);
    if (size === undefined) throw refusal("BACKEND_REJECTED", `the queue "${offer.id}" takes no job of this size`);
    const price = priceAt(await prices.ratesOf(queue, call), queue, size);
    if (price.usdPerHour > priceCapUsdPerHour) throw refusal("OFFER_EXPIRED", "the price is above the cap now");
    return { queue, size, price };
  }

  async function submit(placement: Placement, name: string, call: CallContext): Promise<Lease> {
    const { queue, size, price } = await termsOf(placement, call);
    const { key, launch } = placement;
    const body = definitionFor(launch, queue, size, options);
    const endsAtTimeout = options.staging === "none";
    const parts = { jobName: name, queue, size, launch, price, namespaceId: call.namespace.id, endsAtTimeout };
    // Whatever Batch refuses in any case is refused before it is asked.
    submissionFor({ ...parts, jobDefinition: "" });
    const [oldest, ...others] = await jobs.named(name, queue.queue, call);
    if (oldest !== undefined) {
      const open = others.filter((job) => !isFinal(job));
      await Promise.all(open.map(({ jobId }) => terminator.terminate(jobId, `${OUR_REASON} a second job of the same name`, call)));
      return { ref: referTo(id, key, { jobId: oldest.jobId, queue: queueName(queue.queue) }), price, node };
    }
    const jobDefinition = await definitions.arnOf(body, call);
    const job = await api.submit(call, submissionFor({ ...parts, jobDefinition }), submitted).catch((error: unknown) => {
      if (SchedulerError.isInstance(error) && error.code === "BACKEND_REJECTED") definitions.forget(jobDefinition);
      throw error;
    });
    const ref = referTo(id, key, { jobId: job.jobId, queue: queueName(queue.queue) });
    recent.add(name, ref, call);
    return { ref, price, node };
  }

  return {
    async take(placement, call) {
      const name = names.toName(placement.key, call.namespace);
      const ref = recent.find(name, call);
      if (ref !== undefined) return { ref, node };
      // Two binds of one key: the second waits for the first, and takes its own way if that one fails.
      const other = underWay.get(name);
      const lease =
        other &&
        (await raceSignal(
          other.catch(() => undefined),
          call.signal,
        ));
      if (lease !== undefined) return lease;
      const taking = submit(placement, name, call).finally(() => {
        if (underWay.get(name) === taking) underWay.delete(name);
      });
      underWay.set(name, taking);
      return taking;
    },
  };
}
