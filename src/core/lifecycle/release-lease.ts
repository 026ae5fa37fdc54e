import type { SerializedError } from "../../model/errors/scheduler-error.js";
import { toUsd } from "../../model/money.js";
import { choreDelayMs } from "./backoff.js";
import type { Draft } from "./draft.js";
import type { RunInput } from "./inputs.js";
import { metered, noteCharge, reopenMoney, settleLease, settleRunIfDone } from "./settle.js";

/**
 * The one path on which leases end. From any state in which something may exist it leads to `releasing`; a lease
 * whose bind is still unanswered stays `intended` and comes here as soon as its reference is known.
 */
export function beginRelease(draft: Draft, key: string): void {
  const lease = draft.lease(key);
  if (lease === undefined || lease.ref === undefined) return;
  if (lease.state !== "open" && lease.state !== "intended") return;
  // Of a launch that never answered only the earliest possible beginning is known.
  const opened = lease.openedAtMs ?? lease.intendedAtMs;
  draft.changeLease(key, { state: "releasing", releasingAtMs: draft.nowMs, openedAtMs: opened, releaseTries: 0 });
  draft.command({ kind: "release", key });
}

export function onReleased(draft: Draft, key: string, answer: "released" | "pending"): void {
  const lease = draft.lease(key);
  if (lease === undefined || lease.state !== "releasing") return;
  const timing = draft.rules.timing;
  if (answer === "pending") {
    const tries = lease.releaseTries + 1;
    draft.changeLease(key, {
      releaseTries: tries,
      nextTryAtMs: draft.nowMs + choreDelayMs(tries, timing.retryFirstMs, timing.retryMostMs),
    });
    return;
  }
  const released = draft.changeLease(key, { state: "released", releasedAtMs: draft.nowMs, stuck: false });
  const attempt = draft.attemptOf(key);
  if (attempt !== undefined) {
    draft.observe(attempt, {
      kind: "uptime",
      hours: Math.max(0, draft.nowMs - (released.openedAtMs ?? draft.nowMs)) / 3_600_000,
      interrupted: attempt.outcome === "lost" || attempt.outcome === "preempted",
    });
  }
  const amount = released.charge?.amount ?? metered(draft, released);
  draft.tell({ type: "lease-released", attempt: attempt?.number ?? 0, backend: lease.backend, chargedUsd: toUsd(amount) });
  const reported = draft.rules.capabilities(lease.backend)?.charges === "reported";
  // Booked when it became idle. Being idle should have cost nothing, but the seller's word counts.
  if (released.owner.kind === "warm" && (reported || metered(draft, released) !== released.charge?.amount)) reopenMoney(draft, key);
  if (reported && draft.lease(key)?.settled === false) {
    draft.changeLease(key, { nextTryAtMs: draft.nowMs, releaseTries: 0 });
    draft.command({ kind: "ask-charge", key });
  } else {
    settleLease(draft, key, metered(draft, released));
  }
}

export function onReleaseFailed(draft: Draft, key: string, error: SerializedError): void {
  const lease = draft.lease(key);
  if (lease === undefined || lease.state !== "releasing") return;
  const timing = draft.rules.timing;
  const tries = lease.releaseTries + 1;
  const stuck = lease.stuck || tries >= timing.stuckAfterTries;
  const pause = Math.max(error.details?.retryAfterMs ?? 0, choreDelayMs(tries, timing.retryFirstMs, timing.retryMostMs));
  draft.changeLease(key, { releaseTries: tries, stuck, lastError: error, nextTryAtMs: draft.nowMs + pause });
  if (stuck && !lease.stuck) {
    draft.tell({ type: "lease-stuck", attempt: draft.attemptOf(key)?.number ?? 0, backend: lease.backend, message: error.message });
  }
}

/** Answer to the question for a final charge. Asked again for a while, then our own meter decides. */
export function onCharged(
  draft: Draft,
  key: string,
  answer: Pick<Extract<RunInput, { type: "charged" }>, "charge" | "gone" | "askedAtMs">,
): void {
  const { charge, gone = false, askedAtMs = draft.nowMs } = answer;
  noteCharge(draft, key, charge);
  const lease = draft.lease(key);
  if (lease === undefined || lease.settled || lease.state !== "released") return;
  const timing = draft.rules.timing;
  // What is gone may only be hidden for a moment; after that nobody is left to name a charge.
  const patienceMs = gone ? (draft.rules.capabilities(lease.backend)?.visibilityMs ?? 0) : timing.chargePatienceMs;
  if ((gone ? askedAtMs : draft.nowMs) >= (lease.releasedAtMs ?? 0) + patienceMs) {
    settleLease(draft, key, lease.charge?.amount ?? metered(draft, lease));
    return;
  }
  const tries = lease.releaseTries + 1;
  draft.changeLease(key, { releaseTries: tries, nextTryAtMs: draft.nowMs + choreDelayMs(tries, timing.retryFirstMs, timing.retryMostMs) });
}

/** It is certain that the lease never came to be. */
export function markAbsent(draft: Draft, key: string): void {
  const lease = draft.lease(key);
  if (lease === undefined || lease.state !== "intended") return;
  draft.changeLease(key, { state: "absent" });
  settleLease(draft, key, 0n);
  settleRunIfDone(draft);
}

/**
 * At the end of its lifetime a lease that cannot be resolved is booked as if everything held had been spent, so that
 * `settled()` ends. Trying to find or release it goes on.
 */
export function bookAtLifetimeEnd(draft: Draft, key: string): void {
  const lease = draft.lease(key);
  if (lease === undefined || lease.settled) return;
  const amount = lease.state === "intended" ? lease.hold : (lease.charge?.amount ?? metered(draft, lease));
  settleLease(draft, key, amount);
}
