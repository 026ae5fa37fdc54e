import { z } from "zod";
import { batches, collectAll, paginate } from "../../kit/paginate.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import { MOST_DESCRIBED } from "./capabilities.js";
import type { BatchApi } from "./client.js";
import { TAGS } from "./names.js";
import { described, type JobDetail, type JobSummary, listed } from "./wire.js";

/** Reads of jobs, in the portions that the API takes. */
export interface Jobs {
  /** By id; what Batch does not know (any more, or yet) is missing. */
  describe(ids: readonly string[], call: CallContext): Promise<ReadonlyMap<string, JobDetail>>;
  /** Jobs of exactly this name on a queue, finished ones included, the oldest first. */
  named(name: string, queue: string, call: CallContext): Promise<readonly JobSummary[]>;
  /** Jobs on a queue that have not ended, and all that were made since then. */
  current(queue: string, sinceMs: number, call: CallContext): Promise<readonly JobSummary[]>;
  /** Marks a job that has ended as released. */
  tagReleased(job: JobDetail, call: CallContext): Promise<void>;
}

type Filter = { readonly name: "JOB_NAME" | "AFTER_CREATED_AT"; readonly value: string };

/** Not ended, in the order in which jobs go through them: one that moves on during the listing is seen in a later state. */
const CURRENT = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"] as const;

/** Makes {@link Jobs} of an API. */
export function createJobs(id: string, api: BatchApi): Jobs {
  const list = (queue: string, what: { readonly filter: Filter } | { readonly status: (typeof CURRENT)[number] }, call: CallContext) =>
    collectAll(
      paginate<JobSummary, string>(
        async (nextToken) => {
          const request = {
            jobQueue: queue,
            ...("filter" in what ? { filters: [{ name: what.filter.name, values: [what.filter.value] }] } : { jobStatus: what.status }),
            ...(nextToken === undefined ? {} : { nextToken }),
          };
          const { jobSummaryList, nextToken: next } = await api.read(
            call,
            "list the jobs",
            (sdk) => new sdk.ListJobsCommand(request),
            listed,
          );
          return { items: jobSummaryList, next };
        },
        { backend: id, what: "the jobs" },
      ),
    );

  return {
    async describe(ids, call) {
      const parts = batches([...new Set(ids)], MOST_DESCRIBED);
      const answers = await Promise.all(
        parts.map((jobs) => api.read(call, "describe the jobs", (sdk) => new sdk.DescribeJobsCommand({ jobs: [...jobs] }), described)),
      );
      return new Map(answers.flatMap(({ jobs }) => jobs.map((job) => [job.jobId, job] as const)));
    },
    async named(name, queue, call) {
      const found = await list(queue, { filter: { name: "JOB_NAME", value: name } }, call);
      // The filter ignores case.
      return found.filter(({ jobName }) => jobName === name).sort(byAge);
    },
    async current(queue, sinceMs, call) {
      const all = new Map<string, JobSummary>();
      for (const status of CURRENT) for (const job of await list(queue, { status }, call)) all.set(job.jobId, job);
      const recent = await list(queue, { filter: { name: "AFTER_CREATED_AT", value: String(Math.max(0, Math.floor(sinceMs))) } }, call);
      for (const job of recent) all.set(job.jobId, job);
      return [...all.values()].sort(byAge);
    },
    async tagReleased({ jobArn }, call) {
      if (jobArn === undefined) return;
      try {
        const request = { resourceArn: jobArn, tags: { [TAGS.released]: "1" } };
        await api.read(call, "mark the job as released", (sdk) => new sdk.TagResourceCommand(request), z.unknown());
      } catch (error) {
        const isRefused = SchedulerError.isInstance(error) && (error.code === "BACKEND_REJECTED" || error.code === "BACKEND_AUTH_FAILED");
        if (!isRefused) throw error;
        // It has ended and costs nothing; without the mark it is only listed for a while yet.
        call.logger.warn(
          { backend: id, code: error.code },
          "a job that has ended could not be marked as released; allow batch:TagResource",
        );
      }
    },
  };
}

function byAge(a: JobSummary, b: JobSummary): number {
  return (a.createdAt ?? 0) - (b.createdAt ?? 0) || (a.jobId < b.jobId ? -1 : 1);
}
