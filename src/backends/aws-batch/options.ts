import { z } from "zod";
import { secretOption } from "../../kit/validation.js";
import type { Secret } from "../../model/secret.js";
import { INSTANCES } from "./list-prices.js";

/** Where Batch writes what commands print, unless a definition says otherwise. */
export const DEFAULT_LOG_GROUP = "/aws/batch/job";

/** The part of the SDK's client that is used. A `BatchClient` of `@aws-sdk/client-batch` fits as it is. */
export interface AwsBatchClient {
  /** Sends a command, as the SDK's client does. */
  send(command: object, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>;
  /** Frees the client's sockets. */
  destroy?(): void;
}

/** What runs behind a queue. Batch itself does not say, so the caller does. */
export interface AwsBatchQueue {
  /** Name or ARN of the job queue. Unique within the backend. */
  readonly queue: string;
  /** Platform of the queue's compute environments. EKS and managed-instance queues are not supported. */
  readonly platform: "ec2" | "fargate";
  /** `spot`: Amazon may take the machine back. */
  readonly purchase: "spot" | "on-demand";
  /** Default `x86_64`. */
  readonly arch?: "x86_64" | "arm64";
  /** EC2 only. The GPU that every machine behind the queue has: a job asks for a number of GPUs, the queue decides the model. Such a queue takes GPU work only. */
  readonly gpu?: { readonly model: string; readonly memoryGiB?: number };
  /**
   * EC2 only, needed there. The largest machine behind the queue, whose price is shared among the jobs on it. For an instance type that is known
   * (see the backend's docs page) everything but `usdPerHour` follows from `type`; and `usdPerHour` too, on demand in us-east-1.
   */
  readonly instance?: {
    readonly type?: string;
    readonly vcpus?: number;
    readonly memoryMiB?: number;
    readonly gpus?: number;
    readonly usdPerHour?: number;
  };
  /** EC2 only. Share of a paid machine that does work, above 0 and at most 1: the rest is boot, idle tail and unfilled slots. Default 0.7. */
  readonly utilisation?: number;
  /** Fargate only. Default on demand in us-east-1: the list price; elsewhere and for spot it must be stated. */
  readonly usdPerVcpuHour?: number;
  /** Fargate only; as for `usdPerVcpuHour`. */
  readonly usdPerGiBHour?: number;
  /** Where stated prices come from, such as `spot history 2026-11-20`. Default `configured`. */
  readonly priceSource?: string;
  /** Largest job that the queue takes. Default: the largest machine, or the largest size of Fargate. */
  readonly limits?: { readonly vcpus?: number; readonly memoryMiB?: number; readonly diskMiB?: number };
  /** Needed exactly if the queue has a fair-share policy. Up to 255 letters and digits. */
  readonly shareIdentifier?: string;
  /** Fair-share queues: 0 to 9,999. Default: what the queue says. */
  readonly schedulingPriority?: number;
  /** ARN of the role that commands run under. Default none. */
  readonly jobRoleArn?: string;
  /** ARN of the role by which images are pulled and logs written. Needed for Fargate. */
  readonly executionRoleArn?: string;
  /** Fargate only: a public address, without which images cannot be pulled in public subnets that have no NAT. Default false. */
  readonly assignPublicIp?: boolean;
  /** Log group of the jobs. Default `/aws/batch/job`. */
  readonly logGroup?: string;
  /** Expected time from submission to the running command, ms. Default 60,000 on Fargate, 300,000 on EC2. */
  readonly setupMs?: number;
  /** Expected reclaims per hour; starts the estimate. Default: none stated. */
  readonly hazardPerHour?: number;
}

/** Options of {@link awsBatch}. */
export interface AwsBatchOptions {
  /** The scheduler's name for this backend. Default `aws-batch`. */
  readonly id?: string;
  /** Default: AWS_REGION, then AWS_DEFAULT_REGION. */
  readonly region?: string;
  readonly queues: readonly AwsBatchQueue[];
  /** Default: the SDK's own chain of environment variables, profiles and roles. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string | Secret;
    readonly sessionToken?: string | Secret;
  };
  /** A `BatchClient` of your own, used for every call and never destroyed. Submissions are sent once whatever its retry settings say. */
  readonly client?: AwsBatchClient;
  /** A `CloudWatchLogsClient` of your own, for logs. */
  readonly logsClient?: AwsBatchClient;
  /** Address of the Batch API, for simulators and private endpoints. Default: the region's. */
  readonly endpoint?: string;
  /** Address of the CloudWatch Logs API. Default: `endpoint`, else the region's. */
  readonly logsEndpoint?: string;
  /** Use FIPS endpoints. Default false. */
  readonly useFipsEndpoint?: boolean;
  /** Begins the names of jobs. Letters, digits, `-`, `_`; up to 40. Default `sw-`. Job definitions get it too. */
  readonly namePrefix?: string;
  /** How files get in and out. `wrapper`: the runtime wraps the command in its runner, which fetches and stores. `none`: workloads with files are refused. Default `wrapper`. */
  readonly staging?: "wrapper" | "none";
  /** Registry server -> ARN of the Secrets Manager secret with its login. Batch takes no password, so workloads with a login for other registries are refused. */
  readonly registrySecrets?: Readonly<Record<string, string>>;
  /** ISO 3166-1 alpha-2. Default: the region's country. */
  readonly country?: string;
  /** Certifications that hold for this account and region, on the caller's word, such as `iso27001`. Default none. */
  readonly certifications?: readonly string[];
  /** Agreements with Amazon that cover this account, such as `dpa`, `baa`. Default none. */
  readonly agreements?: readonly string[];
  /** Calls of the Batch API in a second, with bursts of four times that; halved for a minute after a throttle. Default 5: the real limit is not published. */
  readonly callsPerSecond?: number;
  /** Longest time for one call, ms. Default 15,000. */
  readonly requestTimeoutMs?: number;
  /** How long a new job may be missing from answers, ms. Default 30,000. */
  readonly visibilityMs?: number;
  /** How long a job may wait for a machine before the runtime goes elsewhere, ms. Default 900,000. */
  readonly provisionMs?: number;
  /** How long a job may go on waiting once Batch says that there is no capacity, ms. Default 120,000. */
  readonly capacityPatienceMs?: number;
  /** Ask for the queues' state before each list of offers, so that unknown and disabled ones make none. Default true. */
  readonly checkQueues?: boolean;
}

const positive = z.number().positive("must be larger than 0");
const label = z.string().min(1).toLowerCase();
const arn = z.string().regex(/^arn:[\w-]+:[\w-]+:/, "must be an ARN");
const isClient = (value: unknown): value is AwsBatchClient =>
  typeof value === "object" && value !== null && typeof (value as { readonly send?: unknown }).send === "function";
const client = z.custom<AwsBatchClient>(isClient, "must be a client of the AWS SDK, version 3");

/** Schema of one of {@link AwsBatchOptions.queues}, without the rules between its fields. */
export const queueOptions = z.strictObject({
  queue: z
    .string()
    .regex(/^(arn:[\w-]+:batch:[\w-]*:\d*:job-queue\/)?[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/, "must be a job queue's name or ARN"),
  platform: z.enum(["ec2", "fargate"], { error: 'must be "ec2" or "fargate"' }),
  purchase: z.enum(["spot", "on-demand"], { error: 'must be "spot" or "on-demand"' }),
  arch: z.enum(["x86_64", "arm64"]).default("x86_64"),
  gpu: z.strictObject({ model: z.string().min(1), memoryGiB: positive.optional() }).optional(),
  instance: z
    .strictObject({
      type: z.string().min(1).optional(),
      vcpus: positive.optional(),
      memoryMiB: positive.optional(),
      gpus: z.int().min(0).optional(),
      usdPerHour: positive.optional(),
    })
    .optional(),
  utilisation: positive.max(1, "must be at most 1").default(0.7),
  usdPerVcpuHour: positive.optional(),
  usdPerGiBHour: positive.optional(),
  priceSource: z.string().min(1).default("configured"),
  limits: z.strictObject({ vcpus: positive.optional(), memoryMiB: positive.optional(), diskMiB: positive.optional() }).default({}),
  shareIdentifier: z
    .string()
    .regex(/^[A-Za-z0-9]{1,255}$/, "must be up to 255 letters and digits")
    .optional(),
  schedulingPriority: z.int().min(0).max(9_999, "must be from 0 to 9,999").optional(),
  jobRoleArn: arn.optional(),
  executionRoleArn: arn.optional(),
  assignPublicIp: z.boolean().default(false),
  logGroup: z.string().min(1).default(DEFAULT_LOG_GROUP),
  setupMs: positive.optional(),
  hazardPerHour: z.number().min(0, "must not be negative").optional(),
});

const queueSchema = queueOptions.superRefine((queue, context) => {
  const missing = (field: string, message: string): void => context.addIssue({ code: "custom", path: [field], message });
  if (queue.platform === "fargate") {
    if (queue.executionRoleArn === undefined)
      missing("executionRoleArn", "must be given for Fargate: images are pulled and logs written under it");
    if (queue.gpu !== undefined) missing("gpu", "must be left out for Fargate, which has no GPUs");
    if (queue.instance !== undefined) missing("instance", "must be left out for Fargate, which is priced by vCPUs and memory");
    return;
  }
  const known = INSTANCES[queue.instance?.type ?? ""];
  const vcpus = queue.instance?.vcpus ?? known?.vcpus;
  const memoryMiB = queue.instance?.memoryMiB ?? known?.memoryMiB;
  const gpus = queue.instance?.gpus ?? known?.gpus ?? 0;
  if (vcpus === undefined || memoryMiB === undefined)
    missing("instance", "must give `vcpus` and `memoryMiB`, or a `type` that is known, for EC2");
  if (queue.gpu !== undefined && gpus < 1) missing("instance", "must give `gpus` for a queue with `gpu`");
});

/** Checks and completes {@link AwsBatchOptions} except for the id, which every backend has. */
export const awsBatchOptions = z.object({
  region: z.string().min(1, "must not be empty").optional(),
  queues: z
    .array(queueSchema)
    .min(1, "must hold at least one queue")
    .superRefine((queues, context) => {
      queues.forEach(({ queue }, index) => {
        const isAgain = queues.findIndex((other) => queueName(other.queue) === queueName(queue)) < index;
        if (isAgain) context.addIssue({ code: "custom", path: [index, "queue"], message: "must not be named twice" });
      });
    })
    .readonly(),
  credentials: z
    // Not strict: the SDK writes into the objects it is given, and its own providers' hold more.
    .object({ accessKeyId: z.string().min(1), secretAccessKey: secretOption(), sessionToken: secretOption().optional() })
    .optional(),
  client: client.optional(),
  logsClient: client.optional(),
  endpoint: z.url("must be a URL").optional(),
  logsEndpoint: z.url("must be a URL").optional(),
  useFipsEndpoint: z.boolean().default(false),
  namePrefix: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, "must be up to 40 letters, digits, `-` and `_`, the first a letter or digit")
    .default("sw-"),
  staging: z.enum(["wrapper", "none"], { error: 'must be "wrapper" or "none"' }).default("wrapper"),
  registrySecrets: z.record(z.string(), arn).default({}),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be an ISO 3166-1 alpha-2 code in upper case, such as DE")
    .optional(),
  certifications: z.array(label).readonly().default([]),
  agreements: z.array(label).readonly().default([]),
  callsPerSecond: positive.default(5),
  requestTimeoutMs: positive.default(15_000),
  visibilityMs: z.number().min(0, "must not be negative").default(30_000),
  provisionMs: positive.default(15 * 60_000),
  capacityPatienceMs: z
    .number()
    .min(0, "must not be negative")
    .default(2 * 60_000),
  checkQueues: z.boolean().default(true),
});

/** {@link AwsBatchOptions} with all defaults. */
export type ResolvedOptions = z.output<typeof awsBatchOptions>;

/** One of its queues. */
export type ResolvedQueue = ResolvedOptions["queues"][number];

/** The name of a queue, from its name or ARN. */
export const queueName = (queue: string): string => queue.slice(queue.lastIndexOf("/") + 1);
