import { z } from "zod";
import { defineBackend } from "../../kit/define-backend.js";
import { findEach } from "../../kit/each.js";
import type { SettingReader } from "../../kit/settings.js";
import { parseBackendOptions } from "../../kit/validation.js";
import type { Backend } from "../../spec/backend.js";
import type { CallContext } from "../../spec/call-context.js";
import { awsBatchCapabilities } from "./capabilities.js";
import { createBatchApi } from "./client.js";
import { createJobEnder } from "./end-jobs.js";
import { createJobFinder } from "./find-jobs.js";
import { inspectJobs, queueOf } from "./inspect-jobs.js";
import { createJobs } from "./jobs.js";
import { OPERATOR, offersFor } from "./list-offers.js";
import { createLogReader } from "./logs.js";
import { createJobNames } from "./names.js";
import { type AwsBatchOptions, awsBatchOptions, type ResolvedOptions } from "./options.js";
import type { Parts } from "./parts.js";
import { createPriceBook } from "./prices/index.js";
import { DEFAULT_LOG_GROUP } from "./queue-options.js";
import { usableQueues } from "./queues.js";
import { createRecentJobs } from "./recent-jobs.js";
import { readReference } from "./reference.js";
import { createJobTaker } from "./take-jobs.js";
import { createTerminator } from "./terminator.js";
import type { JobDetail } from "./wire.js";

const KIND = "aws-batch";

/** `backendOptions["aws-batch"]`: there is nothing to choose. */
const workloadOptions = z.object({});

/**
 * Runs container images as jobs of AWS Batch, on queues that are there: one attempt, one job.
 *
 * Batch knows no token that makes a submission unique, so a submission is sent once, and one whose answer is lost is looked for by name. Job definitions
 * are found by their content. Secrets travel in the job's environment, which whoever may call DescribeJobs can read.
 *
 * Needs `@aws-sdk/client-batch`, `@aws-sdk/client-cloudwatch-logs` for logs, and for prices that are looked up `@aws-sdk/client-pricing` and `@aws-sdk/client-ec2`. See `docs/backends/aws-batch.md`.
 *
 * @throws INVALID_CONFIG naming the option, and the variable for the region.
 *
 * @example
 * const aws = awsBatch({
 *   region: "us-east-1",
 *   queues: [{ queue: "fargate", platform: "fargate", purchase: "on-demand", executionRoleArn: "arn:aws:iam::123456789012:role/ecsTaskExecution" }],
 * });
 */
export function awsBatch(options: AwsBatchOptions): Backend {
  return define(options);
}

const regionOf = (options: ResolvedOptions, setting: SettingReader): string =>
  setting("region", { option: options.region, env: ["AWS_REGION", "AWS_DEFAULT_REGION"], what: "a region" });

const define = defineBackend({
  kind: KIND,
  options: awsBatchOptions,
  capabilities: (options, { setting }) => awsBatchCapabilities(options, regionOf(options, setting)),
  create(options, { id, setting, capabilities }) {
    const region = regionOf(options, setting);
    const prices = createPriceBook(id, options, region);
    const api = createBatchApi(id, options, region);
    const parts: Parts = {
      id,
      options,
      region,
      capabilities,
      api,
      jobs: createJobs(id, api),
      terminator: createTerminator(id, api),
      names: createJobNames(options.namePrefix),
      prices,
      recent: createRecentJobs(options.visibilityMs),
      node: { backend: id, operator: OPERATOR },
    };
    const taker = createJobTaker(parts);
    const finder = createJobFinder(parts);
    const ender = createJobEnder(parts, finder);
    const reader = createLogReader(id, options, region);
    const { jobs, names, recent } = parts;

    return {
      async listOffers(demand, call) {
        throwIfAborted(call);
        parseBackendOptions(KIND, workloadOptions, demand.options);
        const queues = options.checkQueues ? await usableQueues(api, id, options, region, call) : options.queues;
        return offersFor(demand, queues, parts, call);
      },

      async bind(placement, call) {
        throwIfAborted(call);
        parseBackendOptions(KIND, workloadOptions, placement.options);
        return taker.take(placement, call);
      },

      async find(intents, call) {
        throwIfAborted(call);
        return findEach(intents, call, ({ key }) => finder.find(key, call));
      },

      async inspect(leases, call) {
        throwIfAborted(call);
        return leases.length === 0 ? [] : inspectJobs(leases, parts, call);
      },

      async release(lease, _how, call) {
        throwIfAborted(call);
        return ender.end(lease, call);
      },

      async listLeases(call) {
        throwIfAborted(call);
        return finder.list(call);
      },

      logs(lease, call) {
        const reference = readReference(lease);
        const jobId = reference?.jobId ?? "";
        const name = names.toName(lease.key, call.namespace);
        const look = async (): Promise<JobDetail | undefined> => {
          const job = (await jobs.describe([jobId], call)).get(jobId);
          if (job !== undefined) return job.jobName === name ? job : undefined;
          return recent.find(name, call) === undefined ? undefined : { jobId, jobName: name, status: "SUBMITTED" };
        };
        const groupOf = ({ jobQueue }: JobDetail): string =>
          queueOf(options.queues, jobQueue ?? reference?.queue ?? "")?.logGroup ?? DEFAULT_LOG_GROUP;
        return reader.follow(look, groupOf, call);
      },

      async close() {
        api.close();
        reader.close();
        prices.close();
      },
    };
  },
});

function throwIfAborted({ signal }: CallContext): void {
  if (signal.aborted) throw signal.reason;
}
