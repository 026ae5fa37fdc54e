import type { Lease, LeaseRef } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import { isFinal, isReleased } from "./map.js";
import type { Parts } from "./parts.js";
import { queueName, type ResolvedQueue } from "./queue-options.js";
import { referTo } from "./reference.js";
import type { JobDetail, JobSummary } from "./wire.js";

/** For so long a job that has ended by itself is listed until it is released. It costs nothing; Batch itself shows it for a week. */
const LISTED_AFTER_END_MS = 3_600_000;

/** Finds our jobs by their names. */
export interface JobFinder {
  /** The job of a key, on any queue. */
  find(key: string, call: CallContext): Promise<Lease | undefined>;
  /** Every job of the namespace that is open. */
  list(call: CallContext): Promise<readonly LeaseRef[]>;
}

/** Makes the finder of one backend. */
export function createJobFinder({ id, options, jobs, names, recent, node }: Parts): JobFinder {
  const toRef = (key: string, queue: ResolvedQueue, [first, ...others]: readonly [JobSummary, ...JobSummary[]]): LeaseRef =>
    referTo(id, key, { jobId: first.jobId, queue: queueName(queue.queue), duplicates: others.map(({ jobId }) => jobId) });

  async function listOn(queue: ResolvedQueue, sinceMs: number, call: CallContext): Promise<readonly LeaseRef[]> {
    const all = (await jobs.current(queue.queue, sinceMs, call)).filter((job) => names.toKey(job.jobName, call.namespace) !== undefined);
    const ended = all.filter((job) => isFinal(job) && !isReleased(job)).map(({ jobId }) => jobId);
    // Only the details hold the tags.
    const details = ended.length === 0 ? new Map<string, JobDetail>() : await jobs.describe(ended, call);
    const open = all.filter((job) => !isReleased(details.get(job.jobId) ?? job));
    return [...groupByName(open)].flatMap(([name, [oldest, ...others]]) => {
      const key = names.toKey(name, call.namespace);
      return key === undefined || oldest === undefined ? [] : [toRef(key, queue, [oldest, ...others])];
    });
  }

  return {
    async find(key, call) {
      const name = names.toName(key, call.namespace);
      const found = await Promise.all(options.queues.map(async (queue) => ({ queue, jobs: await jobs.named(name, queue.queue, call) })));
      for (const { queue, jobs: all } of found) {
        const [oldest, ...others] = all;
        if (oldest !== undefined) return { ref: toRef(key, queue, [oldest, ...others]), node };
      }
      const ref = recent.find(name, call);
      return ref === undefined ? undefined : { ref, node };
    },
    async list(call) {
      const sinceMs = call.host.now() - LISTED_AFTER_END_MS;
      return (await Promise.all(options.queues.map((queue) => listOn(queue, sinceMs, call)))).flat();
    },
  };
}

function groupByName(jobs: readonly JobSummary[]): ReadonlyMap<string, readonly JobSummary[]> {
  const groups = new Map<string, JobSummary[]>();
  for (const job of jobs) groups.set(job.jobName, [...(groups.get(job.jobName) ?? []), job]);
  return groups;
}
