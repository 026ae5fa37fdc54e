import type { NodeIdentity, OperatorClass } from "../../model/offer.js";
import type { Scope, ScopePath } from "./scope.js";

/**
 * Probability of a wrong result (phi) from checks, after L. F. G. Sarmenta's sabotage-tolerance credibility (CCGrid 2001).
 */

/** A caught node's word is worth nothing: at 0.5 its result moves no vote. It never counts as evidence against its own answer. */
export const WORST_WRONG_PROBABILITY = 0.5;

/** So many checks passed since then make half up for one remembered wrong result. */
const CHECKS_PER_WRONG = 100;

/**
 * Bound on the probability that the next result is wrong after `passedChecks` (`k`) passed ones, when a share `f` of nodes may
 * be saboteurs: the worst over all rates at which a saboteur might cheat.
 *
 * `identityCosts`: giving up a known identity hurts (history, stake, contract), so that caught cheaters stay away:
 * `f / ((1 - f) k e)`. Otherwise anybody comes back under a new name, and the weaker `f / k` holds. Never above `f`.
 */
export function saboteurBound(share: number, passedChecks: number, identityCosts: boolean): number {
  if (passedChecks <= 0) return share;
  const bound = identityCosts ? share / ((1 - share) * passedChecks * Math.E) : share / passedChecks;
  return Math.min(share, bound);
}

/** The same once wrong results are remembered: `wrong` is their faded count, and only many passed checks make up for one. */
export function wrongProbability(bound: number, wrong: number, passedChecks: number): number {
  if (wrong <= 0) return bound;
  const distrust = Math.min(1, wrong) / (1 + passedChecks / (CHECKS_PER_WRONG * Math.max(1, wrong)));
  return bound + (Math.max(bound, WORST_WRONG_PROBABILITY) - bound) * distrust;
}

/** Checks that other machines of the same operator passed count this much for a machine. An assumption. */
const SIBLING_CHECK_WEIGHT = 0.1;

/** Weight of the assumed saboteur share against the rate of wrong results seen in a backend or provider, in checks. An assumption. */
const SHARE_WEIGHT = 20;

/**
 * Phi of an identity from the scopes that are known of it. The one who answers for a result is the operator; a backend of one
 * company (class `self` or `single`) answers as its own operator. Unknown operators of anybody's machines answer for nothing,
 * so there a node's name is free and proves less. `share` is the class's assumed saboteur share; a backend or provider that
 * turns out worse raises it, a better one does not lower it (a saboteur may be biding his time).
 */
export function pathWrongProbability(path: ScopePath, who: NodeIdentity, operator: OperatorClass, share: number, nowMs: number): number {
  const contracted = operator === "self" || operator === "single";
  const f = Math.max(
    share,
    seenShare(path.backend, share, nowMs),
    path.provider === undefined ? 0 : seenShare(path.provider, share, nowMs),
  );
  const answerable = who.operator !== undefined ? path.operator : contracted ? (path.provider ?? path.backend) : undefined;
  const ofAnswerable = answerable === undefined ? 0 : answerable.evidence.weight(nowMs) * answerable.evidence.passedChecks;
  const ofNode = path.node === undefined ? 0 : path.node.evidence.weight(nowMs) * path.node.evidence.passedChecks;
  const checks = who.node === undefined ? ofAnswerable : ofNode + SIBLING_CHECK_WEIGHT * Math.max(0, ofAnswerable - ofNode);
  const bound = saboteurBound(Math.min(f, WORST_WRONG_PROBABILITY), checks, who.operator !== undefined || operator !== "permissionless");
  return Math.max(distrusted(bound, path.node, ofNode, nowMs), distrusted(bound, answerable, ofAnswerable, nowMs));
}

const distrusted = (bound: number, scope: Scope | undefined, passedChecks: number, nowMs: number): number =>
  scope === undefined ? bound : wrongProbability(bound, scope.evidence.wrongWeight(nowMs) * scope.evidence.wrong, passedChecks);

function seenShare({ evidence }: Scope, share: number, nowMs: number): number {
  const wrong = evidence.weight(nowMs) * evidence.wrongChecks;
  const checks = evidence.weight(nowMs) * evidence.allChecks;
  return (SHARE_WEIGHT * share + wrong) / (SHARE_WEIGHT + checks);
}
