/** What a caller may write in every kind of workload. The parsed form is `Workload`; the schemas are in `common-schema.ts`. */

import type { CheckpointRequest, Sensitivity } from "../workload.js";

/** `"20m"`, `"1h30m"`, `"90s"`, `"250ms"`, `"2d"`, or a number of milliseconds. */
export type DurationInput = string | number;

/** `"8GiB"` (1024-based), `"8GB"` (1000-based), `"512MiB"`, or a number of MiB. */
export type SizeInput = string | number;

/** `"$2.50"`, `"2.50 USD"`, or a number of US dollars. */
export type UsdInput = string | number;

/** A GPU model or several acceptable ones as labels (`"l4"`, `["l4", "a10"]`), or the long form. */
export type GpuInput =
  | string
  | readonly string[]
  | {
      /** Acceptable models; most sellers' and drivers' labels are understood. Absent: any. */
      readonly model?: string | readonly string[];
      /** GPUs on one machine. Default 1. */
      readonly count?: number;
      /** Least memory per GPU, such as `"24GiB"`. */
      readonly memory?: SizeInput;
      readonly vendor?: "nvidia" | "amd" | "intel";
    };

/** Resources as a caller writes them. */
export interface ResourcesInput {
  /** Virtual CPUs, may be fractional. The default depends on the kind. */
  readonly cpu?: number;
  /** The default depends on the kind. */
  readonly memory?: SizeInput;
  /** Scratch space. The default depends on the kind. */
  readonly disk?: SizeInput;
  readonly gpu?: GpuInput;
  /** Absent: any. */
  readonly arch?: "x86_64" | "arm64";
}

/** A URI, or a local path where no scheme is written; or with what is known about the file. */
export type FileInput =
  | string
  | {
      readonly uri: string;
      /** Hex. Checked before the command starts. */
      readonly sha256?: string;
      /** Bytes, or a size such as `"3GiB"`. */
      readonly size?: SizeInput;
    };

/** Where a result goes (URI or local path), or the long form; `{}` leaves it where the artifact store keeps it. */
export type OutputInput =
  | string
  | {
      readonly uri?: string;
      /** A missing optional output is not an error. Default false. */
      readonly optional?: boolean;
      /** Public key of age (`age1…`) to which this output is encrypted before it leaves the machine. Needs `age` in the image. Default: that of `data`. */
      readonly encryptTo?: string;
    };

/** A data class, or the class with its conditions. */
export type DataInput =
  | Sensitivity
  | {
      /** Default `internal`: never on machines of unknown operators. */
      readonly sensitivity?: Sensitivity;
      /** ISO 3166-1 alpha-2 codes, or `EU`, `EEA`, `ADEQUATE`. Absent: anywhere the class allows. */
      readonly residency?: string | readonly string[];
      /** Such as `iso27001`, `soc2`. */
      readonly certifications?: string | readonly string[];
      /** Such as `dpa`, `baa`. */
      readonly agreements?: string | readonly string[];
      /** Trusted execution environments of which one is needed: `tdx`, `sev-snp`, `nvidia-cc` ... */
      readonly tee?: string | readonly string[];
      /** The basis for sending personal data outside the EEA and adequate countries, such as `scc`. */
      readonly transferBasis?: string;
      /** Public key of age (`age1…`) to which all outputs are encrypted before they leave the machine. Needs `age` in the image. */
      readonly encryptTo?: string;
    };

/** The checkpoint directory, or with what checkpoints cost. */
export type CheckpointInput =
  | string
  | {
      readonly path: CheckpointRequest["path"];
      /** Absent: derived from the node's hazard and the cost of one checkpoint. */
      readonly every?: DurationInput;
      /** Time that writing one costs. Default 10 s. */
      readonly cost?: DurationInput;
      /** Time that restoring one costs. Default 30 s. */
      readonly restore?: DurationInput;
      /** Default 1 GiB. A number is bytes. */
      readonly size?: SizeInput;
    };

/** Verification as a caller writes it; `"quorum"` stands for its defaults. */
export type VerificationInput =
  | "none"
  | "quorum"
  | { readonly kind: "none" }
  | {
      readonly kind: "quorum";
      /** In (0, 0.5). Default 0.001. */
      readonly maxErrorProbability?: number;
      /** 2 to 99. Default 7. */
      readonly maxReplicas?: number;
    }
  | { readonly kind: "custom"; readonly name: string; readonly options?: unknown };

/** The fields that workloads of every kind share, as a caller writes them. */
export interface CommonInput {
  /** For people: lists, events, receipts. */
  readonly name?: string;
  /** Container image. Absent: the command runs as a plain process. */
  readonly image?: string;
  /** The argument vector; never passed through a shell. */
  readonly command: readonly string[];
  /** Environment of the command, on top of nothing. Never put secrets here: it is stored. */
  readonly env?: Readonly<Record<string, string | number | boolean>>;
  /** Environment variable -> reference such as `env:HF_TOKEN`, resolved at bind, never stored. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Default `trusted`: only to operators that are known or attested. */
  readonly secretsTo?: "trusted" | "any";
  /** Login for a private image. `password` is a secret reference. */
  readonly registry?: { readonly server: string; readonly username: string; readonly password: string };
  readonly resources?: ResourcesInput;
  /** Path in the container (or relative to the working directory) -> file to put there. */
  readonly inputs?: Readonly<Record<string, FileInput>>;
  /** Path of a file or directory the command writes -> where it goes. */
  readonly outputs?: Readonly<Record<string, OutputInput>>;
  readonly data?: DataInput;
  /** Guess of the time on an ordinary machine; decides costs, not limits. The default depends on the kind. */
  readonly expectedDuration?: DurationInput;
  /** The command is ended after this time. Default: 3 x expectedDuration, at least 10 minutes. */
  readonly timeout?: DurationInput;
  /** Wanted completion: a duration from acceptance, a Date, or a time such as `"2026-11-24T18:00:00Z"`. Never kills paid work. */
  readonly deadline?: DurationInput | Date;
  /** The run fails if nothing runs within this time of acceptance. */
  readonly startWithin?: DurationInput;
  /** `interactive`: somebody is waiting. Default `batch`. */
  readonly latency?: "interactive" | "batch";
  /** Country or region code to which network distance matters. */
  readonly near?: string;
  /** May run on capacity that the seller can take back. Default: true, except for interactive work and training without checkpoints. */
  readonly interruptible?: boolean;
  readonly checkpoint?: CheckpointInput;
  /** Cap on everything: attempts, replicas, egress, minimum billing. In a fan-out: for all members together. */
  readonly maxCost?: UsdInput;
  /** What one wrong accepted result would cost you. */
  readonly valueAtRisk?: UsdInput;
  /** Larger is sooner, -1000 to 1000. Default 0. */
  readonly priority?: number;
  /** Whose workload this is; leases are never shared between tenants. */
  readonly tenant?: string;
  /** Default `none`; a policy may ask for more on machines it does not trust. */
  readonly verification?: VerificationInput;
  /** Up to 64 short strings for your own lists and filters. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Backend kind -> options that this backend alone understands. Plain JSON. */
  readonly backendOptions?: Readonly<Record<string, unknown>>;
  /** Machines that work together on one run. Only 1 is supported by this version. */
  readonly nodes?: number;
}
