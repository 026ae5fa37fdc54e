import type { Billing } from "../../model/offer.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { ResolvedOptions } from "./options.js";

/** Open time is the bill, to the millisecond. */
export const BILLING: Billing = { granularityMs: 1, minimumMs: 0, prepaid: false, refund: "none" };

/** Facts about the caller's own machine change with every lease, so what was said of it is soon old. */
const OFFERS_TTL_MS = 2_000;
const MINUTE_MS = 60_000;

/** What this machine can do. */
export function localCapabilities(options: ResolvedOptions): Capabilities {
  const docker = options.runtime === "docker";
  return {
    paid: false,
    images: docker ? "required" : options.acceptImages ? "optional" : "none",
    exitCode: true,
    staging: "native",
    logs: true,
    reuse: false,
    affinity: "any",
    inspect: { mode: "ids", max: 1_000 },
    pollMs: { least: 20, most: 2_000 },
    visibilityMs: 0,
    bindMs: 10_000,
    // Inputs, and images, may be large.
    provisionMs: docker ? 30 * MINUTE_MS : 10 * MINUTE_MS,
    billing: BILLING,
    charges: "reported",
    enforcesLifetime: true,
    trust: { operators: ["self"], certifications: options.certifications, agreements: options.agreements, tee: [] },
    countries: options.place.country === undefined ? "any" : [options.place.country],
    limits: { concurrency: 64, callsPerSecond: 1_000 },
    offersTtlMs: OFFERS_TTL_MS,
  };
}
