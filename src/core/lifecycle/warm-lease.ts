import type { AttemptRow } from "../../model/attempt.js";
import { canonicalJson } from "../../model/canonical-json.js";
import type { LeaseRow, ReusedLease } from "../../model/lease.js";
import { billedMs } from "../../model/metering.js";
import { toUsd } from "../../model/money.js";
import type { Workload } from "../../model/workload.js";
import type { Draft } from "./draft.js";
import { beginRelease } from "./release-lease.js";
import { billingOf, bookedMsOf, metered, settleLease } from "./settle.js";

/**
 * Text that is equal for two workloads exactly when one may follow the other on a lease: same image, tenant and data class, and the same
 * wishes about backends, with which the lease was made.
 */
export function reuseKeyOf({ image, tenant, data, backendOptions }: Workload): string {
  return canonicalJson({ image: image ?? null, tenant: tenant ?? null, sensitivity: data.sensitivity, backendOptions });
}

/**
 * Instead of releasing it, leaves a lease open for the next work while its time is paid for anyway. The attempt is charged what releasing
 * it now would cost; being idle until then costs nothing more. Answers whether it was kept.
 */
export function keepWarm(draft: Draft, attempt: AttemptRow): boolean {
  const { nowMs, rules, run } = draft;
  const lease = draft.lease(attempt.key);
  if (rules.warm === undefined || lease?.state !== "open" || lease.ref === undefined || run.cancelRequested) return false;
  if (rules.capabilities(lease.backend)?.reuse !== true) return false;
  const paidUntilMs = paidUntil(draft, lease);
  if (paidUntilMs === undefined) return false;
  const idleUntilMs = Math.min(nowMs + rules.warm.idleMs, paidUntilMs - rules.warm.releaseMs);
  if (idleUntilMs - nowMs < rules.warm.leastIdleMs) return false;
  const charged = metered(draft, lease);
  draft.changeLease(lease.key, {
    owner: { kind: "warm", runId: run.id },
    ...(rules.warm.trusts(run.workload, attempt.offer) ? { reuseKey: reuseKeyOf(run.workload) } : {}),
    paidUntilMs,
    idleUntilMs,
    nextTryAtMs: undefined,
  });
  draft.tell({ type: "lease-kept", attempt: attempt.number, backend: lease.backend, idleUntilMs, chargedUsd: toUsd(charged) });
  settleLease(draft, lease.key, charged);
  return true;
}

/**
 * Until when releasing the lease would cost as much as releasing it now. The seller's clock began somewhere between our asking for the
 * lease and our learning of it: what is billed is counted from the later moment, its end from the earlier one.
 */
function paidUntil(draft: Draft, lease: LeaseRow): number | undefined {
  if (lease.reused !== undefined) return lease.paidUntilMs;
  if (lease.openedAtMs === undefined) return undefined;
  const bookedMs = bookedMsOf(lease);
  const paidMs = billedMs({ openMs: Math.max(0, draft.nowMs - lease.openedAtMs), bookedMs }, billingOf(draft, lease));
  return lease.intendedAtMs + Math.min(paidMs, bookedMs);
}

/** What the attempt that takes an idle lease over has to know of it. */
export function reusedFrom(draft: Draft, lease: LeaseRow): ReusedLease {
  const before = lease.reused;
  return {
    from: lease.key,
    openedAtMs: before?.openedAtMs ?? lease.openedAtMs ?? lease.intendedAtMs,
    bookedMs: bookedMsOf(lease),
    billing: billingOf(draft, lease),
    launches: (before?.launches ?? 0) + 1,
    charged: (before?.charged ?? 0n) + (lease.charge?.amount ?? 0n),
  };
}

/** The row of a lease that goes over to another attempt: its part is over, and its money was booked when it became idle. */
export const passedOn = ({ idleUntilMs: _, ...lease }: LeaseRow, to: string, nowMs: number): LeaseRow => ({
  ...lease,
  version: lease.version + 1,
  state: "released",
  releasedAtMs: nowMs,
  passedTo: to,
});

/** The result of an attempt was confirmed: whoever ran it may be trusted with more. */
export function offerIdle(draft: Draft, attempt: AttemptRow): void {
  const lease = draft.lease(attempt.key);
  if (lease === undefined || !isIdle(lease) || lease.reuseKey !== undefined) return;
  draft.changeLease(lease.key, { reuseKey: reuseKeyOf(draft.run.workload) });
}

/** Lets idle leases go: all, or those of attempts whose results nobody has confirmed. */
export function onCool(draft: Draft, which: "all" | "unconfirmed" = "all"): void {
  for (const lease of draft.leases) if (isIdle(lease) && (which === "all" || lease.reuseKey === undefined)) beginRelease(draft, lease.key);
}

/** The machine has given a wrong result. */
export function dropIdle(draft: Draft, attempt: AttemptRow): void {
  const lease = draft.lease(attempt.key);
  if (lease !== undefined && isIdle(lease)) beginRelease(draft, lease.key);
}

/** Open without work. */
export const isIdle = (lease: LeaseRow): boolean => lease.owner.kind === "warm" && lease.state === "open";
