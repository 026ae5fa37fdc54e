/**
 * The workload: an immutable, typed description of one finite job. This file holds the **parsed** form, in which
 * every unit is resolved and every default filled; what a caller may write is in `workload-input.ts`.
 */

import type { NanoUsd } from "./money.js";

/**
 * What the data of a workload is, from least to most restricted. Decides which offers may run it
 * (`docs/compliance.md`). The default is `internal`: never on machines of unknown operators.
 */
export const SENSITIVITIES = ["public", "internal", "confidential", "personal", "phi", "pci"] as const;
/** A data class of {@link SENSITIVITIES}. */
export type Sensitivity = (typeof SENSITIVITIES)[number];

/** What kinds of workload there are; each has its own typed part and defaults. */
export const WORKLOAD_KINDS = ["batch", "inference", "training", "rendering", "proving", "simulation"] as const;
/** A kind of {@link WORKLOAD_KINDS}. */
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/** GPUs a workload needs. */
export interface GpuRequest {
  /** Acceptable models as written by the caller, most labels are understood; empty: any model. */
  readonly models: readonly string[];
  readonly count: number;
  /** Least device memory per GPU. A 7 % tolerance is applied when offers are compared (systems report less than nominal). */
  readonly memoryGiB?: number;
  readonly vendor?: "nvidia" | "amd" | "intel";
}

/** What a machine must have. */
export interface ResourceRequest {
  /** Virtual CPUs, may be fractional. */
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  readonly gpu?: GpuRequest;
  /** Absent: any architecture. */
  readonly arch?: "x86_64" | "arm64";
}

/** A file the workload reads. The digest is its identity, the URI a place where it can be found. */
export interface InputRequest {
  /** `file:`, `https:`, `s3:`, `ipfs:`, `ar:` ... whatever a configured artifact store reads. */
  readonly uri: string;
  /** Lower-case hex. When absent it is computed at acceptance for local files and otherwise not checked. */
  readonly sha256?: string;
  /** Bytes. Needed for costs; asked of the store when absent. */
  readonly size?: number;
  /**
   * Where a copy is put, once, before the file is fetched from elsewhere: for files of this machine, and for files that are cheaper to copy once
   * than to fetch several times. Named after the digest. Decided at acceptance, never by the caller.
   */
  readonly stagedUri?: string;
}

/** A file or directory the workload writes. */
export interface OutputRequest {
  /** Where the accepted result is to end up. Absent: it stays where the artifact store keeps it, see `result.outputs`. */
  readonly uri?: string;
  /** A missing optional output is not an error. Default false. */
  readonly optional: boolean;
  /** Public key of age to which the output is encrypted before it leaves the machine. Needs `age` in the image, and a backend with `wrapper` staging. */
  readonly encryptTo?: string;
}

/** What the workload's data demands of whoever handles it. */
export interface DataRequest {
  readonly sensitivity: Sensitivity;
  /** ISO 3166-1 alpha-2 codes or the sets `EU`, `EEA`, `ADEQUATE`. Empty: anywhere the class allows. */
  readonly residency: readonly string[];
  /** Certifications the operator must hold, such as `iso27001`, `soc2`. */
  readonly certifications: readonly string[];
  /** Agreements the caller must have with the operator, such as `dpa`, `baa`. */
  readonly agreements: readonly string[];
  /** Trusted execution environments of which one is needed, such as `tdx`, `sev-snp`, `nvidia-cc`. Empty: none needed. */
  readonly tee: readonly string[];
  /** The caller's basis for sending personal data outside the EEA and adequate countries, such as `scc`. */
  readonly transferBasis?: string;
}

/** A reference to a secret, resolved at bind and never stored or logged: `env:NAME` or whatever the scheduler's `secrets` option understands. */
export type SecretReference = string;

/** How a private image is pulled. */
export interface RegistryLogin {
  readonly server: string;
  readonly username: string;
  readonly password: SecretReference;
}

/** How the command saves its progress, so that a successor need not begin anew. */
export interface CheckpointRequest {
  /** Directory in which the command writes its checkpoints, and finds the latest one when it is resumed. */
  readonly path: string;
  /** Time between checkpoints. Absent: Young's interval from the node's hazard and the cost of one checkpoint. */
  readonly everyMs?: number;
  /** Time that writing one checkpoint costs. Default 10 s. */
  readonly costMs: number;
  /** Time that restoring one costs. Default 30 s. */
  readonly restoreMs: number;
  readonly sizeBytes: number;
}

/** How sure the caller wants to be that the accepted result is right. */
export type VerificationRequest =
  | { readonly kind: "none" }
  | {
      readonly kind: "quorum";
      /** Accepted probability that the winner is wrong, in (0, 0.5). Default 0.001. */
      readonly maxErrorProbability: number;
      /** Most results to buy before giving up. Default 7. */
      readonly maxReplicas: number;
    }
  | { readonly kind: "custom"; readonly name: string; readonly options: unknown };

/** The part that only one kind of workload has. `fan` tells which member of a fan-out this workload is. */
export interface FanMember {
  readonly index: number;
  readonly of: number;
  /** For people: `frame 12`, `seed 7`, `shard 3/8`. */
  readonly label: string;
}

/** One finite job, parsed. */
export interface Workload {
  readonly kind: WorkloadKind;
  readonly name?: string;
  /** Container image. Absent: the command runs on the backend's own machine image or as a plain process. */
  readonly image?: string;
  /** The argument vector; never passed through a shell. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Environment variable name -> secret reference. */
  readonly secrets: Readonly<Record<string, SecretReference>>;
  /** `trusted`: offers whose operator is known or attested. `any`: the caller accepts that any host may read them. */
  readonly secretsTo: "trusted" | "any";
  readonly registry?: RegistryLogin;
  readonly resources: ResourceRequest;
  /** Path in the container, or relative to the working directory of a plain process -> what to put there. */
  readonly inputs: Readonly<Record<string, InputRequest>>;
  /** Path of a file or directory the command writes -> where it goes. */
  readonly outputs: Readonly<Record<string, OutputRequest>>;
  readonly data: DataRequest;
  /** Time on a machine of speed 1, without set-up. A guess is fine: it decides costs, not limits. */
  readonly expectedDurationMs: number;
  /** The command is ended after this time and the attempt fails with WORKLOAD_TIMED_OUT. */
  readonly timeoutMs: number;
  /** Wanted completion: so long after acceptance, or at a point in time. Never kills work that is paid for. */
  readonly deadline?: { readonly afterMs: number } | { readonly atMs: number };
  /** The run fails with START_DEADLINE_EXCEEDED if no attempt is running by then. */
  readonly startWithinMs?: number;
  /** `interactive` work has somebody waiting: the policy prices its waiting much higher. */
  readonly latency: "interactive" | "batch";
  /** Country or region code to which network distance matters. */
  readonly near?: string;
  /** May run on capacity that the seller can take back. */
  readonly interruptible: boolean;
  readonly checkpoint?: CheckpointRequest;
  /** Cap on everything the run may cost: attempts, replicas, egress, minimum billing. */
  readonly maxCost?: NanoUsd;
  /** What one wrong accepted result would cost the caller, in USD. Chooses the amount of verification. */
  readonly valueAtRiskUsd?: number;
  /** Larger is sooner. Default 0. */
  readonly priority: number;
  /** Whose workload this is; leases are never shared between tenants. */
  readonly tenant?: string;
  readonly verification: VerificationRequest;
  readonly labels: Readonly<Record<string, string>>;
  /** Backend kind -> options that this backend alone understands and validates. */
  readonly backendOptions: Readonly<Record<string, unknown>>;
  /** What the kind adds: model and precision, frames, seeds ... kept for labels and results; the engine does not read it. */
  readonly task: Readonly<Record<string, unknown>>;
  readonly fan?: FanMember;
}
