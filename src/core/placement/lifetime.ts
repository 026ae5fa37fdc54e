import type { Workload } from "../../model/workload.js";

/** Time beyond the timeout that a lease may need to start, to move files and to end. */
export const LIFETIME_MARGIN_MS = 15 * 60_000;

/** The whole lease must be over this long after bind; what is reserved covers it. */
export const maxLifetimeMs = (workload: Pick<Workload, "timeoutMs">): number => workload.timeoutMs + LIFETIME_MARGIN_MS;
