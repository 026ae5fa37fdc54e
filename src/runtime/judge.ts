import { contributors, successes } from "../core/lifecycle/decide.js";
import type { AttemptRow } from "../model/attempt.js";
import type { RunState } from "../model/run.js";
import type { Verdict, Verifier } from "../spec/verifier.js";
import type { EngineContext } from "./engine-context.js";

/** Asks the verifier about the results that exist, each with the chance that its node is wrong. */
export async function judge(context: EngineContext, verifier: Verifier, state: RunState, nowMs: number): Promise<Verdict> {
  const results = successes(state).map((attempt) => ({
    attempt: attempt.number,
    manifest: attempt.manifest ?? { version: 1 as const, exitCode: attempt.exitCode ?? 0, outputs: [] },
    node: attempt.node,
    wrongProbability: wrongProbability(context, state, attempt, nowMs),
  }));
  return verifier.judge(state.run.workload, results, pending(state));
}

/** Changes whenever a verdict could: with the results, and with the attempts that may still bring one. */
export function resultsKey(state: RunState): string {
  const numbers = successes(state).map(({ number }) => number);
  return `${numbers.join(",")}/${pending(state)}`;
}

/** Chance that the least trusted node in use is wrong: how many results to ask for from the start. */
export function doubtOf(context: EngineContext, state: RunState, nowMs: number): number {
  let doubt = 0;
  for (const attempt of state.attempts) {
    if (attempt.state === "done" && attempt.outcome !== "succeeded") continue;
    doubt = Math.max(doubt, wrongProbability(context, state, attempt, nowMs));
  }
  return doubt;
}

const pending = (state: RunState): number => state.attempts.reduce((count, attempt) => count + (attempt.state === "done" ? 0 : 1), 0);

/** A result that was resumed is no better than the least trusted of the nodes that worked on it. */
function wrongProbability(context: EngineContext, state: RunState, attempt: AttemptRow, nowMs: number): number {
  return contributors(state, attempt).reduce((most, { node, offer }) => {
    const prior = { operator: offer.trust.operator, interruptible: offer.interruptible };
    return Math.max(most, context.trust.estimate(node, prior, nowMs).wrong);
  }, 0);
}
