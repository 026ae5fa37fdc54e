import { z } from "zod";
import { clientFailure } from "./failure.js";

// What requests must look like. Written from the service's documentation, not from our backend.

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
const keyValue = z.object({ name: z.string().min(1), value: z.string().default("") });
const requirement = z.object({ type: z.enum(["VCPU", "MEMORY", "GPU"]), value: z.string().regex(/^\d+(\.\d+)?$/) });
const tags = z
  .record(z.string().min(1).max(128), z.string().max(256))
  .refine((all) => Object.keys(all).length <= 50, "more than 50 tags")
  .refine((all) => !Object.keys(all).some((name) => /^aws:/i.test(name)), "aws: is reserved for tags of AWS");
const retryStrategy = z.object({ attempts: z.int().min(1).max(10).default(1) });
const timeout = z.object({ attemptDurationSeconds: z.int().min(60, "attemptDurationSeconds must be at least 60") });

const containerProperties = z.object({
  image: z.string().min(1).max(255),
  command: z.array(z.string()).default([]),
  environment: z.array(keyValue).default([]),
  resourceRequirements: z.array(requirement),
  executionRoleArn: z.string().optional(),
  jobRoleArn: z.string().optional(),
  logConfiguration: z.object({ logDriver: z.string(), options: z.record(z.string(), z.string()).default({}) }).optional(),
  networkConfiguration: z.object({ assignPublicIp: z.enum(["ENABLED", "DISABLED"]) }).optional(),
  runtimePlatform: z
    .object({ operatingSystemFamily: z.string().optional(), cpuArchitecture: z.enum(["X86_64", "ARM64"]).optional() })
    .optional(),
  ephemeralStorage: z.object({ sizeInGiB: z.int().min(21).max(200) }).optional(),
  privileged: z.boolean().optional(),
});

export const registerJobDefinition = z.object({
  jobDefinitionName: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
  type: z.literal("container"),
  platformCapabilities: z
    .array(z.enum(["EC2", "FARGATE"]))
    .max(1)
    .default(["EC2"]),
  containerProperties,
  retryStrategy: retryStrategy.optional(),
  timeout: timeout.optional(),
  propagateTags: z.boolean().optional(),
  tags: tags.optional(),
});

export const describeJobDefinitions = z.object({
  jobDefinitionName: z.string().optional(),
  jobDefinitions: z.array(z.string()).max(100).optional(),
  status: z.enum(["ACTIVE", "INACTIVE"]).optional(),
  maxResults: z.int().min(1).optional(),
  nextToken: z.string().optional(),
});

export const submitJob = z.object({
  jobName: z.string().regex(NAME, "jobName must be up to 128 letters, digits, hyphens and underscores, and begin with a letter or digit"),
  jobQueue: z.string().min(1),
  jobDefinition: z.string().min(1),
  containerOverrides: z
    .strictObject({
      command: z.array(z.string()).optional(),
      environment: z.array(keyValue).default([]),
      resourceRequirements: z.array(requirement).default([]),
    })
    .optional(),
  timeout: timeout.optional(),
  retryStrategy: retryStrategy.optional(),
  tags: tags.default({}),
  propagateTags: z.boolean().optional(),
  shareIdentifier: z
    .string()
    .regex(/^[A-Za-z0-9]{1,255}$/)
    .optional(),
  schedulingPriorityOverride: z.int().min(0).max(9_999).optional(),
  parameters: z.record(z.string(), z.string()).default({}),
});

export const describeJobs = z.object({ jobs: z.array(z.string()).max(100, "at most 100 jobs can be described in one request") });
export const listJobs = z.object({
  jobQueue: z.string().min(1),
  jobStatus: z.enum(["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"]).default("RUNNING"),
  filters: z
    .array(
      z.object({
        name: z.enum(["JOB_NAME", "JOB_DEFINITION", "BEFORE_CREATED_AT", "AFTER_CREATED_AT"]),
        values: z.array(z.string()).min(1),
      }),
    )
    .max(1, "only one filter can be used at a time")
    .default([]),
  maxResults: z.int().min(1).optional(),
  nextToken: z.string().optional(),
});
export const endJob = z.object({ jobId: z.string().min(1), reason: z.string().min(1).max(1024) });
export const endJobs = z.object({ jobs: z.array(z.string()).min(1).max(50), reason: z.string().min(1).max(1024) });
export const describeJobQueues = z.object({
  jobQueues: z.array(z.string()).max(100).optional(),
  maxResults: z.int().min(1).optional(),
  nextToken: z.string().optional(),
});
export const tagResource = z.object({ tags });
export const getLogEvents = z.object({
  logGroupName: z.string(),
  logStreamName: z.string(),
  startFromHead: z.boolean().default(false),
  nextToken: z.string().optional(),
  limit: z.int().min(1).max(10_000).default(10_000),
});

export type Submission = z.output<typeof submitJob>;
export type Definition = z.output<typeof registerJobDefinition>;
export type DefinitionQuery = z.output<typeof describeJobDefinitions>;
export type JobQuery = z.output<typeof listJobs>;

/** The request in the form that the schema gives it. @throws a ClientException of the service. */
export function parsed<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw clientFailure(`Error executing request, Exception : ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
}
