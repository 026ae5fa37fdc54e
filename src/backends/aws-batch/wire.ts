import { z } from "zod";
import { tolerantEnum } from "../../kit/tolerant.js";

// What is read of the SDK's answers, and tolerant of everything else. Times are ms since 1970.

/** States of a job, in order. */
export const JOB_STATUSES = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"] as const;

const container = z.object({
  exitCode: z.number().optional(),
  reason: z.string().optional(),
  logStreamName: z.string().optional(),
});

const common = {
  jobId: z.string(),
  jobName: z.string(),
  jobArn: z.string().optional(),
  status: tolerantEnum(JOB_STATUSES),
  statusReason: z.string().optional(),
  createdAt: z.number().optional(),
  startedAt: z.number().optional(),
  stoppedAt: z.number().optional(),
  container: container.optional(),
};

export const jobDetail = z.object({
  ...common,
  jobQueue: z.string().optional(),
  isCancelled: z.boolean().optional(),
  isTerminated: z.boolean().optional(),
  attempts: z.array(z.object({ statusReason: z.string().optional(), container: container.optional() })).optional(),
  tags: z.record(z.string(), z.string()).optional(),
});

export const jobSummary = z.object(common);

/** One job, as DescribeJobs gives it. */
export type JobDetail = z.output<typeof jobDetail>;
/** One job, as ListJobs gives it. */
export type JobSummary = z.output<typeof jobSummary>;

export const described = z.object({ jobs: z.array(jobDetail) });
export const listed = z.object({ jobSummaryList: z.array(jobSummary), nextToken: z.string().optional() });
export const submitted = z.object({ jobId: z.string().min(1), jobName: z.string() });
export const terminated = z.object({ errors: z.array(z.object({ job: z.string(), code: z.string().optional() })).default([]) });
export const definitionList = z.object({ jobDefinitions: z.array(z.object({ jobDefinitionArn: z.string().min(1) })) });
export const registered = z.object({ jobDefinitionArn: z.string().min(1) });
export const queueList = z.object({
  jobQueues: z.array(
    z.object({
      jobQueueName: z.string(),
      jobQueueArn: z.string().optional(),
      state: tolerantEnum(["ENABLED", "DISABLED"]),
      status: tolerantEnum(["CREATING", "UPDATING", "DELETING", "DELETED", "VALID", "INVALID"]),
    }),
  ),
  nextToken: z.string().optional(),
});
export const logEvents = z.object({
  events: z.array(z.object({ timestamp: z.number().optional(), message: z.string().optional() })).default([]),
  nextForwardToken: z.string().optional(),
});
