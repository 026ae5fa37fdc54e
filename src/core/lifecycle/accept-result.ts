import type { OutputArtifact } from "../../model/artifact.js";
import { failureOf, type SerializedError } from "../../model/errors/scheduler-error.js";
import { backoffMs } from "./backoff.js";
import type { Draft } from "./draft.js";
import { withHistory } from "./end-attempt.js";
import { endRun, succeed } from "./end-run.js";
import { exclude } from "./retry.js";
import { stopAttempt } from "./stop-attempt.js";
import { dropIdle, offerIdle } from "./warm-lease.js";

/** At most one result is ever accepted. Acceptance is committed first; only then do outputs move to their destination. */
export function onAccepted(
  draft: Draft,
  verdict: {
    readonly winner: number;
    readonly errorProbability: number;
    readonly agreed: readonly number[];
    readonly wrong: readonly number[];
  },
): void {
  const winner = draft.attempt(verdict.winner);
  if (draft.over || draft.run.status === "promoting" || winner?.outcome !== "succeeded") return;
  markWrong(draft, verdict.wrong);
  for (const number of verdict.agreed) {
    const agreed = draft.changeAttempt(number, { verdict: "agreed" });
    offerIdle(draft, agreed);
    if (verdict.agreed.length + verdict.wrong.length > 1) draft.observe(agreed, { kind: "check", ok: true });
  }
  draft.changeRun({ status: "promoting", winner: winner.number, promotionTries: 0 });
  draft.tell({
    type: "result-accepted",
    attempt: winner.number,
    backend: winner.offer.backend,
    errorProbability: verdict.errorProbability,
  });
  for (const attempt of draft.attempts) if (attempt.number !== winner.number) stopAttempt(draft, attempt.number, "superseded");
  const outputs = winner.manifest?.outputs ?? [];
  if (outputs.length === 0) {
    succeed(draft, []);
    return;
  }
  draft.tell({ type: "run-promoting" });
  draft.command({ kind: "promote" });
}

/** The verifier found no result it could stand for. */
export function onRejected(draft: Draft, error: SerializedError, wrong: readonly number[]): void {
  if (draft.over || draft.run.status === "promoting") return;
  markWrong(draft, wrong);
  endRun(draft, "failed", withHistory(draft, error));
}

export function markWrong(draft: Draft, numbers: readonly number[]): void {
  for (const number of numbers) {
    const attempt = draft.attempt(number);
    if (attempt === undefined || attempt.verdict === "wrong") continue;
    const wrong = draft.changeAttempt(number, { verdict: "wrong" });
    dropIdle(draft, wrong);
    draft.observe(wrong, { kind: "check", ok: false });
    draft.changeRun({ exclusions: exclude(draft.run.exclusions, "node", wrong.node, wrong.offer.id) });
    draft.tell({ type: "result-rejected", attempt: number, backend: wrong.offer.backend, code: "WRONG_RESULT" });
  }
}

export function onPromoted(draft: Draft, outputs: readonly OutputArtifact[]): void {
  if (draft.run.status === "promoting") succeed(draft, outputs);
}

export function onPromotionFailed(draft: Draft, error: SerializedError): void {
  if (draft.run.status !== "promoting") return;
  const tries = draft.run.promotionTries + 1;
  draft.changeRun({ promotionTries: tries, lastError: error });
  if (tries < draft.rules.timing.promotionTries && error.retry !== "never") {
    draft.changeRun({ promoteAtMs: draft.nowMs + backoffMs(tries, draft.rules.retry.backoff, 0.5) });
    return;
  }
  const kept = draft.attempt(draft.run.winner ?? 0)?.manifest?.outputs ?? [];
  const final = failureOf("PROMOTION_FAILED", `The result was accepted but its outputs could not be moved: ${error.message}`, {
    retry: "never",
    details: { kept: kept.map((output) => output.uri) },
  });
  endRun(draft, "failed", withHistory(draft, final), kept);
}
