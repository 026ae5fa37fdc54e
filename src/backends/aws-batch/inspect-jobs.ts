import type { LeaseRef, LeaseReport } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import { type ReportSetting, reportOf } from "./map.js";
import { TAGS } from "./names.js";
import type { Parts } from "./parts.js";
import { priceAt } from "./prices/rates.js";
import { queueName, type ResolvedQueue } from "./queue-options.js";
import { readReference } from "./reference.js";
import type { JobDetail } from "./wire.js";

/** For jobs that have lost their price tag: a vCPU and 2 GiB, so that the charge is at least not nothing. */
const LEAST_SIZE = { vcpus: 1, memoryMiB: 2_048, gpus: 0, diskGiB: 20 };

/** Reports on leases, one for each. */
export async function inspectJobs(leases: readonly LeaseRef[], parts: Parts, call: CallContext): Promise<readonly LeaseReport[]> {
  const { jobs, names, recent, node } = parts;
  const ids = leases.flatMap((ref) => readReference(ref)?.jobId ?? []);
  const found = ids.length === 0 ? new Map<string, JobDetail>() : await jobs.describe(ids, call);
  const fallbacks = await fallbackPrices([...found.values()], parts, call);
  const setting = {
    billing: parts.capabilities.billing,
    nowMs: call.host.now(),
    capacityPatienceMs: parts.options.capacityPatienceMs,
    node,
  } satisfies Omit<ReportSetting, "fallbackUsdPerHour">;
  return leases.map((ref): LeaseReport => {
    const { key } = ref;
    const name = names.toName(key, call.namespace);
    const job = found.get(readReference(ref)?.jobId ?? "");
    if (job !== undefined && job.jobName === name) {
      const fallbackUsdPerHour = fallbacks.get(queueName(job.jobQueue ?? "")) ?? 0;
      return { ...reportOf(job, { ...setting, fallbackUsdPerHour }), key };
    }
    // Too new to be seen is not gone.
    if (recent.find(name, call) !== undefined) return { kind: "status", key, phase: "pending", node, charge: { amount: 0n, final: false } };
    return { kind: "gone", key };
  });
}

/** The queue that a job is on, of those that are configured. */
export function queueOf(queues: readonly ResolvedQueue[], nameOrArn: string): ResolvedQueue | undefined {
  const name = queueName(nameOrArn);
  return queues.find(({ queue }) => queueName(queue) === name);
}

/** By queue, for those with a job that has no price tag of ours any more. */
async function fallbackPrices(
  found: readonly JobDetail[],
  { options, prices }: Parts,
  call: CallContext,
): Promise<ReadonlyMap<string, number>> {
  const untagged = new Set(
    found.filter(({ tags }) => tags?.[TAGS.usdPerHour] === undefined).map(({ jobQueue }) => queueName(jobQueue ?? "")),
  );
  const queues = [...untagged].flatMap((name) => queueOf(options.queues, name) ?? []);
  const priced = queues.map(async (queue) => {
    // A report without a charge is better than none.
    const rates = await prices.ratesOf(queue, call).catch(() => undefined);
    return [queueName(queue.queue), rates === undefined ? 0 : priceAt(rates, queue, LEAST_SIZE).usdPerHour] as const;
  });
  return new Map(await Promise.all(priced));
}
