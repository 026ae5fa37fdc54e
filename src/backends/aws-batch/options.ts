import { z } from "zod";
import { secretOption } from "../../kit/validation.js";
import type { Secret } from "../../model/secret.js";
import { type AwsBatchPriceApi, priceApiOptions } from "./prices/options.js";
import { type AwsBatchQueue, queueName, queueSchema } from "./queue-options.js";
import { type AwsBatchClient, clientOption } from "./sdk-client.js";

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
  /**
   * Where prices come from. `configured`: from {@link AwsBatchOptions.queues} and the built-in list. `api`, or an object with its settings: looked up with
   * these credentials, on demand in the Pricing API (`@aws-sdk/client-pricing`), on spot in the spot price history (`@aws-sdk/client-ec2`); what is
   * configured then only serves where that fails, and the offer says so. Default `configured`.
   */
  readonly prices?: "configured" | "api" | AwsBatchPriceApi;
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
  client: clientOption.optional(),
  logsClient: clientOption.optional(),
  endpoint: z.url("must be a URL").optional(),
  logsEndpoint: z.url("must be a URL").optional(),
  // Nothing: as configured.
  prices: z.preprocess((prices) => (prices === "configured" ? undefined : prices === "api" ? {} : prices), priceApiOptions.optional()),
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
