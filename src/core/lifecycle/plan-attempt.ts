import type { AttemptRow } from "../../model/attempt.js";
import type { LeaseRow } from "../../model/lease.js";
import type { NodeIdentity, Offer } from "../../model/offer.js";
import type { Draft } from "./draft.js";
import type { PlannedPlacement } from "./inputs.js";
import { passedOn, reusedFrom } from "./warm-lease.js";

/** Intent before effect: attempt, lease row and hold are written in one commit, and only then is anything bound. */
export function planAttempt(draft: Draft, placement: PlannedPlacement): void {
  if (draft.over || draft.run.status === "promoting") return;
  const number = draft.run.attempts + 1;
  const { candidate, record } = placement;
  const bindDeadlineMs = draft.nowMs + placement.bindMs;
  const attempt: AttemptRow = {
    runId: draft.run.id,
    number,
    version: 1,
    purpose: placement.purpose,
    state: "binding",
    key: placement.key,
    ...(placement.after === undefined ? {} : { after: placement.after }),
    offer: candidate.offer,
    expectedCostUsd: candidate.totalUsd,
    priceCapUsdPerHour: candidate.priceCapUsdPerHour,
    node: identityOf(candidate.offer),
    plannedAtMs: draft.nowMs,
    provisionByMs: bindDeadlineMs + placement.provisionMs,
    verdict: "none",
    decisionId: record.id,
  };
  const lease: LeaseRow = {
    key: placement.key,
    version: 1,
    backend: candidate.backend,
    owner: { kind: "attempt", runId: draft.run.id, attempt: number },
    state: "intended",
    partial: false,
    price: candidate.offer.price,
    intendedAtMs: draft.nowMs,
    bindDeadlineMs,
    lifetimeEndMs: bindDeadlineMs + placement.maxLifetimeMs,
    ...reusing(draft, placement),
    hold: candidate.worstCase,
    ...(placement.inputReading === undefined ? {} : { inputReading: placement.inputReading }),
    accounts: placement.accounts.map(({ account }) => account),
    settled: false,
    stuck: false,
    releaseTries: 0,
  };
  draft.addAttempt(attempt);
  draft.addLease(lease);
  if (placement.reuse !== undefined) draft.passOn(passedOn(placement.reuse, placement.key, draft.nowMs));
  for (const { account, limit } of placement.accounts) {
    draft.ledger.push({ account, held: candidate.worstCase, spent: 0n, ...(limit === undefined ? {} : { limit }) });
  }
  draft.changeRun({ status: "active", attempts: number, waitingSinceMs: undefined });
  draft.decisions.push(record);
  draft.tell({
    type: "attempt-planned",
    attempt: number,
    backend: candidate.backend,
    purpose: placement.purpose,
    offerId: candidate.offer.id,
    expectedCostUsd: candidate.totalUsd,
    decisionId: record.id,
  });
  draft.command({ kind: placement.reuse === undefined ? "bind" : "start", key: placement.key });
}

/** What is different about the lease of an attempt that takes an idle one over: it is known, and so is its end. */
function reusing(draft: Draft, { reuse }: PlannedPlacement): Partial<LeaseRow> {
  if (reuse?.ref === undefined) return {};
  return {
    ref: reuse.ref,
    price: reuse.price,
    lifetimeEndMs: reuse.lifetimeEndMs,
    reused: reusedFrom(draft, reuse),
    ...(reuse.paidUntilMs === undefined ? {} : { paidUntilMs: reuse.paidUntilMs }),
  };
}

export function identityOf(offer: Offer): NodeIdentity {
  return {
    backend: offer.backend,
    ...(offer.provider === undefined ? {} : { provider: offer.provider }),
    ...(offer.operator === undefined ? {} : { operator: offer.operator }),
    ...(offer.node === undefined ? {} : { node: offer.node }),
  };
}
