import { declareCapabilities } from "../../kit/declare-capabilities.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { ResolvedOptions } from "./options.js";

const DAY_MS = 24 * 3_600_000;

/** Compute Engine bills by the second and at least a minute. The rule was not re-read for this version. */
export const BILLING = { granularityMs: 1_000, minimumMs: 60_000, prepaid: false, refund: "none" } as const;

/** Longest time that Batch lets a job run (its quotas page). */
export const MAX_RUN_MS = 14 * DAY_MS;

/** What Batch can do, given the options. */
export function gcpBatchCapabilities(options: ResolvedOptions, country: string | undefined): Capabilities {
  return declareCapabilities({
    paid: true,
    images: "required",
    exitCode: true,
    staging: "wrapper",
    // Cloud Logging has the output, under a read quota that is too small to follow many jobs.
    logs: false,
    // One listing answers for all leases; see `inspect-leases.ts` for few.
    inspect: { mode: "sweep" },
    // With 10,000 leases a sweep is 20 pages: far below 15,000 reads a minute, and an end is seen within half a minute.
    pollMs: { least: 10_000, most: 30_000 },
    // Not documented. A listing may lag behind a creation.
    visibilityMs: 30_000,
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
