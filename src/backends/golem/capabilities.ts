import { declareCapabilities } from "../../kit/declare-capabilities.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { ResolvedOptions } from "./options.js";

/** Usage is counted by the second, and nothing is charged beside it but the start. */
export const BILLING = { granularityMs: 1_000, minimumMs: 0, prepaid: false, refund: "none" } as const;

/** What the Golem Network can do, given the options. */
export function golemCapabilities(options: ResolvedOptions): Capabilities {
  const { nodes } = options;
  return declareCapabilities({
    paid: true,
    images: "required",
    exitCode: true,
    // No node can be reached from outside, and few may reach out: files go through the daemon.
    staging: "native",
    logs: true,
    // The SDK's thread holds what a rental needs; no other process can take it up.
    affinity: "process",
    // One request to the daemon on this machine for each.
    inspect: { mode: "ids", max: 25 },
    pollMs: { least: 1_000, most: 15_000 },
    // What was agreed is in the daemon's own database.
    visibilityMs: 0,
    // Health, allocation, bids, and a few answers of providers to the agreement.
    bindMs: options.firstBidMs + options.bidWindowMs + 120_000,
    provisionMs: options.deployMs + 5 * 60_000,
    billing: BILLING,
    charges: "reported",
    lifetimeLimitMs: options.mostLifetimeMs,
    // The agreement names its end, and a provider whose debit notes are no longer accepted leaves sooner.
    enforcesLifetime: true,
    trust: {
      operators: [nodes?.operator ?? "permissionless"],
      certifications: nodes?.certifications ?? [],
      agreements: nodes?.agreements ?? [],
      tee: [],
    },
    countries: nodes?.country === undefined ? "any" : [nodes.country],
    // The daemon keeps its books in one SQLite file, which many rentals at once lock up.
    limits: { concurrency: 16, callsPerSecond: 20 },
    offersTtlMs: 60_000,
  });
}
