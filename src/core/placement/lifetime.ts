import type { Billing } from "../../model/offer.js";
import type { Workload } from "../../model/workload.js";

/** Time beyond the timeout that a lease may need to start, to move files and to end. */
export const LIFETIME_MARGIN_MS = 15 * 60_000;

/** The whole lease must be over this long after bind; what is reserved covers it. */
export const maxLifetimeMs = (workload: Pick<Workload, "timeoutMs">): number => workload.timeoutMs + LIFETIME_MARGIN_MS;

/**
 * The lifetime of a lease that other work may follow on: rounded up as it is billed, so that all of what is paid for can be used. Costs nothing
 * more, and the worst case is the same.
 */
export function reusableLifetimeMs(workload: Pick<Workload, "timeoutMs">, billing: Billing, limitMs = Number.POSITIVE_INFINITY): number {
  const neededMs = maxLifetimeMs(workload);
  const billedMs = Math.ceil(Math.max(neededMs, billing.minimumMs) / billing.granularityMs) * billing.granularityMs;
  return Math.max(neededMs, Math.min(billedMs, limitMs));
}
