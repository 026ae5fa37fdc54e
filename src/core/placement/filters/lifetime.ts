import { formatDuration } from "../../../model/units.js";
import type { Workload } from "../../../model/workload.js";
import type { Capabilities } from "../../../spec/capabilities.js";
import type { WarmOffer } from "../types.js";
import { type Denial, denial } from "./denial.js";

/** A backend that ends its leases before the workload's timeout could cut the work off. */
export function livesLongEnough(workload: Workload, capabilities: Capabilities): Denial | undefined {
  const limit = capabilities.lifetimeLimitMs;
  if (limit === undefined || workload.timeoutMs <= limit) return undefined;
  return denial("lifetime", `the timeout is ${formatDuration(workload.timeoutMs)}; leases end after ${formatDuration(limit)}`);
}

/** A warm lease is taken over only if the work, at its longest, is over before the time that is paid for. */
export function warmLongEnough(workload: Workload, warm: WarmOffer, nowMs: number): Denial | undefined {
  const leftMs = warm.paidUntilMs - nowMs;
  if (workload.timeoutMs <= leftMs) return undefined;
  return denial(
    "lifetime",
    `the timeout is ${formatDuration(workload.timeoutMs)}; the open lease is paid for ${formatDuration(leftMs)} more`,
  );
}
