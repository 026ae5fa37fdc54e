import type { Sensitivity } from "./workload.js";

/** What a backend has to know about a workload to name prices. Holds nothing that identifies the workload. */
export interface Demand {
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  readonly gpu?: { readonly models: readonly string[]; readonly count: number; readonly memoryGiB?: number; readonly vendor?: string };
  readonly arch?: "x86_64" | "arm64";
  /** True when the work is a container image. */
  readonly image: boolean;
  readonly interruptible: boolean;
  /** Longest time a lease made for this demand may live. */
  readonly maxLifetimeMs: number;
  /** What the caller wrote under `backendOptions[kind]`, validated by the backend. */
  readonly options?: unknown;
}

/**
 * Who runs the machine. `self`: the caller. `single`: one known company under contract. `audited`: an operator whose
 * identity a third party vouches for. `permissionless`: anybody.
 */
export type OperatorClass = "self" | "single" | "audited" | "permissionless";

/** Facts about whom one trusts when taking an offer. Absent means unknown, and unknown never satisfies a requirement. */
export interface TrustFacts {
  readonly operator: OperatorClass;
  /** Certifications of the operator, lower case, from the adapter's dated table. */
  readonly certifications: readonly string[];
  /** Agreements that the *user* declared to have with this operator (only the user knows what was signed). */
  readonly agreements: readonly string[];
  /** Trusted execution environments available on the machine. */
  readonly tee: readonly string[];
}

/** Where the machine is, and how one knows. A merely claimed place counts as unknown for compliance. */
export interface PlaceFacts {
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country?: string;
  /** The seller's own region name. */
  readonly region?: string;
  readonly proof: "contract" | "audited" | "claimed";
}

/** GPUs of an offer. */
export interface OfferedGpu {
  /** As the seller writes it; normalised by the core against the GPU table. */
  readonly label: string;
  readonly count: number;
  readonly memoryGiB?: number;
}

/** What a machine has for one launch. */
export interface OfferedResources {
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  readonly gpu?: OfferedGpu;
  readonly arch?: "x86_64" | "arm64";
}

/** A price per hour of the whole offer (all GPUs and CPUs of it), while the lease is open. */
export interface Price {
  readonly usdPerHour: number;
  /** Fixed cost of each launch, such as a chain transaction or a minimum deposit lost. Default 0. */
  readonly usdPerLaunch?: number;
  /** Price of moving a GB out of the machine and into it, in USD. Default 0. */
  readonly egressUsdPerGB?: number;
  readonly ingressUsdPerGB?: number;
  /**
   * Set when the bill is in a token whose dollar value moves: `annualVolatility` (1.0 = 100 % a year) and the relative
   * spread of buying it. The expected cost carries the spread; the reserved worst case is widened (decision by
   * `core/cost/volatility.ts`).
   */
  readonly settlement?: { readonly asset: string; readonly annualVolatility: number; readonly spread: number };
  /** Where the number comes from, such as `configured` or `spot history 2026-11-20`. For people. */
  readonly source?: string;
}

/** How open time becomes a bill. */
export interface Billing {
  /** Open time is rounded up to this. 1,000 = per second. */
  readonly granularityMs: number;
  /** Least time billed per lease. */
  readonly minimumMs: number;
  /** The whole booked time is paid at bind. */
  readonly prepaid: boolean;
  /** Whether unused prepaid time comes back at release. */
  readonly refund: "none" | "unused";
}

/**
 * A priced, expiring statement that something can run. `firm` offers can be bound as they are; `indicative` ones
 * say what a market is likely to bid, and the binding answer comes inside `bind`.
 */
export interface Offer {
  /** Stable for the same machine or product across listings, unique within the backend. */
  readonly id: string;
  /** The scheduler's id of the backend; the runtime checks it. */
  readonly backend: string;
  /** Who sells; absent when the backend itself is the seller. */
  readonly provider?: string;
  /** Who runs the machine. Absent: unknown, and all unknown operators of one backend count as one. */
  readonly operator?: string;
  /** The concrete machine, if known before bind. */
  readonly node?: string;
  readonly binding: "firm" | "indicative";
  readonly resources: OfferedResources;
  readonly price: Price;
  /** Overrides the backend's billing rules. */
  readonly billing?: Billing;
  /** The seller may take the machine back. */
  readonly interruptible: boolean;
  readonly trust: TrustFacts;
  readonly place: PlaceFacts;
  /** Expected time from bind to the command running, as far as the seller knows. Default 0; estimates improve on it. */
  readonly setupMs?: number;
  /** The seller's or the data sheet's interruptions per hour, used as prior mean. */
  readonly hazardPerHour?: number;
  /** Speed relative to the reference machine on which `expectedDuration` was guessed. Default 1; estimates improve on it. */
  readonly speed?: number;
  /** How many placements this offer takes now. Absent: unknown. */
  readonly capacity?: number;
  /** Most restricted data class this offer may ever see, where the seller limits it. Absent: the trust facts decide alone. */
  readonly maxSensitivity?: Sensitivity;
  readonly expiresAtMs: number;
  /** Set by the runtime alone: the offer is an open lease of the warm pool, at what more it costs to use it. */
  readonly reuses?: { readonly leaseKey: string; readonly paidUntilMs: number };
  /** Whatever the backend needs to bind this offer again later. Plain JSON, no secrets. */
  readonly data?: unknown;
}

/** Who ran an attempt, as far as is known. The path along which estimates are shared. */
export interface NodeIdentity {
  readonly backend: string;
  readonly provider?: string;
  readonly operator?: string;
  readonly node?: string;
}
