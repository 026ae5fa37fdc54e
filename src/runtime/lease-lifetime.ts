import { maxLifetimeMs, reusableLifetimeMs } from "../core/placement/lifetime.js";
import type { Offer } from "../model/offer.js";
import type { Workload } from "../model/workload.js";
import type { EngineContext } from "./engine-context.js";

/** How long a lease opened for a workload may live: as long as the workload needs, or as long as it is paid for where more may follow on it. */
export function leaseLifetimeMs(context: EngineContext, workload: Workload, offer: Offer): number {
  const capabilities = context.rules.capabilities(offer.backend);
  if (capabilities?.reuse !== true || context.rules.warm === undefined) return maxLifetimeMs(workload);
  return reusableLifetimeMs(workload, offer.billing ?? capabilities.billing, capabilities.lifetimeLimitMs);
}
