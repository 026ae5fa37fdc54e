import type { Charge } from "../../model/lease.js";
import { formatUsd } from "../../model/money.js";
import { nanoUsdOf, type PriceTerms, wholeUnits } from "./prices.js";
import type { Deployment } from "./wire.js";

/**
 * What was paid to the provider out of escrow. Settled now and then while the lease is open, so that it lags behind then; the last word once the
 * deployment is closed. Nothing when part of it is in a denomination that is not priced.
 */
export function chargeOf({ deployment, escrow_account: escrow }: Deployment, terms: PriceTerms): Charge | undefined {
  if (escrow == null) return undefined;
  let amount = 0n;
  for (const coin of escrow.state.transferred) {
    // Escrow gives back whole units only, so that a begun one is spent.
    const part = nanoUsdOf(wholeUnits(coin), terms);
    if (part === undefined) return undefined;
    amount += part;
  }
  return { amount, final: deployment.state === "closed" };
}

/** What lies in escrow, in words, or nothing when nothing does. It is not spent: what is left comes back at the end. */
export function escrowText({ escrow_account: escrow }: Deployment, terms: PriceTerms): string | undefined {
  const funds = (escrow?.state.funds ?? []).reduce((sum, coin) => sum + (nanoUsdOf(coin, terms) ?? 0n), 0n);
  return funds > 0n ? `${formatUsd(funds)} lie in escrow, as of its last settlement.` : undefined;
}
