import { isTerminal, type RunState } from "../../model/run.js";
import { isIdle } from "./warm-lease.js";

/**
 * Sentences that hold of every reachable state. Checked after every event in simulations; a violation is a bug in
 * spillway, named so that a person can find it.
 */
export function violatedInvariants(state: RunState, limits: { readonly maxFailures: number }): readonly string[] {
  const broken: string[] = [];
  const { run, attempts, leases } = state;
  const check = (holds: boolean, sentence: string): void => {
    if (!holds) broken.push(`${run.id}: ${sentence}`);
  };
  check(attempts.length === run.attempts, "the number of attempts equals the count in the run");
  check(run.failures <= limits.maxFailures, "failures stay within the policy's limit");
  check(
    attempts.filter((attempt) => attempt.number === run.winner).length === (run.winner === undefined ? 0 : 1),
    "a winner is one of the attempts",
  );
  check(run.status !== "succeeded" || run.winner !== undefined, "a succeeded run has a winner");
  check(run.status !== "promoting" || run.winner !== undefined, "a promoting run has a winner");
  check(!run.settled || isTerminal(run.status), "only a run that is over is settled");
  check(!run.settled || leases.every((lease) => lease.settled), "a settled run has no unsettled lease");
  attempts.forEach((attempt, index) => {
    check(attempt.number === index + 1, "attempts are numbered from 1 without gaps");
    check((attempt.state === "done") === (attempt.outcome !== undefined), "an attempt has an outcome exactly when it is done");
    const own = leases.filter((lease) => lease.key === attempt.key);
    check(own.length === 1, "every attempt has exactly one lease row");
    check(!isTerminal(run.status) || attempt.state === "done", "a run that is over has no attempt under way");
    const lease = own[0];
    check(
      attempt.state !== "done" || lease === undefined || lease.state !== "open" || lease.owner.kind === "warm",
      "a finished attempt has no open lease but an idle one",
    );
    check(lease?.owner.kind !== "warm" || attempt.state === "done", "an idle lease has no attempt under way");
    check(attempt.number !== run.winner || attempt.outcome === "succeeded", "the winner succeeded");
  });
  for (const lease of leases) {
    check(!isIdle(lease) || lease.settled, "an idle lease is settled");
    check(lease.state !== "open" || lease.ref !== undefined, "an open lease has a reference");
    check(lease.hold >= 0n && (lease.charge?.amount ?? 0n) >= 0n, "money is never negative");
    check(lease.state !== "absent" || lease.settled, "an absent lease holds no money");
  }
  return broken;
}
