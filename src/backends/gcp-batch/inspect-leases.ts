import { inspectEach, type ReportBody } from "../../kit/each.js";
import type { LeaseRef, LeaseReport } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Batch } from "./client.js";
import { ownJobsFilter } from "./labels.js";
import type { JobNames } from "./names.js";
import { needsTask, toReport } from "./report.js";
import type { Job } from "./wire.js";

/** Up to so many leases are asked one by one: cheaper than a page of whole jobs, and never behind as a listing may be. */
const FEW = 8;

/** Reports on leases. Many are answered from one listing; only failures cost another request each, for the exit code. */
export async function inspectLeases(
  leases: readonly LeaseRef[],
  setting: { readonly backend: string; readonly batch: Batch; readonly names: JobNames },
  call: CallContext,
): Promise<readonly LeaseReport[]> {
  const { backend, batch, names } = setting;
  const listed = leases.length <= FEW ? new Map<string, Job>() : await sweep(setting, call);
  return inspectEach(leases, call, async (ref): Promise<ReportBody | undefined> => {
    const name = names.nameOf(ref);
    // What the listing does not show is asked for before it counts as gone.
    const job = listed.get(name) ?? (await batch.getJob(call, name));
    if (job === undefined) return undefined;
    return toReport(backend, job, needsTask(job) ? await batch.getTask(call, name) : undefined);
  });
}

async function sweep(
  { backend, batch, names }: { readonly backend: string; readonly batch: Batch; readonly names: JobNames },
  call: CallContext,
): Promise<ReadonlyMap<string, Job>> {
  const jobs = await batch.listJobs(call, names.parent, ownJobsFilter(backend, call.namespace));
  // By the id: a full name may hold the project's number instead of its id.
  return new Map(jobs.map((job) => [`${names.parent}${job.name.slice(job.name.lastIndexOf("/jobs/"))}`, job]));
}
