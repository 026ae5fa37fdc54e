import type { BackendConformanceSetup, ConformanceLimits } from "./setup.js";

const HOUR_MS = 3_600_000;

/** The setup's limits with every default filled in. */
export function resolveLimits({ limits = {}, capabilities }: BackendConformanceSetup, isVirtual: boolean): Required<ConformanceLimits> {
  return {
    bindMs: capabilities.bindMs,
    startMs: capabilities.provisionMs,
    runMs: 60_000,
    releaseMs: 300_000,
    answerMs: 30_000,
    abortMs: 1_000,
    observeMs: isVirtual ? HOUR_MS : 300,
    lifetimeMs: isVirtual ? HOUR_MS / 2 : 2_000,
    lifetimeSlackMs: isVirtual ? 60_000 : 5_000,
    ...limits,
  };
}
