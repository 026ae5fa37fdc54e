import { z } from "zod";
import { fetchOption } from "../../kit/http/encode.js";
import { secretOption, sizeOption } from "../../kit/validation.js";

/** What one GPU is taken to bring along. The API tells none of it, so it is an assumption about every machine. */
export interface IoNetAssumptions {
  /** CPUs. Default 4. */
  readonly cpuPerGpu?: number;
  /** Memory: `"16GiB"`, or a number of MiB. Default 16 GiB. */
  readonly memoryPerGpu?: string | number;
  /** Disk for image and files: `"40GiB"`, or a number of MiB. Default 40 GiB. */
  readonly diskPerGpu?: string | number;
}

/** What unused time is worth when a deployment is ended early. */
export interface IoNetBilling {
  /**
   * `hours`: unused whole hours come back as credits. `none`: nothing does. Default `hours`, which is pessimistic if io.net refunds by the minute.
   */
  readonly refund?: "hours" | "none";
  /** Least time paid for, hours, whole. Default 1. */
  readonly minimumHours?: number;
}

/** A private pool of machines. */
export interface IoNetNodePool {
  /** Its id, as `GET /node-pools` shows it. */
  readonly id: string;
  /** Who runs its machines. `audited` only if somebody vouches for them. Default `permissionless`. */
  readonly operator?: "audited" | "permissionless";
}

/** Options of `ioNet`. */
export interface IoNetOptions {
  /** The scheduler's name for this backend. Default `io-net`. */
  readonly id?: string;
  /** API key of the project `io-cloud`. Default: `IONET_API_KEY`. */
  readonly apiKey?: string;
  /** Where the API is. Default: `IONET_BASE_URL`, else `https://api.io.solutions`. */
  readonly baseUrl?: string;
  /** Countries to take machines in, ISO 3166-1 alpha-2. They are what io.net claims, and count as no proof. Default: any. */
  readonly countries?: readonly string[];
  /** Deploy to a private pool instead of the market. */
  readonly nodePool?: IoNetNodePool;
  /** See {@link IoNetAssumptions}. */
  readonly assume?: IoNetAssumptions;
  /** See {@link IoNetBilling}. */
  readonly billing?: IoNetBilling;
  /** The one port that io.net leads to from outside; the runner's status page listens on it. Default 8080. */
  readonly trafficPort?: number;
  /**
   * What becomes of `$` in the command: io.net interpolates it there, and doubles stand for one. `double` writes two for each, `keep` writes it as
   * it is, for the day on which io.net stops. Default `double`.
   */
  readonly dollars?: "double" | "keep";
  /**
   * Change an idle deployment in place for the next attempt of the same image, tenant and data class, so that it goes on with the hour that is paid for.
   * That a change starts the container anew is how io.net's guides use it, but nowhere promised: `false` if it turns out otherwise. Default true.
   */
  readonly reuse?: boolean;
  /** Most kinds of hardware that one listing asks about, the cheapest first: each costs a request, and one more for each place. Default 8. */
  readonly mostHardware?: number;
  /** Expected time from the deployment to the running command, ms. Default 180,000. */
  readonly startMs?: number;
  /** How long a deployment may take to start before it counts as without capacity, ms. Default 900,000. */
  readonly provisionMs?: number;
  /** Silence after which the log counts as over, since the stream has no end, ms. Default 60,000. */
  readonly logIdleMs?: number;
  /** Longest time for one request, ms. Default 30,000. */
  readonly timeoutMs?: number;
  /** Most requests begun in any one second. May be a fraction. Default: no limit here; io.net publishes none for this API. */
  readonly callsPerSecond?: number;
  /** Replaces the platform's fetch, for tests and proxies. */
  readonly fetch?: typeof globalThis.fetch;
}

const GIB = 1_024;
const positive = z.number().positive("must be larger than 0");
const port = z.int("must be a whole number").min(1, "must be at least 1").max(65_535, "must be at most 65535");

/** Checks and completes {@link IoNetOptions} except for the id, which every backend has. */
export const ioNetOptions = z.object({
  apiKey: secretOption().optional(),
  baseUrl: z.url("must be an address").optional(),
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/, "must be an ISO 3166-1 alpha-2 code in upper case, such as DE"))
    .min(1, "must not be empty")
    .readonly()
    .optional(),
  nodePool: z
    .strictObject({
      id: z.uuid("must be the id of a node pool"),
      operator: z.enum(["audited", "permissionless"], { error: 'must be "audited" or "permissionless"' }).default("permissionless"),
    })
    .optional(),
  assume: z
    .strictObject({
      cpuPerGpu: positive.default(4),
      memoryPerGpu: sizeOption("memoryPerGpu").default(16 * GIB),
      diskPerGpu: sizeOption("diskPerGpu").default(40 * GIB),
    })
    .prefault({}),
  billing: z
    .strictObject({
      refund: z.enum(["hours", "none"], { error: 'must be "hours" or "none"' }).default("hours"),
      minimumHours: z.int("must be a whole number").min(1, "must be at least 1").default(1),
    })
    .prefault({}),
  trafficPort: port.default(8_080),
  dollars: z.enum(["double", "keep"], { error: 'must be "double" or "keep"' }).default("double"),
  reuse: z.boolean("must be true or false").default(true),
  mostHardware: z.int("must be a whole number").min(1, "must be at least 1").default(8),
  startMs: positive.default(180_000),
  provisionMs: positive.default(900_000),
  logIdleMs: positive.default(60_000),
  timeoutMs: positive.default(30_000),
  callsPerSecond: positive.optional(),
  fetch: fetchOption().optional(),
});

/** {@link IoNetOptions} with defaults; sizes in MiB. */
export type ResolvedOptions = z.output<typeof ioNetOptions>;

/** `backendOptions["io-net"]` of a workload. */
export const workloadOptions = z.object({
  /** Overrides the option of the same name, for an image that serves on another port. */
  trafficPort: port.optional(),
});
