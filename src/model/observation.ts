import type { NodeIdentity } from "./offer.js";

/**
 * One fact that estimates learn from. Faults of the workload or the caller never become one.
 *
 * - `launch`: a bind led to a running command (`ok`) or not; `hours` is the time it took.
 * - `uptime`: the lease was up for `hours`; `interrupted` if the seller or the node ended it.
 * - `success`: the attempt ended with a usable result (`ok`), or with a fault of node or backend other than an interruption,
 *   which `uptime` already tells: costs would count it twice.
 * - `speed`: `logRatio` = ln(actual duration / planned duration), planned = `expectedDurationMs` / `offer.speed`; positive is slower.
 * - `check`: a verifier compared the result: `ok` = right, else wrong.
 */
export type Observation = { readonly who: NodeIdentity; readonly gpu?: string; readonly atMs: number } & (
  | { readonly kind: "launch"; readonly ok: boolean; readonly hours: number }
  | { readonly kind: "uptime"; readonly hours: number; readonly interrupted: boolean }
  | { readonly kind: "success"; readonly ok: boolean }
  | { readonly kind: "speed"; readonly logRatio: number }
  | { readonly kind: "check"; readonly ok: boolean }
);
