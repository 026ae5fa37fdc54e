import { z } from "zod";
import { sizeOption } from "../../kit/validation.js";
import type { BatchClient } from "./batch-client.js";

/** GPUs of a {@link GcpBatchShape}. */
export interface GcpBatchGpu {
  /** Google's name of the accelerator: `nvidia-l4`, `nvidia-tesla-t4`, `nvidia-tesla-a100`, `nvidia-a100-80gb`, `nvidia-h100-80gb` ... */
  readonly type: string;
  readonly count: number;
  /** Memory of each. Default: what the GPU table knows of the type. */
  readonly memoryGiB?: number;
  /** Whether they are attached to the machine. Default: true for N1 machine types; the others come with theirs, which must not be named again. */
  readonly attach?: boolean;
}

/** One kind of machine that jobs may be placed on. Each becomes an offer. */
export interface GcpBatchShape {
  /** Name of the offer. Default `<machineType>-<provisioning>`. Must be unique. */
  readonly name?: string;
  /** Such as `n4-standard-2` or `g2-standard-4`. */
  readonly machineType: string;
  /** `spot` machines may be taken back at any time (exit code 50001); `standard` ones are not. */
  readonly provisioning: "spot" | "standard";
  /** vCPUs of the machine. The job asks for all of them, so that it has the machine to itself. */
  readonly cpu: number;
  /** Memory of the machine: `"16GiB"`, or a number of MiB. */
  readonly memory: string | number;
  /** Size of the boot disk, on which the container's files lie: `"50GiB"`, or a number of MiB. Default 30 GiB. */
  readonly disk?: string | number;
  readonly gpu?: GcpBatchGpu;
  /** Default `x86_64`; `t2a`, `c4a`, `n4a` and `a4x` machines are `arm64`. */
  readonly arch?: "x86_64" | "arm64";
  /** Price of the whole machine with its disk and GPUs, USD per hour. There is no default: see `docs/backends/gcp-batch.md` for where to look. */
  readonly usdPerHour: number;
  /** Expected reclaims per hour of a spot machine; a prior that estimates improve on. */
  readonly hazardPerHour?: number;
  /** Zones of the location to which the machine is confined, such as `us-central1-a`. Default: any zone of it. */
  readonly zones?: readonly string[];
  /** Boot disk type. Default: Batch's own choice. C4, N4 and newer machines take Hyperdisk only: `hyperdisk-balanced`. */
  readonly bootDiskType?: string;
  /** Boot disk image: `batch-cos`, `batch-debian`, or a full path. Default: Batch's own choice. */
  readonly bootDiskImage?: string;
  /** More `docker run` options, such as `--shm-size=8g`. Default none. */
  readonly containerOptions?: string;
  /** More bind mounts, such as `/var/lib/nvidia/lib64:/usr/local/nvidia/lib64`. Default none. */
  readonly containerVolumes?: readonly string[];
}

/** Where machines are attached. */
export interface GcpBatchNetwork {
  /** `global/networks/<name>` or a full path. */
  readonly network?: string;
  /** `regions/<region>/subnetworks/<name>` or a full path. */
  readonly subnetwork?: string;
  /** Default true. Without one the subnetwork needs Private Google Access, else the job fails for want of a reporting agent. */
  readonly externalIp?: boolean;
}

/** Options of {@link gcpBatch}. */
export interface GcpBatchOptions {
  /** The scheduler's name for this backend. Default `gcp-batch`. */
  readonly id?: string;
  /** Project that runs and pays the jobs. Default: `GOOGLE_CLOUD_PROJECT`. */
  readonly project?: string;
  /** Region of jobs and machines, such as `us-central1`. One backend serves one region: make another for the next. Default: `GOOGLE_CLOUD_LOCATION`. */
  readonly location?: string;
  /** The machines to offer. At least one. */
  readonly shapes: readonly GcpBatchShape[];
  /** Service account that the machines run as. Default: the project's Compute Engine default account. */
  readonly serviceAccount?: string;
  readonly network?: GcpBatchNetwork;
  /** Labels of jobs, machines and disks, beside those that this backend sets. Lower-case keys and values of at most 63 characters. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Batch's own order among the project's waiting jobs, 0 to 99. Default 0. */
  readonly priority?: number;
  /** Cuts containers off from the network outside. The runner then cannot move files, so use it for commands without inputs and outputs only. Default false. */
  readonly blockExternalNetwork?: boolean;
  /** Country of the region, ISO 3166-1 alpha-2. Default: known for the public regions. */
  readonly country?: string;
  /** Certifications that cover the project, as you have verified, such as `soc2`. Default none. */
  readonly certifications?: readonly string[];
  /** Agreements with Google that cover the project, such as `dpa`, `baa`. Default none. */
  readonly agreements?: readonly string[];
  /** Where the configured prices come from; shows on offers. Default `configured`. */
  readonly priceSource?: string;
  /** The day on which the prices were looked up, `YYYY-MM-DD`; shows on offers. */
  readonly pricedOn?: string;
  /** Price of traffic that leaves Google, USD per GB. Default 0.12 (premium tier, first TB; public guides of 2026). */
  readonly egressUsdPerGB?: number;
  /** Expected time from submission to the running command, ms. Default 120,000. */
  readonly bootMs?: number;
  /**
   * How long a job may wait for a machine before the attempt counts as without capacity, ms. Batch itself lets jobs wait for two days, whether
   * stock or quota is missing. Default 900,000.
   */
  readonly provisionMs?: number;
  /** A service account key. Default: Application Default Credentials. */
  readonly keyFilename?: string;
  /** More options for the client that is made, as `@google-cloud/batch` describes them. */
  readonly clientOptions?: Readonly<Record<string, unknown>>;
  /** A client of your own instead. It is not closed with the backend. */
  readonly client?: BatchClient;
  /** Address of the Cloud Logging API. Default `https://logging.googleapis.com`, or that of `clientOptions.universeDomain`; with an `apiEndpoint` of your own: none, and then no logs. */
  readonly loggingEndpoint?: string;
}

/** Boot disk when a shape does not say: Batch's images need about 30 GB, and little is left for files (fact sheet, Batch's default). */
const DEFAULT_DISK_MIB = 30 * 1024;

/** Google's rule for labels: lower case, digits, `-` and `_`, a key begins with a letter, 63 characters. */
const LABEL_KEY = /^[a-z][a-z0-9_-]{0,62}$/;
const LABEL_VALUE = /^[a-z0-9_-]{0,63}$/;

const text = z.string().min(1, "must not be empty");

const shape = z.strictObject({
  name: text.max(100, "must not be longer than 100 characters").optional(),
  machineType: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)+$/, "must be a machine type such as n4-standard-2"),
  provisioning: z.enum(["spot", "standard"], { error: 'must be "spot" or "standard"' }),
  cpu: z.number().positive("must be larger than 0"),
  memory: sizeOption("memory"),
  disk: sizeOption("disk").default(DEFAULT_DISK_MIB),
  gpu: z
    .strictObject({
      type: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be an accelerator type such as nvidia-l4"),
      count: z.int().min(1, "must be at least 1"),
      memoryGiB: z.number().positive("must be larger than 0").optional(),
      attach: z.boolean().optional(),
    })
    .optional(),
  arch: z.enum(["x86_64", "arm64"]).optional(),
  usdPerHour: z
    .number({ error: "must be stated: the price of the whole machine in USD per hour" })
    .positive("must be larger than 0: the machine is not free"),
  hazardPerHour: z.number().min(0, "must not be negative").optional(),
  zones: z.array(text).readonly().optional(),
  bootDiskType: text.optional(),
  bootDiskImage: text.optional(),
  containerOptions: text.optional(),
  containerVolumes: z.array(text).readonly().default([]),
});

const isClient = (value: unknown): value is BatchClient =>
  typeof value === "object" && value !== null && "createJob" in value && typeof value.createJob === "function";

/** Checks and completes {@link GcpBatchOptions} except for the id, which every backend has. */
export const gcpBatchOptions = z.object({
  project: z
    .string()
    .regex(/^[a-z][a-z0-9.:-]{4,62}$/, "must be a project id such as acme-jobs")
    .optional(),
  location: z
    .string()
    .regex(/^[a-z]+-[a-z]+\d+$/, "must be a region such as us-central1, not a zone")
    .optional(),
  shapes: z
    .array(shape)
    .min(1, "must hold at least one shape")
    .superRefine((shapes, context) => {
      const names = shapes.map(shapeName);
      const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
      if (twice >= 0)
        context.addIssue({ code: "custom", path: [twice, "name"], message: "is the name of an earlier shape: give it another" });
    })
    .readonly(),
  serviceAccount: z
    .string()
    .regex(/^[^@\s]+@[^@\s]+$/, "must be the address of a service account")
    .optional(),
  network: z.strictObject({ network: text.optional(), subnetwork: text.optional(), externalIp: z.boolean().default(true) }).optional(),
  labels: z
    .record(
      z.string().regex(LABEL_KEY, "must be lower case, begin with a letter and have at most 63 characters"),
      z.string().regex(LABEL_VALUE, "must be lower case and have at most 63 characters"),
    )
    .default({}),
  priority: z.int().min(0, "must be at least 0").max(99, "must be at most 99").optional(),
  blockExternalNetwork: z.boolean().default(false),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be an ISO 3166-1 alpha-2 code in upper case, such as DE")
    .optional(),
  certifications: z.array(text.toLowerCase()).readonly().default([]),
  agreements: z.array(text.toLowerCase()).readonly().default([]),
  priceSource: text.default("configured"),
  pricedOn: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, "must be a day such as 2026-11-22")
    .optional(),
  egressUsdPerGB: z.number().min(0, "must not be negative").default(0.12),
  bootMs: z.number().positive("must be larger than 0").default(120_000),
  provisionMs: z.number().positive("must be larger than 0").default(900_000),
  keyFilename: text.optional(),
  clientOptions: z.record(z.string(), z.unknown()).optional(),
  client: z.custom<BatchClient>(isClient, "must be a BatchServiceClient of @google-cloud/batch").optional(),
  loggingEndpoint: z.url("must be a URL").optional(),
});

/** {@link GcpBatchOptions} with defaults. */
export type ResolvedOptions = z.output<typeof gcpBatchOptions>;
/** {@link GcpBatchShape} with defaults; sizes in MiB. */
export type ResolvedShape = z.output<typeof shape>;

/** The name of a shape, which is also its offer's id. */
export const shapeName = (of: {
  readonly name?: string | undefined;
  readonly machineType: string;
  readonly provisioning: string;
}): string => of.name ?? `${of.machineType}-${of.provisioning}`;

/** A secret's version in Secret Manager, as the service reads it. */
const SECRET_VERSION = /^projects\/[^/]+\/secrets\/[^/]+\/versions\/[^/]+$/;

/** `backendOptions["gcp-batch"]` of a workload. */
export const workloadOptions = z.object({
  /** Environment variables that Batch fills from Secret Manager: name to `projects/<p>/secrets/<s>/versions/<v>`. Their values never pass through spillway. */
  secretVariables: z
    .record(z.string(), z.string().regex(SECRET_VERSION, "must be projects/<project>/secrets/<secret>/versions/<version>"))
    .optional(),
});
