import { declareCapabilities } from "../../kit/declare-capabilities.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { ResolvedOptions } from "./options.js";

const HOUR_MS = 3_600_000;
/** Time for looking around, taking a bid and sending its manifest again, beside the waits that are options. */
const REST_MS = 90_000;

/** The runtime limit exists, and no lease is taken without it. */
export const requiresLimit = ({ runtimeLimit, contract }: ResolvedOptions): boolean => runtimeLimit === "require" && contract === "2026-09";

/** Hours of the runtime limit for a lease that may live for so long, or nothing where it is not asked for. */
export function limitHoursFor(lifetimeMs: number, { runtimeLimit, contract, mostHours }: ResolvedOptions): number | undefined {
  if (runtimeLimit === "off" || contract === "2026-08") return undefined;
  const hours = Math.max(1, Math.ceil(lifetimeMs / HOUR_MS));
  // A limit below the lifetime would cut work off; a longer one cannot be asked for at once.
  return hours <= mostHours ? hours : undefined;
}

/** What Akash's leases can do, given the options. */
export function akashCapabilities(options: ResolvedOptions): Capabilities {
  return declareCapabilities({
    paid: true,
    images: "required",
    // No answer holds an exit code, what exits is started again, and a command sent into a container proves nothing.
    exitCode: false,
    staging: "wrapper",
    statusPort: options.statusPort,
    logs: true,
    // One request for each lease, which the Console passes on to the provider.
    inspect: { mode: "ids", max: 10 },
    pollMs: { least: 5_000, most: 60_000 },
    // A transaction is in a block, six seconds or so, before the answer comes; the pages behind it may lag.
    visibilityMs: 30_000,
    bindMs: options.bidLimitMs + 2 * options.transactionMs + REST_MS,
    provisionMs: options.provisionMs,
    // By the block. The escrow that is locked beside it comes back.
    billing: { granularityMs: options.blockMs, minimumMs: 0, prepaid: false, refund: "none" },
    charges: "reported",
    // Whole hours, so that a lease may end up to an hour after its lifetime: that is a limit, but not the lifetime's enforcement.
    ...(requiresLimit(options) ? { lifetimeLimitMs: options.mostHours * HOUR_MS } : {}),
    enforcesLifetime: false,
    trust: {
      operators: options.auditors.length === 0 ? ["permissionless"] : ["audited", "permissionless"],
      certifications: [],
      agreements: [],
      tee: [],
    },
    countries: "any",
    // None is published.
    limits: { concurrency: 8, callsPerSecond: 5 },
    offersTtlMs: 60_000,
  });
}
