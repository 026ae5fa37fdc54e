import { declareCapabilities } from "../../kit/declare-capabilities.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { ResolvedOptions } from "./options.js";
import { BILLING, VISIBILITY_MS } from "./unverified.js";

const DAY_MS = 24 * 3_600_000;

/** Longest time that Batch lets a job run (its quotas page). */
export const MAX_RUN_MS = 14 * DAY_MS;

/** What Batch can do, given the options. */
export function gcpBatchCapabilities(options: ResolvedOptions, country: string | undefined): Capabilities {
  return declareCapabilities({
    paid: true,
    images: "required",
    exitCode: true,
    staging: "wrapper",
    logs: true,
    // One listing answers for all leases; see `inspect-leases.ts` for few.
    inspect: { mode: "sweep" },
    // With 10,000 leases a sweep is 20 pages of `PAGE_SIZE`, or 100 where the service gives a hundred at most: far below 15,000 reads a
    // minute, and an end is seen within half a minute.
    pollMs: { least: 10_000, most: 30_000 },
    visibilityMs: VISIBILITY_MS,
    bindMs: 60_000,
    provisionMs: options.provisionMs,
    billing: BILLING,
    lifetimeLimitMs: MAX_RUN_MS,
    enforcesLifetime: true,
    trust: { operators: ["single"], certifications: options.certifications, agreements: options.agreements, tee: [] },
    countries: country === undefined ? "any" : [country],
    // 6,000 changes and 15,000 reads a minute and region are allowed.
    limits: { concurrency: 32, callsPerSecond: 50 },
    offersTtlMs: 60_000,
  });
}
