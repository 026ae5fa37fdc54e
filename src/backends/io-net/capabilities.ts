import { declareCapabilities } from "../../kit/declare-capabilities.js";
import type { Billing } from "../../model/offer.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { ResolvedOptions } from "./options.js";

const HOUR_MS = 3_600_000;

/** Longest time that can be bought at once, hours (deploy schema). */
export const MOST_HOURS = 8_760;

/** Whole hours are bought beforehand, one at least. What comes back of unused time is the configured rule. */
export const billingOf = ({ billing }: ResolvedOptions): Billing => ({
  granularityMs: HOUR_MS,
  minimumMs: billing.minimumHours * HOUR_MS,
  prepaid: true,
  refund: billing.refund === "hours" ? "unused" : "none",
});

/** Hours to buy for a lease that may live for so long. */
export const hoursFor = (lifetimeMs: number, { billing }: ResolvedOptions): number =>
  Math.max(billing.minimumHours, Math.ceil(lifetimeMs / HOUR_MS));

/** What io.net's containers can do, given the options. */
export function ioNetCapabilities(options: ResolvedOptions): Capabilities {
  return declareCapabilities({
    paid: true,
    images: "required",
    // No answer of the API holds an exit code, and whatever exits is started again.
    exitCode: false,
    staging: "wrapper",
    // The one port that is led to; reports carry its address.
    statusPort: options.trafficPort,
    logs: true,
    // Changed in place. Which launch it is configured for can be read back, and its result carries the launch's own proof.
    reuse: options.reuse,
    // Two requests for each lease.
    inspect: { mode: "ids", max: 10 },
    pollMs: { least: 5_000, most: 60_000 },
    // Not documented. A list may lag behind a deployment.
    visibilityMs: 30_000,
    bindMs: 90_000,
    provisionMs: options.provisionMs,
    billing: billingOf(options),
    lifetimeLimitMs: MOST_HOURS * HOUR_MS,
    // The time that was bought runs out by itself: the lifetime, rounded up to what is paid for anyway.
    enforcesLifetime: true,
    trust: { operators: [options.nodePool?.operator ?? "permissionless"], certifications: [], agreements: [], tee: [] },
    // A country is told for each machine, but only claimed.
    countries: "any",
    // Nothing is published for this API; the explorer next to it allows 150 requests in 10 s.
    limits: { concurrency: 8, callsPerSecond: 5 },
    offersTtlMs: 60_000,
  });
}
