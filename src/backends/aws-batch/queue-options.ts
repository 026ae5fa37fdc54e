import { z } from "zod";
import { INSTANCES } from "./prices/list-prices.js";

/** Where Batch writes what commands print, unless a definition says otherwise. */
export const DEFAULT_LOG_GROUP = "/aws/batch/job";

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
  /** EC2 spot with `prices`: the zones that the queue's machines can be in, such as `us-east-1a`; the dearest one's price counts. Default: every zone of the region. */
  readonly zones?: readonly string[];
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

const positive = z.number().positive("must be larger than 0");
const arn = z.string().regex(/^arn:[\w-]+:[\w-]+:/, "must be an ARN");

/** Schema of one of `AwsBatchOptions.queues`, without the rules between its fields. */
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
  zones: z.array(z.string().min(1)).readonly().default([]),
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

/** {@link queueOptions} with the rules between its fields. */
export const queueSchema = queueOptions.superRefine((queue, context) => {
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

/** A queue with all defaults. */
export type ResolvedQueue = z.output<typeof queueSchema>;

/** The name of a queue, from its name or ARN. */
export const queueName = (queue: string): string => queue.slice(queue.lastIndexOf("/") + 1);
