import type { Charge, LeaseRow } from "../../model/lease.js";
import { meterCharge } from "../../model/metering.js";
import { formatUsd, type NanoUsd, nanoUsd, toUsd } from "../../model/money.js";
import type { Billing } from "../../model/offer.js";
import type { Draft } from "./draft.js";

const PER_MS: Billing = { granularityMs: 1, minimumMs: 0, prepaid: false, refund: "unused" };

/** The billing rules of a lease: those of the offer under which it was opened, else its backend's. */
export function billingOf(draft: Draft, lease: LeaseRow): Billing {
  if (lease.reused !== undefined) return lease.reused.billing;
  return draft.attemptOf(lease.key)?.offer.billing ?? draft.rules.capabilities(lease.backend)?.billing ?? PER_MS;
}

/** Time that was booked when the lease was opened, ms. */
export const bookedMsOf = (lease: LeaseRow): number => lease.reused?.bookedMs ?? lease.lifetimeEndMs - lease.bindDeadlineMs;

/**
 * What a lease has cost by our own meter: open time, price and billing rules. Of a lease that others used before, what it has cost
 * beyond their share.
 */
export function metered(draft: Draft, lease: LeaseRow): NanoUsd {
  if (lease.openedAtMs === undefined) return 0n;
  const endMs = lease.releasedAtMs ?? draft.nowMs;
  const openMs = Math.max(0, endMs - (lease.reused?.openedAtMs ?? lease.openedAtMs));
  const total = meterCharge({ openMs, bookedMs: bookedMsOf(lease) }, lease.price, billingOf(draft, lease));
  const launches = nanoUsd((lease.reused?.launches ?? 0) * (lease.price.usdPerLaunch ?? 0), "up");
  return share(lease, total + launches);
}

/** The part of a whole lease's charge that falls to this row. */
function share(lease: LeaseRow, total: NanoUsd): NanoUsd {
  const charged = lease.reused?.charged ?? 0n;
  return total > charged ? total - charged : 0n;
}

/** Books the charge and ends the hold. Once per lease, whatever comes later. */
export function settleLease(draft: Draft, key: string, charge: NanoUsd): void {
  const lease = draft.lease(key);
  if (lease === undefined || lease.settled) return;
  const { booked } = lease;
  const read = booked === undefined ? readingOf(draft, lease) : 0n;
  for (const account of lease.accounts) draft.ledger.push({ account, held: -lease.hold, spent: charge + read - (booked ?? 0n) });
  draft.changeLease(key, {
    settled: true,
    ...(read === 0n ? {} : { read }),
    charge: { amount: charge, final: true },
    ...(booked === undefined ? {} : { booked: undefined }),
  });
  if (lease.state === "released" || lease.state === "absent") draft.changeLease(key, { nextTryAtMs: undefined });
  settleRunIfDone(draft, booked === charge);
}

/** What the stores bill for the inputs: they are read before the command starts, also when it then fails. */
function readingOf(draft: Draft, { key, inputReading = 0n }: LeaseRow): NanoUsd {
  const attempt = draft.attemptOf(key);
  return attempt?.startedAtMs === undefined && attempt?.manifest === undefined ? 0n : inputReading;
}

/** A lease was settled when it became idle, and its seller's last word is still to come. */
export function reopenMoney(draft: Draft, key: string): void {
  const lease = draft.lease(key);
  if (lease === undefined || !lease.settled) return;
  const booked = lease.charge?.amount ?? 0n;
  draft.changeLease(key, { settled: false, hold: 0n, booked, charge: { amount: booked, final: false } });
  if (draft.run.settled) draft.changeRun({ settled: false });
}

/** A run is settled once it is over and no charge of it is open. `quiet`: it was before, and nothing has changed since. */
export function settleRunIfDone(draft: Draft, quiet = false): void {
  if (!draft.over || draft.run.settled || draft.leases.some((lease) => !lease.settled)) return;
  draft.changeRun({ settled: true });
  if (!quiet) draft.tell({ type: "run-settled", spentUsd: toUsd(spent(draft.leases)) });
}

export function spent(leases: readonly LeaseRow[]): NanoUsd {
  return leases.reduce((sum, lease) => sum + (lease.charge?.amount ?? 0n) + (lease.read ?? 0n), 0n);
}

/** Takes a reported charge over if it is news: a final one settles, an earlier one only shows. */
export function noteCharge(draft: Draft, key: string, charge: Charge | undefined): void {
  const lease = draft.lease(key);
  if (charge === undefined || lease === undefined || lease.settled) return;
  const over = lease.state === "released" || lease.state === "releasing";
  const amount = share(lease, charge.amount);
  if (charge.final && over) settleLease(draft, key, amount);
  else if (lease.charge?.amount !== amount) draft.changeLease(key, { charge: { amount, final: false } });
}

export const spentText = (leases: readonly LeaseRow[]): string => {
  const amount = spent(leases);
  return amount === 0n ? "nothing was spent" : `${formatUsd(amount)} was spent`;
};
