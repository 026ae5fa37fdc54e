import type { Billing, OperatorClass } from "../model/offer.js";

/**
 * What a backend is and can do, as data. Core and runtime branch on these, never on a backend's name. A capability
 * that is declared must pass its conformance clauses; one that is not declared is never used.
 */
export interface Capabilities {
  /** Uses cost real money. Such a backend runs only under a cap and with a durable store (or `allowVolatile`). */
  readonly paid: boolean;
  /** Runs container images. Otherwise the command is a plain process. */
  readonly images: "required" | "optional" | "none";
  /** The exit code in reports is the command's own and can be trusted as far as the node can. */
  readonly exitCode: boolean;
  /**
   * How files get in and out. `native`: the backend fetches `launch.inputs` itself and implements `collect`.
   * `sidecar`: it runs helper containers with the launch's URLs. `wrapper`: the command is wrapped by the runner.
   * `none`: neither inputs nor outputs.
   */
  readonly staging: "native" | "sidecar" | "wrapper" | "none";
  /**
   * With `wrapper` staging: port of the container that the platform makes reachable, and whose address reports carry as `endpoint`. The runner
   * answers there how far it is. Absent: none.
   */
  readonly statusPort?: number;
  readonly logs: boolean;
  /** An open lease can run another attempt (`start`). */
  readonly reuse: boolean;
  /** `process`: leases cannot be taken up by another process, so recovery ends them instead of going on. */
  readonly affinity: "any" | "process";
  /** How `inspect` wants to be asked: up to `max` refs a call, or one call that sweeps everything whatever the number. */
  readonly inspect: { readonly mode: "ids"; readonly max: number } | { readonly mode: "sweep" };
  /** Polling interval the runtime keeps between these bounds, adapting to how soon a change is expected. */
  readonly pollMs: { readonly least: number; readonly most: number };
  /** How long after a successful bind the lease may still be missing from `find`, `inspect` and `listLeases`. */
  readonly visibilityMs: number;
  /** How long `bind` may take, and how long the platform may take to start the command before it counts as no capacity. */
  readonly bindMs: number;
  readonly provisionMs: number;
  readonly billing: Billing;
  /** `reported`: reports carry charges, and the final one comes after the release. Absent: the runtime meters open time by price and billing. */
  readonly charges?: "reported";
  /** Longest life of a lease that the *backend* enforces without us; absent: it enforces none. */
  readonly lifetimeLimitMs?: number;
  /** True when the backend ends a lease at `launch.maxLifetimeMs` by itself, even if every scheduler process is gone. */
  readonly enforcesLifetime: boolean;
  /** Ranges of the offers it makes, so that a workload can be kept away before the backend hears of it. */
  readonly trust: {
    readonly operators: readonly OperatorClass[];
    readonly certifications: readonly string[];
    readonly agreements: readonly string[];
    readonly tee: readonly string[];
  };
  /** Countries of its offers with a contractual or audited proof; `any` when it may be anywhere or is unknown. */
  readonly countries: readonly string[] | "any";
  /** Most verbs running at the same time, and most calls in a second. */
  readonly limits: { readonly concurrency: number; readonly callsPerSecond: number };
  /** How long offers stay valid when they do not say otherwise. */
  readonly offersTtlMs: number;
  /** Does no work of its own: the runtime may describe it as such wherever it shows. */
  readonly simulated?: boolean;
}
