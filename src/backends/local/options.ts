import { z } from "zod";
import { parseMiB } from "../../model/units.js";

/** Options of {@link local}. */
export interface LocalOptions {
  /** The scheduler's name for this backend. Default `local`. */
  readonly id?: string;
  /**
   * What one lease costs, USD per hour, whatever its size. There is no default: machines of one's own are not free, and 0 would win
   * every comparison without anybody having decided so. Say 0 if that is meant.
   */
  readonly usdPerHour: number;
  /**
   * Where leases are kept. Every scheduler process that names the same directory sees the same leases and shares its
   * capacity; it must be on a file system of this machine. Default: a folder of this user and backend id under the
   * system's directory for temporary files.
   */
  readonly directory?: string;
  /**
   * `process`: commands are plain processes. `docker`: they run in containers of the Docker engine that `dockerPath`
   * reaches. Default `process`.
   */
  readonly runtime?: "process" | "docker";
  /**
   * Virtual CPUs to give away. Default: what the machine has, or less where a cgroup limits it. Counted, in `process`
   * mode not enforced.
   */
  readonly cpu?: number;
  /** Memory to give away, such as `"8GiB"`; a number is MiB. Default as for `cpu`. */
  readonly memory?: string | number;
  /** Most leases at a time. Default: as many as CPUs and memory allow. */
  readonly concurrency?: number;
  /**
   * `process` mode only: take workloads that name an image, run their command as a plain process and **ignore the image**.
   * Right only where everything the command needs is installed. Default false: such workloads are refused.
   */
  readonly acceptImages?: boolean;
  /** `docker` mode only: the client. Default `docker`, found in `PATH`. */
  readonly dockerPath?: string;
  /** Between SIGTERM and SIGKILL when a command's time is over, ms. Default 5,000. */
  readonly timeoutGraceMs?: number;
  /** Where this machine stands, on the caller's word: `country` is ISO 3166-1 alpha-2, `region` any name. Default: unknown. */
  readonly place?: { readonly country?: string; readonly region?: string };
  /** Certifications under which this machine is run, such as `iso27001`. Default none. */
  readonly certifications?: readonly string[];
  /** Agreements that cover this machine, such as `dpa`. Default none. */
  readonly agreements?: readonly string[];
}

/** The longest delay that makes sense between SIGTERM and SIGKILL: an hour. */
const MOST_GRACE_MS = 3_600_000;

const label = z.string().min(1).toLowerCase();

/** Checks and completes {@link LocalOptions} except for the id, which every backend has. */
export const localOptions = z.object({
  usdPerHour: z
    .number({ error: "must be stated: what a lease on this machine costs, in USD per hour; 0 only if that is meant" })
    .min(0, "must not be negative"),
  directory: z.string().min(1, "must not be empty").optional(),
  runtime: z.enum(["process", "docker"], { error: 'must be "process" or "docker"' }).default("process"),
  cpu: z.number().positive("must be larger than 0").optional(),
  memory: z
    .union([z.string(), z.number()])
    .transform((value, context) => {
      try {
        return parseMiB(value, "memory", "INVALID_CONFIG");
      } catch {
        context.addIssue({ code: "custom", message: 'must be a size such as "8GiB", or a number of MiB' });
        return z.NEVER;
      }
    })
    .optional(),
  concurrency: z.int().min(1, "must be at least 1").optional(),
  acceptImages: z.boolean().default(false),
  dockerPath: z.string().min(1, "must not be empty").default("docker"),
  timeoutGraceMs: z.number().min(0, "must not be negative").max(MOST_GRACE_MS, "must be at most an hour").default(5_000),
  place: z
    .strictObject({
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, "must be an ISO 3166-1 alpha-2 code in upper case, such as DE")
        .optional(),
      region: z.string().min(1).optional(),
    })
    .default({}),
  certifications: z.array(label).readonly().default([]),
  agreements: z.array(label).readonly().default([]),
});

/** {@link LocalOptions} with all defaults that do not depend on the machine. */
export type ResolvedOptions = z.output<typeof localOptions>;
