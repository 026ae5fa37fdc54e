import { LRUCache } from "lru-cache";
import { z } from "zod";
import { defineBackend } from "../../kit/define-backend.js";
import { findEach } from "../../kit/each.js";
import type { Finding, Lease, LeaseRef, LeaseReport, NodeIdentity } from "../../kit/index.js";
import type { SettingReader } from "../../kit/settings.js";
import { parseBackendOptions } from "../../kit/validation.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Backend } from "../../spec/backend.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Placement } from "../../spec/launch.js";
import { awsBatchCapabilities } from "./capabilities.js";
import { createBatchApi } from "./client.js";
import { createDefinitions, definitionFor } from "./job-definition.js";
import { priceOn, sizeOn } from "./job-size.js";
import { createJobs } from "./jobs.js";
import { OPERATOR, offersFor } from "./list-offers.js";
import { createLogReader } from "./logs.js";
import { isFinal, isReleased, type ReportSetting, reportOf } from "./map.js";
import { createJobNames, OUR_REASON } from "./names.js";
import {
  type AwsBatchOptions,
  awsBatchOptions,
  DEFAULT_LOG_GROUP,
  queueName,
  type ResolvedOptions,
  type ResolvedQueue,
} from "./options.js";
import { usableQueues } from "./queues.js";
import { raceSignal } from "./race-signal.js";
import { readReference, referTo } from "./reference.js";
import { submissionFor } from "./submission.js";
import { type JobDetail, type JobSummary, submitted } from "./wire.js";

const KIND = "aws-batch";

/** `backendOptions["aws-batch"]`: there is nothing to choose. */
const workloadOptions = z.object({});

/** For so long a job that has ended by itself is listed until it is released. It costs nothing; Batch itself shows it for a week. */
const LISTED_AFTER_END_MS = 3_600_000;
/** A termination is asked for again when the job goes on for so long. */
const TERMINATE_AGAIN_MS = 60_000;
const REMEMBERED = 10_000;

/**
 * Runs container images as jobs of AWS Batch, on queues that are there: one attempt, one job.
 *
 * Batch knows no token that makes a submission unique, so a submission is sent once, and one whose answer is lost is looked for by name. Job definitions
 * are found by their content. Secrets travel in the job's environment, which whoever may call DescribeJobs can read.
 *
 * Needs `@aws-sdk/client-batch`, and `@aws-sdk/client-cloudwatch-logs` for logs. See `docs/backends/aws-batch.md`.
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
    requirePrices(options, region);
    const api = createBatchApi(id, options, region);
    const jobs = createJobs(id, api);
    const definitions = createDefinitions(api, options.namePrefix);
    const names = createJobNames(options.namePrefix);
    const reader = createLogReader(id, options, region);
    const node: NodeIdentity = { backend: id, operator: OPERATOR };
    const binding = new Map<string, Promise<Lease>>();
    /** Jobs that may not show yet, by name, with the time until when. */
    const recent = new LRUCache<string, { readonly ref: LeaseRef; readonly untilMs: number }>({ max: REMEMBERED });
    /** When the end of a job was last asked for. */
    const terminatedAtMs = new LRUCache<string, number>({ max: REMEMBERED });

    const queueOf = (job: { readonly jobQueue?: string | undefined }, ref?: LeaseRef): ResolvedQueue | undefined => {
      const name = queueName(job.jobQueue ?? (ref === undefined ? "" : (readReference(ref)?.queue ?? "")));
      return options.queues.find(({ queue }) => queueName(queue) === name);
    };

    const recentOf = (name: string, call: CallContext): LeaseRef | undefined => {
      const found = recent.get(name);
      return found !== undefined && call.host.monotonic() < found.untilMs ? found.ref : undefined;
    };

    const settingOf = (job: JobDetail, call: CallContext): ReportSetting => ({
      billing: capabilities.billing,
      nowMs: call.host.now(),
      capacityPatienceMs: options.capacityPatienceMs,
      node,
      fallbackUsdPerHour: fallbackPrice(queueOf(job), region),
    });

    const toRef = (key: string, queue: ResolvedQueue, [first, ...others]: readonly [JobSummary, ...JobSummary[]]): LeaseRef =>
      referTo(id, key, { jobId: first.jobId, queue: queueName(queue.queue), duplicates: others.map(({ jobId }) => jobId) });

    async function take(placement: Placement, call: CallContext): Promise<Lease> {
      const { queue, size, price } = termsOf(placement, call);
      const { key, launch } = placement;
      const name = names.toName(key, call.namespace);
      const body = definitionFor(launch, queue, size, options);
      const parts = {
        jobName: name,
        queue,
        size,
        launch,
        price,
        namespaceId: call.namespace.id,
        endsAtTimeout: options.staging === "none",
      };
      // Whatever Batch refuses in any case is refused before it is asked.
      submissionFor({ ...parts, jobDefinition: "" });
      const [oldest, ...others] = await jobs.named(name, queue.queue, call);
      if (oldest !== undefined) {
        for (const job of others) if (!isFinal(job)) await jobs.terminate(job.jobId, `${OUR_REASON} a second job of the same name`, call);
        return { ref: toRef(key, queue, [oldest]), price, node };
      }
      const jobDefinition = await definitions.arnOf(body, call);
      const job = await api.submit(call, submissionFor({ ...parts, jobDefinition }), submitted).catch((error: unknown) => {
        if (SchedulerError.isInstance(error) && error.code === "BACKEND_REJECTED") definitions.forget(jobDefinition);
        throw error;
      });
      const ref = referTo(id, key, { jobId: job.jobId, queue: queueName(queue.queue) });
      recent.set(name, { ref, untilMs: call.host.monotonic() + options.visibilityMs });
      return { ref, price, node };
    }

    /** Queue, size and price of a placement, as they are now. */
    function termsOf({ offer, launch, priceCapUsdPerHour }: Placement, call: CallContext) {
      const queue = options.queues.find((candidate) => queueName(candidate.queue) === offer.id);
      if (queue === undefined) throw refusal("OFFER_EXPIRED", `the queue "${offer.id}" is not configured any more`);
      if (offer.expiresAtMs <= call.host.now()) throw refusal("OFFER_EXPIRED", "the offer has expired");
      const size = sizeOn(queue, launch.resources);
      if (size === undefined) throw refusal("BACKEND_REJECTED", `the queue "${offer.id}" takes no job of this size`);
      const price = priceOn(queue, size, region);
      if (price.usdPerHour > priceCapUsdPerHour) throw refusal("OFFER_EXPIRED", "the price is above the cap now");
      return { queue, size, price };
    }

    const refusal = (code: "OFFER_EXPIRED" | "BACKEND_REJECTED", what: string): SchedulerError =>
      new SchedulerError(code, `${id} submitted nothing: ${what}.`, { effect: "none", details: { backend: id } });

    /** Everything by the name of this key, on any queue. */
    async function lookUp(key: string, call: CallContext): Promise<Lease | undefined> {
      const name = names.toName(key, call.namespace);
      const found = await Promise.all(options.queues.map(async (queue) => ({ queue, jobs: await jobs.named(name, queue.queue, call) })));
      for (const { queue, jobs: all } of found) {
        const [oldest, ...others] = all;
        if (oldest !== undefined) return { ref: toRef(key, queue, [oldest, ...others]), node };
      }
      const ref = recentOf(name, call);
      return ref === undefined ? undefined : { ref, node };
    }

    /** Ends one job. True once it is over. */
    async function end(jobId: string, job: JobDetail | undefined, name: string, call: CallContext): Promise<boolean> {
      if (job !== undefined && job.jobName !== name) return true;
      if (job !== undefined && isFinal(job)) {
        if (!isReleased(job)) await jobs.tagReleased(job, call);
        return true;
      }
      const nowMs = call.host.monotonic();
      if (nowMs - (terminatedAtMs.get(jobId) ?? Number.NEGATIVE_INFINITY) >= TERMINATE_AGAIN_MS) {
        await jobs.terminate(jobId, `${OUR_REASON} the lease was released`, call);
        terminatedAtMs.set(jobId, nowMs);
      }
      // Batch does not know it: it is over, unless it is so new that it does not show yet.
      return job === undefined && recentOf(name, call) === undefined;
    }

    return {
      async listOffers(demand, call) {
        throwIfAborted(call);
        parseBackendOptions(KIND, workloadOptions, demand.options);
        const queues = options.checkQueues ? await usableQueues(api, id, options, region, call) : options.queues;
        return offersFor(demand, queues, { id, options, region }, call.host);
      },

      async bind(placement, call) {
        throwIfAborted(call);
        parseBackendOptions(KIND, workloadOptions, placement.options);
        const name = names.toName(placement.key, call.namespace);
        const ref = recentOf(name, call);
        if (ref !== undefined) return { ref, node };
        // Two binds of one key: the second waits for the first, and takes its own way if that one fails.
        const other = binding.get(name);
        const lease =
          other &&
          (await raceSignal(
            other.catch(() => undefined),
            call.signal,
          ));
        if (lease !== undefined) return lease;
        const taking = take(placement, call).finally(() => {
          if (binding.get(name) === taking) binding.delete(name);
        });
        binding.set(name, taking);
        return taking;
      },

      async find(intents, call): Promise<readonly Finding[]> {
        throwIfAborted(call);
        return findEach(intents, call, ({ key }) => lookUp(key, call));
      },

      async inspect(leases, call): Promise<readonly LeaseReport[]> {
        throwIfAborted(call);
        if (leases.length === 0) return [];
        const ids = leases.flatMap((ref) => readReference(ref)?.jobId ?? []);
        const found = ids.length === 0 ? new Map<string, JobDetail>() : await jobs.describe(ids, call);
        return leases.map((ref): LeaseReport => {
          const { key } = ref;
          const name = names.toName(key, call.namespace);
          const job = found.get(readReference(ref)?.jobId ?? "");
          if (job !== undefined && job.jobName === name) return { ...reportOf(job, settingOf(job, call)), key };
          // Too new to be seen is not gone.
          if (recentOf(name, call) !== undefined)
            return { kind: "status", key, phase: "pending", node, charge: { amount: 0n, final: false } };
          return { kind: "gone", key };
        });
      },

      async release(lease, _how, call) {
        throwIfAborted(call);
        const name = names.toName(lease.key, call.namespace);
        const reference = readReference(lease) ?? readReference((await lookUp(lease.key, call))?.ref ?? lease);
        if (reference === undefined) return "released";
        const ids = [reference.jobId, ...(reference.duplicates ?? [])];
        const found = await jobs.describe(ids, call);
        const over = await Promise.all(ids.map((jobId) => end(jobId, found.get(jobId), name, call)));
        return over.every(Boolean) ? "released" : "pending";
      },

      async listLeases(call) {
        throwIfAborted(call);
        const sinceMs = call.host.now() - LISTED_AFTER_END_MS;
        const lists = await Promise.all(
          options.queues.map(async (queue) => {
            const all = (await jobs.current(queue.queue, sinceMs, call)).filter(
              (job) => names.toKey(job.jobName, call.namespace) !== undefined,
            );
            const ended = all.filter((job) => isFinal(job) && !isReleased(job)).map(({ jobId }) => jobId);
            // Only the details hold the tags.
            const details = ended.length === 0 ? new Map<string, JobDetail>() : await jobs.describe(ended, call);
            const open = all.filter((job) => !isReleased(details.get(job.jobId) ?? job));
            return [...groupByName(open)].flatMap(([name, [oldest, ...others]]) => {
              const key = names.toKey(name, call.namespace);
              return key === undefined || oldest === undefined ? [] : [toRef(key, queue, [oldest, ...others])];
            });
          }),
        );
        return lists.flat();
      },

      logs(lease, call) {
        const jobId = readReference(lease)?.jobId ?? "";
        const name = names.toName(lease.key, call.namespace);
        const look = async (): Promise<JobDetail | undefined> => {
          const job = (await jobs.describe([jobId], call)).get(jobId);
          if (job !== undefined) return job.jobName === name ? job : undefined;
          return recentOf(name, call) === undefined ? undefined : { jobId, jobName: name, status: "SUBMITTED" };
        };
        return reader.follow(look, (job) => queueOf(job, lease)?.logGroup ?? DEFAULT_LOG_GROUP, call);
      },

      async close() {
        api.close();
        reader.close();
      },
    };
  },
});

function groupByName(jobs: readonly JobSummary[]): ReadonlyMap<string, readonly JobSummary[]> {
  const groups = new Map<string, JobSummary[]>();
  for (const job of jobs) groups.set(job.jobName, [...(groups.get(job.jobName) ?? []), job]);
  return groups;
}

function throwIfAborted({ signal }: CallContext): void {
  if (signal.aborted) throw signal.reason;
}

/** A missing price is found when the backend is made, and not with the first offer. */
function requirePrices(options: ResolvedOptions, region: string): void {
  for (const queue of options.queues) priceOn(queue, { vcpus: 1, memoryMiB: 2_048, gpus: 0, diskGiB: 20 }, region);
}

/** For jobs that have lost their price tag: a vCPU and 2 GiB, so that the charge is at least not nothing. */
function fallbackPrice(queue: ResolvedQueue | undefined, region: string): number {
  return queue === undefined ? 0 : priceOn(queue, { vcpus: 1, memoryMiB: 2_048, gpus: 0, diskGiB: 20 }, region).usdPerHour;
}
