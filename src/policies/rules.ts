import type { Filter, Penalty, PenaltyView, PolicyView } from "../spec/policy.js";

/**
 * A hard rule of one's own: `test` answers why an offer is out, or `undefined`. Pure: it looks at the view and nothing else.
 *
 * @param name kebab-case, unique within a policy
 * @example
 * ```ts
 * const noTokens = filter("no-tokens", ({ offer }) => (offer.price.settlement ? `billed in ${offer.price.settlement.asset}` : undefined));
 * ```
 */
export function filter(name: string, test: (view: PolicyView) => string | undefined): Filter {
  return { name, test };
}

/**
 * A soft rule of one's own: what it is worth, in USD, to avoid a candidate. Finite and >= 0; to prefer something, charge the
 * others. Pure.
 *
 * @param name kebab-case, unique within a policy
 * @example
 * ```ts
 * const nearby = penalty("far-away", ({ offer, workload }) => (offer.place.country === workload.near ? 0 : 0.05));
 * ```
 */
export function penalty(name: string, usd: (view: PenaltyView) => number): Penalty {
  return { name, usd };
}
