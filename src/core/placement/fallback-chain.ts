import type { DecisionRecord } from "../../model/decision.js";
import { attemptStep, type ChainStep, chainCost, orderChain } from "../cost/chain.js";
import { operatorKey } from "./filters/siblings.js";
import type { Candidate } from "./top-list.js";

/** Alternatives considered behind the chosen one. */
const MOST_ALTERNATIVES = 4;

/**
 * Expected cost and success of the chosen candidate followed by the best alternatives, one attempt each, for as many attempts as the
 * retry policy still allows. Alternatives are of other operators as long as there are any: what takes one machine down often takes its
 * neighbours with it. They stand in the order that is cheapest, cost per success ascending.
 *
 * An estimate of what the run will cost if the market stays as it is. Every fallback is decided anew when it comes to it.
 */
export function fallbackChain(candidates: readonly Candidate[], attemptsLeft: number): DecisionRecord["chain"] {
  const [chosen, ...rest] = candidates;
  if (chosen === undefined) return undefined;
  const most = Math.min(MOST_ALTERNATIVES, attemptsLeft - 1);
  const steps = [stepOf(chosen), ...orderChain(alternatives(chosen, rest, most).map(stepOf))];
  const { expectedUsd, successProbability } = chainCost(steps);
  return { expectedUsd, successProbability, order: steps.map(({ id }) => id) };
}

function alternatives(chosen: Candidate, rest: readonly Candidate[], most: number): readonly Candidate[] {
  const picked: Candidate[] = [];
  if (most <= 0) return picked;
  const operators = new Set([operatorKey(chosen.offer)]);
  for (const candidate of rest) {
    if (picked.length >= most) return picked;
    const key = operatorKey(candidate.offer);
    if (operators.has(key)) continue;
    operators.add(key);
    picked.push(candidate);
  }
  for (const candidate of rest) {
    if (picked.length >= most) return picked;
    if (!picked.includes(candidate)) picked.push(candidate);
  }
  return picked;
}

function stepOf({ offer, cost }: Candidate): ChainStep {
  const { completion, parameters, replicas, attemptHours } = cost;
  const { parts, runs } = completion;
  const step = attemptStep({
    launchFailureProbability: 1 - parameters.launchProbability,
    launchFailureUsd: cost.launchFailureUsd,
    usdPerLaunch: (parts.launch + parts.inputEgress) / runs + parts.outputEgress,
    usdPerHour: offer.price.usdPerHour * (1 + (offer.price.settlement?.spread ?? 0)),
    hours: attemptHours,
    hazard: { perHour: parameters.hazardPerHour },
    passProbability: cost.passProbability,
  });
  return {
    id: `${offer.backend}/${offer.id}`,
    // Replicas are bought for every try.
    usd: step.usd * replicas.expected,
    successProbability: step.successProbability,
    attempts: 1,
    hours: attemptHours,
  };
}
