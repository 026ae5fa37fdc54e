import type { Job } from "./job.js";

// Jobs in the shapes that the service answers. Absent fields are left out, times are ms since 1970.

const logStreamOf = (job: Job): string | undefined => (job.startedAtMs === undefined ? undefined : `definition/default/${job.parts.id}`);

/** An entry of ListJobs. */
export function summaryOf(job: Job): object {
  const { parts } = job;
  return {
    jobArn: parts.arn,
    jobId: parts.id,
    jobName: parts.submission.jobName,
    jobDefinition: parts.definitionArn,
    createdAt: job.createdAtMs,
    status: job.status,
    statusReason: job.statusReason,
    startedAt: job.startedAtMs,
    stoppedAt: job.stoppedAtMs,
    container: job.isOver ? { exitCode: job.exitCode, reason: job.containerReason } : {},
  };
}

/** An entry of DescribeJobs. */
export function detailOf(job: Job, region: string, account: string): object {
  const { parts } = job;
  const { submission } = parts;
  const container = {
    image: parts.image,
    command: parts.argv,
    environment: Object.entries(parts.env).map(([name, value]) => ({ name, value })),
    resourceRequirements: [
      { type: "VCPU", value: String(parts.vcpus) },
      { type: "MEMORY", value: String(parts.memoryMiB) },
      ...(parts.gpus > 0 ? [{ type: "GPU", value: String(parts.gpus) }] : []),
    ],
    exitCode: job.exitCode,
    reason: job.containerReason,
    logStreamName: logStreamOf(job),
    taskArn: job.startedAtMs === undefined ? undefined : `arn:aws:ecs:${region}:${account}:task/batch/${parts.id.replaceAll("-", "")}`,
  };
  const attempt = {
    startedAt: job.startedAtMs,
    stoppedAt: job.stoppedAtMs,
    statusReason: job.attemptReason ?? job.statusReason,
    container: { exitCode: job.exitCode, reason: job.containerReason, logStreamName: logStreamOf(job), taskArn: container.taskArn },
  };
  return {
    jobArn: parts.arn,
    jobId: parts.id,
    jobName: submission.jobName,
    jobQueue: `arn:aws:batch:${region}:${account}:job-queue/${parts.queue.name}`,
    jobDefinition: parts.definitionArn,
    status: job.status,
    statusReason: job.statusReason,
    createdAt: job.createdAtMs,
    startedAt: job.startedAtMs,
    stoppedAt: job.stoppedAtMs,
    isCancelled: job.isCancelled,
    isTerminated: job.isTerminated,
    attempts: job.isOver && job.startedAtMs !== undefined ? [attempt] : [],
    dependsOn: [],
    parameters: submission.parameters,
    retryStrategy: { attempts: submission.retryStrategy?.attempts ?? 1, evaluateOnExit: [] },
    ...(parts.timeoutSeconds === undefined ? {} : { timeout: { attemptDurationSeconds: parts.timeoutSeconds } }),
    propagateTags: submission.propagateTags ?? false,
    platformCapabilities: [parts.queue.platform === "fargate" ? "FARGATE" : "EC2"],
    tags: Object.fromEntries(job.tags),
    container,
  };
}
