import { LRUCache } from "lru-cache";
import type { LeaseRef } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import type { JobFinder } from "./find-jobs.js";
import { isFinal, isReleased } from "./map.js";
import { OUR_REASON } from "./names.js";
import type { Parts } from "./parts.js";
import { readReference } from "./reference.js";
import type { JobDetail } from "./wire.js";

/** A termination is asked for again when the job goes on for so long. */
const TERMINATE_AGAIN_MS = 60_000;
const REMEMBERED = 10_000;

/** Ends the jobs of leases. */
export interface JobEnder {
  /** `released` once every job of the lease is over. */
  end(lease: LeaseRef, call: CallContext): Promise<"released" | "pending">;
}

/** Makes the ender of one backend. */
export function createJobEnder({ jobs, terminator, names, recent }: Parts, finder: JobFinder): JobEnder {
  /** When the end of a job was last asked for. */
  const terminatedAtMs = new LRUCache<string, number>({ max: REMEMBERED });

  /** Ends one job. True once it is over. */
  async function endJob(jobId: string, job: JobDetail | undefined, name: string, call: CallContext): Promise<boolean> {
    if (job !== undefined && job.jobName !== name) return true;
    if (job !== undefined && isFinal(job)) {
      if (!isReleased(job)) await jobs.tagReleased(job, call);
      return true;
    }
    const nowMs = call.host.monotonic();
    if (nowMs - (terminatedAtMs.get(jobId) ?? Number.NEGATIVE_INFINITY) >= TERMINATE_AGAIN_MS) {
      await terminator.terminate(jobId, `${OUR_REASON} the lease was released`, call);
      terminatedAtMs.set(jobId, nowMs);
    }
    // Batch does not know it: it is over, unless it is so new that it does not show yet.
    return job === undefined && recent.find(name, call) === undefined;
  }

  return {
    async end(lease, call) {
      const name = names.toName(lease.key, call.namespace);
      const reference = readReference(lease) ?? readReference((await finder.find(lease.key, call))?.ref ?? lease);
      if (reference === undefined) return "released";
      const ids = [reference.jobId, ...(reference.duplicates ?? [])];
      const found = await jobs.describe(ids, call);
      const over = await Promise.all(ids.map((jobId) => endJob(jobId, found.get(jobId), name, call)));
      return over.every(Boolean) ? "released" : "pending";
    },
  };
}
