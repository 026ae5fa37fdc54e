import type { SubmitJobCommandInput } from "@aws-sdk/client-batch";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Price } from "../../model/offer.js";
import type { Launch } from "../../spec/launch.js";
import type { JobSize } from "./job-size.js";
import { TAGS } from "./names.js";
import type { ResolvedQueue } from "./queue-options.js";

/** Largest SubmitJob (user guide, service limits). */
const MOST_PAYLOAD_BYTES = 30 * 1024;
/** Least timeout that Batch takes (types of `@aws-sdk/client-batch` 3.1138.0). */
const LEAST_TIMEOUT_SECONDS = 60;
/** Between SIGTERM and SIGKILL at the timeout: the ECS agent's default. Taken off the timeout, so that the bill ends with the lifetime. */
const STOP_TIMEOUT_SECONDS = 30;

/** Begins variables that Batch sets itself and refuses to take. */
const RESERVED_VARIABLES = "AWS_BATCH";

/** Labels that go along as tags, in the charset and length that AWS takes. Most tags on a job: 50. */
const TAG = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const MOST_LABELS = 40;

export interface SubmissionParts {
  readonly jobName: string;
  readonly jobDefinition: string;
  readonly queue: ResolvedQueue;
  readonly size: JobSize;
  readonly launch: Launch;
  readonly price: Price;
  readonly namespaceId: string;
  /** Nobody inside the container ends the command at its timeout. */
  readonly endsAtTimeout: boolean;
}

/**
 * The request for one job: one attempt, with a timeout by which Batch ends it though every scheduler process is gone.
 *
 * @throws UNSUPPORTED_WORKLOAD for an environment that Batch refuses, before anything is sent.
 */
export function submissionFor(parts: SubmissionParts): SubmitJobCommandInput {
  const { queue, size, launch } = parts;
  const input: SubmitJobCommandInput = {
    jobName: parts.jobName,
    jobQueue: queue.queue,
    jobDefinition: parts.jobDefinition,
    containerOverrides: {
      command: [...launch.argv],
      environment: environmentOf(launch),
      resourceRequirements: [
        { type: "VCPU", value: String(size.vcpus) },
        { type: "MEMORY", value: String(size.memoryMiB) },
        ...(size.gpus > 0 ? [{ type: "GPU" as const, value: String(size.gpus) }] : []),
      ],
    },
    retryStrategy: { attempts: 1 },
    timeout: { attemptDurationSeconds: timeoutSeconds(launch, parts.endsAtTimeout) },
    propagateTags: true,
    tags: tagsOf(parts),
    ...(queue.shareIdentifier === undefined ? {} : { shareIdentifier: queue.shareIdentifier }),
    ...(queue.schedulingPriority === undefined ? {} : { schedulingPriorityOverride: queue.schedulingPriority }),
  };
  const bytes = Buffer.byteLength(JSON.stringify(input), "utf8");
  if (bytes <= MOST_PAYLOAD_BYTES) return input;
  throw new SchedulerError(
    "UNSUPPORTED_WORKLOAD",
    `aws-batch takes ${MOST_PAYLOAD_BYTES} bytes of command, environment and secrets together, and these are ${bytes}. Hand over large values as input files.`,
    { details: { field: "env", bytes } },
  );
}

/** From the lifetime, less the time that stopping takes. Counts from the command's start, while waiting costs nothing. */
export function timeoutSeconds({ maxLifetimeMs, timeoutMs }: Pick<Launch, "maxLifetimeMs" | "timeoutMs">, endsAtTimeout: boolean): number {
  const lifetime = Math.floor(maxLifetimeMs / 1000) - STOP_TIMEOUT_SECONDS;
  const wanted = endsAtTimeout ? Math.min(lifetime, Math.ceil(timeoutMs / 1000)) : lifetime;
  return Math.max(LEAST_TIMEOUT_SECONDS, wanted);
}

function environmentOf({ env, secrets }: Launch): { name: string; value: string }[] {
  const all = [...Object.entries(env), ...Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()] as const)];
  const names = new Map(all);
  for (const [name, value] of names) {
    if (name.startsWith(RESERVED_VARIABLES)) throw refused(name, `variables that begin with ${RESERVED_VARIABLES} belong to Batch`);
    if (name === "" || name.includes("=") || name.includes("\0"))
      throw refused(name, "the name of a variable is neither empty nor holds `=`");
    if (value.includes("\0")) throw refused(name, "no value can hold a null character");
  }
  return [...names].map(([name, value]) => ({ name, value }));
}

function refused(name: string, why: string): SchedulerError {
  return new SchedulerError(
    "UNSUPPORTED_WORKLOAD",
    `aws-batch cannot set the variable "${name.slice(0, 60)}": ${why}. Rename or drop it.`,
    {
      details: { field: "env" },
    },
  );
}

function tagsOf({ launch, namespaceId, price }: SubmissionParts): Record<string, string> {
  const labels = Object.entries(launch.labels)
    .filter(([name, value]) => name.length <= 128 && value.length <= 256 && TAG.test(name) && TAG.test(value) && !/^aws:/i.test(name))
    .slice(0, MOST_LABELS);
  return {
    ...Object.fromEntries(labels),
    [TAGS.namespace]: namespaceId,
    [TAGS.key]: launch.key,
    [TAGS.usdPerHour]: String(price.usdPerHour),
  };
}
