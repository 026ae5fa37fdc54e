import type { Charge, LeaseRow } from "../../model/lease.js";
import { meterCharge } from "../../model/metering.js";
import { formatUsd, type NanoUsd, toUsd } from "../../model/money.js";
import type { Billing } from "../../model/offer.js";
import type { Draft } from "./draft.js";

const PER_MS: Billing = { granularityMs: 1, minimumMs: 0, prepaid: false, refund: "unused" };

/** What a lease has cost by our own meter: open time, price and billing rules. */
export function metered(draft: Draft, lease: LeaseRow): NanoUsd {
  if (lease.openedAtMs === undefined) return 0n;
  const attempt = draft.attemptOf(lease.key);
  const billing = attempt?.offer.billing ?? draft.rules.capabilities(lease.backend)?.billing ?? PER_MS;
  const endMs = lease.releasedAtMs ?? draft.nowMs;
  return meterCharge(
    { openMs: Math.max(0, endMs - lease.openedAtMs), bookedMs: lease.lifetimeEndMs - lease.bindDeadlineMs },
    lease.price,
    billing,
  );
}

/** Books the charge and ends the hold. Once per lease, whatever comes later. */
export function settleLease(draft: Draft, key: string, charge: NanoUsd): void {
  const lease = draft.lease(key);
  if (lease === undefined || lease.settled) return;
  for (const account of lease.accounts) draft.ledger.push({ account, held: -lease.hold, spent: charge });
  draft.changeLease(key, { settled: true, charge: { amount: charge, final: true } });
  if (lease.state === "released" || lease.state === "absent") draft.changeLease(key, { nextTryAtMs: undefined });
  settleRunIfDone(draft);
}

/** A run is settled once it is over and no charge of it is open. */
export function settleRunIfDone(draft: Draft): void {
  if (!draft.over || draft.run.settled || draft.leases.some((lease) => !lease.settled)) return;
  draft.changeRun({ settled: true });
  draft.tell({ type: "run-settled", spentUsd: toUsd(spent(draft.leases)) });
}

export function spent(leases: readonly LeaseRow[]): NanoUsd {
  return leases.reduce((sum, lease) => sum + (lease.charge?.amount ?? 0n), 0n);
}

/** Takes a reported charge over if it is news: a final one settles, an earlier one only shows. */
export function noteCharge(draft: Draft, key: string, charge: Charge | undefined): void {
  const lease = draft.lease(key);
  if (charge === undefined || lease === undefined || lease.settled) return;
  const over = lease.state === "released" || lease.state === "releasing";
  if (charge.final && over) settleLease(draft, key, charge.amount);
  else if (lease.charge?.amount !== charge.amount) draft.changeLease(key, { charge: { amount: charge.amount, final: false } });
}

export const spentText = (leases: readonly LeaseRow[]): string => {
  const amount = spent(leases);
  return amount === 0n ? "nothing was spent" : `${formatUsd(amount)} was spent`;
};
