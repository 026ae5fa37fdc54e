import { canonicalJson } from "../../model/canonical-json.js";
import type { SerializedError } from "../../model/errors/scheduler-error.js";
import { failureOf } from "../../model/errors/scheduler-error.js";
import type { Finding, Lease, LeaseRef } from "../../model/lease.js";
import type { Offer } from "../../model/offer.js";
import { choreDelayMs } from "./backoff.js";
import type { Draft } from "./draft.js";
import { endAttempt } from "./end-attempt.js";
import { identityOf } from "./plan-attempt.js";
import { beginRelease, markAbsent } from "./release-lease.js";

/** `bind` named a partial reference: kept before the backend's next effect, so that a crash leaves nothing unfindable. */
export function onProgress(draft: Draft, key: string, partial: LeaseRef): void {
  const lease = draft.lease(key);
  if (lease?.state === "intended") draft.changeLease(key, { ref: partial, partial: true });
}

/** A commitment exists, whether `bind` or a later `find` says so. A late one, no longer wanted, goes straight to release. */
export function onBound(draft: Draft, key: string, lease: Lease, offer?: Offer): void {
  const row = draft.lease(key);
  if (row === undefined) return;
  const price = lease.price ?? row.price;
  if (row.state === "released") {
    // Said to be released, yet still there: released once more. Its money is booked already.
    draft.changeLease(key, { state: "releasing", releasingAtMs: draft.nowMs, releaseTries: 0, ...(row.settled ? {} : { price }) });
    draft.command({ kind: "release", key });
    return;
  }
  if (row.state === "absent") {
    // Believed absent, but it exists after all: the seller was slower than its declared visibility. The hold was given
    // back then; what it costs is booked when it is released.
    draft.changeLease(key, {
      ref: lease.ref,
      state: "open",
      openedAtMs: row.intendedAtMs,
      price,
      lifetimeEndMs: draft.nowMs + (row.lifetimeEndMs - row.bindDeadlineMs),
      charge: undefined,
      settled: false,
      hold: 0n,
    });
    if (draft.run.settled) draft.changeRun({ settled: false });
    beginRelease(draft, key);
    return;
  }
  if (row.state !== "intended") {
    // Found by others first, who did not know the agreed price: the answer to the launch has it.
    if (!row.settled && canonicalJson(price) !== canonicalJson(row.price)) draft.changeLease(key, { price });
    return;
  }
  draft.changeLease(key, { ref: lease.ref, partial: false, state: "open", openedAtMs: draft.nowMs, price, nextTryAtMs: undefined });
  const attempt = draft.attemptOf(key);
  if (attempt === undefined || attempt.state !== "binding") {
    beginRelease(draft, key);
    return;
  }
  const node = lease.node ?? (offer === undefined ? attempt.node : identityOf(offer));
  // Counted from here: a slow bind, or files that had to be moved first, do not eat into the time that the machine has to start.
  const provisionByMs = draft.nowMs + (draft.rules.capabilities(row.backend)?.provisionMs ?? 0);
  draft.changeAttempt(attempt.number, {
    state: "starting",
    boundAtMs: draft.nowMs,
    provisionByMs,
    node,
    ...(offer === undefined ? {} : { offer }),
  });
  const told = { attempt: attempt.number, backend: row.backend, ...(node.node === undefined ? {} : { node: node.node }) };
  if (row.reused === undefined) draft.tell({ type: "lease-opened", ...told });
  else draft.tell({ type: "lease-reused", ...told, leaseKey: row.reused.from, paidUntilMs: row.paidUntilMs ?? draft.nowMs });
  draft.command({ kind: "watch", key });
}

export function onBindFailed(draft: Draft, key: string, error: SerializedError): void {
  const lease = draft.lease(key);
  if (lease === undefined || lease.state !== "intended") return;
  if (error.effect === "none" && !lease.partial) {
    markAbsent(draft, key);
    const attempt = draft.attemptOf(key);
    if (attempt !== undefined) endAttempt(draft, attempt.number, "lost", { error });
    return;
  }
  // Something may exist. That is a state of its own: it is asked about, never guessed, never bound again blindly.
  draft.changeLease(key, { lastError: error, releaseTries: 0, nextTryAtMs: draft.nowMs });
  if (lease.partial) giveUpPartial(draft, key, error);
  else draft.command({ kind: "find", key });
}

export function onFound(draft: Draft, finding: Finding, askedAtMs = draft.nowMs): void {
  const lease = draft.lease(finding.key);
  if (lease === undefined) return;
  switch (finding.kind) {
    case "bound":
      onBound(draft, finding.key, finding.lease);
      return;
    case "partial":
      if (lease.state !== "intended") return;
      draft.changeLease(finding.key, { ref: finding.ref, partial: true });
      giveUpPartial(draft, finding.key, unresolved("it was begun but never completed"));
      return;
    case "absent":
      if (lease.state !== "intended") return;
      if (askedAtMs < believableFrom(draft, lease.bindDeadlineMs, lease.backend)) askAgain(draft, finding.key);
      else {
        markAbsent(draft, finding.key);
        const attempt = draft.attemptOf(finding.key);
        if (attempt !== undefined)
          endAttempt(draft, attempt.number, "lost", { error: lease.lastError ?? unresolved("it never came to be") });
      }
      return;
    case "unknown":
      if (lease.state === "intended") askAgain(draft, finding.key);
      return;
  }
}

/** The idle lease is let go and the run looks for another place. Nothing is lost: the attempt had not begun. */
export function onStartFailed(draft: Draft, key: string, error: SerializedError): void {
  const lease = draft.lease(key);
  if (lease?.state !== "intended" || lease.reused === undefined) return;
  draft.changeLease(key, { lastError: error });
  beginRelease(draft, key);
  const attempt = draft.attemptOf(key);
  if (attempt === undefined) return;
  const why = failureOf("OFFER_EXPIRED", `The idle lease could not be used again: ${error.message}`, {
    retry: "elsewhere",
    effect: "none",
  });
  endAttempt(draft, attempt.number, "lost", { error: why });
}

/** An order that never became a lease is let go, not resumed: nobody knows in which half it stopped. */
function giveUpPartial(draft: Draft, key: string, error: SerializedError): void {
  beginRelease(draft, key);
  const attempt = draft.attemptOf(key);
  if (attempt !== undefined) endAttempt(draft, attempt.number, "lost", { error });
}

/** An absence is believed only after the bind could have taken effect and become visible. */
function believableFrom(draft: Draft, bindDeadlineMs: number, backend: string): number {
  return bindDeadlineMs + (draft.rules.capabilities(backend)?.visibilityMs ?? 60_000);
}

function askAgain(draft: Draft, key: string): void {
  const lease = draft.lease(key);
  if (lease === undefined) return;
  const { timing } = draft.rules;
  const tries = lease.releaseTries + 1;
  const believable = believableFrom(draft, lease.bindDeadlineMs, lease.backend);
  const next = draft.nowMs + choreDelayMs(tries, timing.retryFirstMs, timing.retryMostMs);
  // An absence seen early is looked at again exactly when it can first be believed.
  draft.changeLease(key, { releaseTries: tries, nextTryAtMs: draft.nowMs < believable ? Math.min(next, believable) : next });
  const attempt = draft.attemptOf(key);
  if (draft.nowMs >= believable + timing.unresolvedMs && attempt?.state === "binding") {
    endAttempt(draft, attempt.number, "lost", { error: unresolved("the backend could not say in time whether it exists") });
  }
}

const unresolved = (why: string): SerializedError =>
  failureOf("BIND_UNRESOLVED", `The outcome of a launch stayed unclear: ${why}; its money stays on hold until it is known.`);
