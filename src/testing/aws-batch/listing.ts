import type { Job } from "./job.js";
import type { JobQuery } from "./requests.js";
import { summaryOf } from "./views.js";

/** Most jobs of one page. */
export interface PageSizes {
  readonly withFilter: number;
  readonly byStatus: number;
}

/** One page of a queue's jobs. The most recent come first, as with filters; without one no order is promised. */
export function listPage(jobs: readonly Job[], { jobStatus, filters, maxResults, nextToken }: JobQuery, sizes: PageSizes): object {
  const [filter] = filters;
  const found = jobs.filter((job) => (filter === undefined ? job.status === jobStatus : passes(job, filter))).reverse();
  const size = Math.min(maxResults ?? Number.POSITIVE_INFINITY, filter === undefined ? sizes.byStatus : sizes.withFilter);
  const from = nextToken === undefined ? 0 : found.findIndex(({ parts }) => parts.id === nextToken);
  if (from < 0) return { jobSummaryList: [] };
  const next = found[from + size];
  return { jobSummaryList: found.slice(from, from + size).map(summaryOf), ...(next === undefined ? {} : { nextToken: next.parts.id }) };
}

function passes(job: Job, { name, values: [value = ""] }: { readonly name: string; readonly values: readonly string[] }): boolean {
  const jobName = job.parts.submission.jobName.toLowerCase();
  switch (name) {
    case "JOB_NAME":
      return value.endsWith("*") ? jobName.startsWith(value.slice(0, -1).toLowerCase()) : jobName === value.toLowerCase();
    case "AFTER_CREATED_AT":
      return job.createdAtMs > Number(value);
    case "BEFORE_CREATED_AT":
      return job.createdAtMs < Number(value);
    default:
      return job.parts.definitionArn.includes(value);
  }
}
