import type { Capabilities } from "../spec/capabilities.js";

/** What only the author knows. */
type Essential = "paid" | "images" | "exitCode" | "staging" | "billing" | "trust" | "countries";

/** The author's part of the capabilities; everything that is left out gets a careful default. */
export type CapabilityChoices = Pick<Capabilities, Essential> & Partial<Omit<Capabilities, Essential>>;

/**
 * Completes capabilities with defaults that are right, if slow, for any platform:
 *
 * | capability | default | change it when |
 * |---|---|---|
 * | `logs`, `reuse` | `false` | the backend has the verb |
 * | `affinity` | `any` | leases die with the process that made them |
 * | `inspect` | ids, 50 a call | the platform has a batch call of another size, or lists everything in one sweep |
 * | `pollMs` | 2 s to 60 s | the platform's limits or the usual length of the work say otherwise |
 * | `visibilityMs` | 30 s | a new lease is known to show at once (0), or later |
 * | `bindMs` | 60 s | a market needs its bid window |
 * | `provisionMs` | 15 min | machines come faster or slower |
 * | `enforcesLifetime` | `false` | the platform itself ends a lease at `launch.maxLifetimeMs` |
 * | `limits` | 8 verbs at once, 5 calls a second | published limits |
 * | `offersTtlMs` | 60 s | prices move faster, or hardly ever |
 */
export function declareCapabilities(choices: CapabilityChoices): Capabilities {
  return {
    logs: false,
    reuse: false,
    affinity: "any",
    inspect: { mode: "ids", max: 50 },
    pollMs: { least: 2_000, most: 60_000 },
    visibilityMs: 30_000,
    bindMs: 60_000,
    provisionMs: 15 * 60_000,
    enforcesLifetime: false,
    limits: { concurrency: 8, callsPerSecond: 5 },
    offersTtlMs: 60_000,
    ...choices,
  };
}
