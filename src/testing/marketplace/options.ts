import type { Billing, OfferedResources, PlaceFacts, TrustFacts } from "../../model/offer.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { Launch } from "../../spec/launch.js";
import type { FaultPlan } from "../faults/fault-plan.js";
import type { FaultPort } from "../faults/fault-port.js";
import type { FaultRates } from "../faults/fault-rates.js";
import type { Range } from "../range.js";

/**
 * One seller of the simulated market and the nature of its nodes. A {@link Range} is drawn once per node, seeded.
 * Everything here is the *truth*; what offers claim may differ, see `claimedSpeed` and `claimedHazardPerHour`.
 */
export interface ProviderSpec {
  /** `[a-z][a-z0-9-]*`. Nodes are called `sim-<name>-<number>`. */
  readonly name: string;
  /** How many nodes. Default 1. */
  readonly nodes?: number;
  /** How many operators share the nodes, in turn; `"unknown"`: offers do not say who runs the machine. Default: one per node. */
  readonly operators?: number | "unknown";
  /** Default: `permissionless`, nothing certified. */
  readonly trust?: Partial<TrustFacts>;
  /** Place, or places the nodes take in turn. Default: country `US`, merely claimed. */
  readonly place?: PlaceFacts | readonly PlaceFacts[];
  /** Default: 4 cpu, 16 GiB memory, 100 GiB disk, x86_64. */
  readonly resources?: Partial<OfferedResources>;
  /** Launches a node takes at the same time. Default 1. */
  readonly capacity?: number;
  /** Base price of a node. Default 0.10. */
  readonly usdPerHour?: Range;
  readonly usdPerLaunch?: number;
  readonly egressUsdPerGB?: number;
  /** The seller may take the machine back. Default false. */
  readonly interruptible?: boolean;
  /** Offers show the node before bind. Default true; otherwise it becomes known once the command runs. */
  readonly showsNode?: boolean;
  /** Work per time, relative to the reference machine. Default 1. In `process` mode only slowness shows, as later reports. */
  readonly speed?: Range;
  /** Speed that offers state. Default: the truth. */
  readonly claimedSpeed?: Range;
  /** Time from bind to the command running, ms. Default 1,000 to 5,000. */
  readonly startMs?: Range;
  /** Share of launches that start ten times as slowly. Default 0. */
  readonly slowStartShare?: number;
  /** Share of launches that never start. Default 0. */
  readonly neverStartShare?: number;
  /** Share of launches whose machine fails to become ready and says so. Default 0. */
  readonly failedStartShare?: number;
  /** Deaths of a node per hour of being up. Default 0. */
  readonly hazardPerHour?: Range;
  /** Hazard that offers state. Default: not stated. */
  readonly claimedHazardPerHour?: Range;
  /** How long nodes live: memoryless, or heavy-tailed (Lomax, shape 1.5: many die young, some live long). Same mean. Default `exponential`. */
  readonly lifetimes?: "exponential" | "heavy-tailed";
  /** Mean time a dead node stays away, ms. Default 10 minutes. */
  readonly downMs?: number;
  /** Share of deaths that nobody announces. Default 0. */
  readonly silentDeathShare?: number;
  /** How long a silently dead node is still reported as before, ms; then `unknown` for as long again, then `gone`. Default 30 s. */
  readonly silentMs?: Range;
  /** Reclaims per hour of lease (`PREEMPTED`). Default 0. */
  readonly reclaimsPerHour?: number;
  /** Probability that a launch's outputs are corrupted. Default 0. */
  readonly wrongShare?: Range;
  /** Liars of the same group corrupt the same outputs in the same way, so that their results agree. Default: every liar lies differently. */
  readonly collusion?: string;
  /** Share of time in which others occupy a node. Default 0. */
  readonly busyShare?: number;
}

/** What a virtual job does. */
export interface VirtualJob {
  /** Work, as time on a machine of speed 1, ms. */
  readonly durationMs: number;
  /** Default 0. */
  readonly exitCode?: number;
  /** Path as declared by the launch, or below a declared directory -> content. Text is UTF-8. */
  readonly outputs?: Readonly<Record<string, Uint8Array | string>>;
  /** Lines on stdout, spread evenly over the run. */
  readonly logs?: readonly string[];
}

/** Faults between the caller and the market, on top of the nature of its nodes. */
export interface MarketplaceFaults {
  /** Drawn faults of calls. */
  readonly rates?: FaultRates;
  /** Scripted faults of launches and calls. */
  readonly plan?: FaultPlan;
  /** Somebody else's decisions; asked last. */
  readonly port?: FaultPort;
  /** Share of single reports and findings that are `unknown`. Default 0. */
  readonly unknownShare?: number;
  /** Share of status reports that step back a phase. Default 0. */
  readonly lyingStatusShare?: number;
  /** Share of firm offers that are withdrawn when they are to be bound (`OFFER_EXPIRED`), and of bids that come 1.2 to 2 times dearer than listed. Default 0. */
  readonly priceMoveShare?: number;
  /** How much later than what they speak of reports come, ms. Default 0. */
  readonly reportLagMs?: Range;
  /** How long ending a lease takes after it was asked for, ms. Default 0. */
  readonly releasePendingMs?: Range;
  /** Outages of the whole market per hour, and their mean length. Default 0, 60 s. */
  readonly outagesPerHour?: number;
  readonly outageMs?: number;
}

/** Options of `marketplace()`. Everything follows from `seed` and the providers. */
export interface MarketplaceOptions {
  /** Default `"0"`. */
  readonly seed?: string;
  /** Backend id. Default: the kind. */
  readonly id?: string;
  /** Default `marketplace`. */
  readonly kind?: string;
  readonly providers: readonly ProviderSpec[];
  /** `firm`: offers are bound at their price. `indicative`: nodes bid inside `bind`. Default `firm`. */
  readonly binding?: "firm" | "indicative";
  /** How long bids are gathered, ms. Default 3,000. */
  readonly bidWindowMs?: number;
  /** Probability that a fitting node bids in time. Default 0.8. */
  readonly bidShare?: number;
  /** Validity of offers and bids. Default 60 s. */
  readonly offersTtlMs?: number;
  /** Standard deviation of the logarithm of a node's price over time. Default 0.1. */
  readonly priceVolatility?: number;
  /** How often prices change. Default 60 s. */
  readonly priceEveryMs?: number;
  /** Default: per second, no minimum, paid afterwards. */
  readonly billing?: Partial<Billing>;
  /** Dead nodes are billed until their lease is released. Default false. */
  readonly billsDeadNodes?: boolean;
  /** How long after a release the charge becomes final, ms. Default 0. */
  readonly finalChargeMs?: number;
  /** `virtual`: jobs only take time. `process`: the command really runs as a child process of this machine. Default `virtual`. */
  readonly execute?: "virtual" | "process";
  /**
   * `native`: the market moves files. `wrapper`, only with `execute: "process"`: it starts containers and nothing else. What exits is started again on
   * an empty disk until the lease is released, exit codes are not told, and scripted durations and exit codes have no effect. Default `native`.
   */
  readonly staging?: "native" | "wrapper";
  /** With `wrapper` staging: each launch's first container is killed after so long and started again, ms. Default: never. */
  readonly restartAfterMs?: number;
  /** Default: {@link VirtualJob} from the launch's environment, see `defaultVirtualJob`. Only in `virtual` mode. */
  readonly virtualJob?: (launch: Launch) => VirtualJob;
  /** Where `process` mode makes its directories. Default: the system's folder for temporary files. */
  readonly workFolder?: string;
  /** Answers take so long, ms. Default 0. */
  readonly latencyMs?: Range;
  /** Longest time a fresh lease may be missing from answers, and an ended one still be listed, ms; drawn per lease. Default 0. */
  readonly visibilityMs?: number;
  /** The market ends leases at `launch.maxLifetimeMs`. Default true. */
  readonly enforcesLifetime?: boolean;
  /** Calls per second beyond which it answers `BACKEND_RATE_LIMITED`. Default: no limit. */
  readonly maxCallsPerSecond?: number;
  /**
   * Changes of the declared capabilities, for tests of what the engine does with them. With `statusPort` reports on running leases name that port of this machine
   * as their endpoint, whichever lease has opened it.
   */
  readonly capabilities?: Partial<
    Pick<Capabilities, "statusPort" | "images" | "pollMs" | "bindMs" | "provisionMs" | "limits" | "inspect" | "affinity" | "logs" | "reuse">
  >;
  readonly faults?: MarketplaceFaults;
}
