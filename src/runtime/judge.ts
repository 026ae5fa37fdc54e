import { successes } from "../core/lifecycle/decide.js";
import type { RunState } from "../model/run.js";
import type { Verdict, Verifier } from "../spec/verifier.js";
import type { EngineContext } from "./engine-context.js";

/** Asks the verifier about the results that exist, each with the chance that its node is wrong. */
export async function judge(context: EngineContext, verifier: Verifier, state: RunState, nowMs: number): Promise<Verdict> {
  const pending = state.attempts.filter((attempt) => attempt.state !== "done").length;
  const results = successes(state).map((attempt) => ({
    attempt: attempt.number,
    manifest: attempt.manifest ?? { version: 1 as const, exitCode: attempt.exitCode ?? 0, outputs: [] },
    node: attempt.node,
    wrongProbability: context.trust.estimate(attempt.node, { operator: attempt.offer.trust.operator, interruptible: attempt.offer.interruptible }, nowMs).wrong,
  }));
  return verifier.judge(state.run.workload, results, pending);
}
