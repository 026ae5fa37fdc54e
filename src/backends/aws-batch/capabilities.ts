import { declareCapabilities } from "../../kit/declare-capabilities.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { ResolvedOptions } from "./options.js";
import { REGION_COUNTRIES } from "./regions.js";

/** Ids that one DescribeJobs takes (types of `@aws-sdk/client-batch` 3.1138.0). */
export const MOST_DESCRIBED = 100;

/** The country that offers are in, if it is known. */
export const countryOf = (options: ResolvedOptions, region: string): string | undefined => options.country ?? REGION_COUNTRIES[region];

/** What AWS Batch can do with these options. */
export function awsBatchCapabilities(options: ResolvedOptions, region: string): Capabilities {
  const country = countryOf(options, region);
  return declareCapabilities({
    paid: true,
    images: "required",
    exitCode: true,
    staging: options.staging,
    logs: true,
    inspect: { mode: "ids", max: MOST_DESCRIBED },
    // A new job changes within a minute; 10,000 that run are 100 calls a sweep, 3.3 calls a second at 30 s.
    pollMs: { least: 5_000, most: 30_000 },
    visibilityMs: options.visibilityMs,
    bindMs: 60_000,
    provisionMs: options.provisionMs,
    // Both Fargate and Linux machines are billed by the second, and for a minute at least.
    billing: { granularityMs: 1_000, minimumMs: 60_000, prepaid: false, refund: "none" },
    charges: "reported",
    // Fargate jobs are not promised more than 14 days.
    ...(options.queues.every(({ platform }) => platform === "fargate") ? { lifetimeLimitMs: 14 * 86_400_000 } : {}),
    enforcesLifetime: true,
    trust: { operators: ["single"], certifications: options.certifications, agreements: options.agreements, tee: [] },
    countries: country === undefined ? "any" : [country],
    limits: { concurrency: 16, callsPerSecond: Math.max(1, options.callsPerSecond) },
    // Prices stay for longer; what may change is a queue's state.
    offersTtlMs: 5 * 60_000,
  });
}
