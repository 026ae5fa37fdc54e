import type { CandidateRecord, DecisionRecord } from "../../model/decision.js";
import { nanoUsd } from "../../model/money.js";
import { costParts, explainedParts } from "./cost-parts.js";
import type { Decision } from "./decision.js";
import { failureOf, isHopeless, retryTimeMs } from "./failure.js";
import { fallbackChain } from "./fallback-chain.js";
import type { Candidate } from "./top-list.js";
import type { PlacementResult, PricedCandidate } from "./types.js";

/**
 * What a decision came to, and the record of it.
 *
 * `evaluated = rejected + priced`. An offer that was skipped because it could not have won counts as priced; filters of the moment
 * (expiry, breakers, exclusions, policy) were not asked about it, so that rejections by those are those met until the decision was
 * certain. All offers are asked about everything when nothing can be chosen.
 */
export function toResult(decision: Decision): PlacementResult {
  const { candidates, tally, input, policy, terms } = decision;
  const [best] = candidates;
  const rejections = tally.toExamples();
  const records = candidates.map((candidate, index) => toRecord(candidate, decision, index === 0));
  const [chosen] = records;
  const chain = fallbackChain(candidates, terms.attemptsLeft);
  const failure = best === undefined ? failureOf(rejections) : undefined;
  const record: DecisionRecord = {
    id: `${input.runId}/${input.attempt}@${input.nowMs}`,
    runId: input.runId,
    attempt: input.attempt,
    purpose: input.purpose,
    atMs: input.nowMs,
    policy: policy.name,
    seed: input.seed,
    evaluated: decision.evaluated,
    rejected: tally.total,
    priced: decision.evaluated - tally.total,
    ...(chosen === undefined ? {} : { chosen }),
    candidates: records,
    ...(chain === undefined ? {} : { chain }),
    rejections,
    ...(failure === undefined ? {} : { failure }),
  };
  if (best !== undefined) return { chosen: toPriced(best), record, hopeless: false };
  const hopeless = isHopeless(rejections);
  const retryAtMs = hopeless ? undefined : retryTimeMs(decision);
  return { record, hopeless, ...(retryAtMs === undefined ? {} : { retryAtMs }) };
}

function toRecord({ offer, cost }: Candidate, decision: Decision, isChosen: boolean): CandidateRecord {
  const { usdPerHour } = offer.price;
  return {
    offerId: offer.id,
    backend: offer.backend,
    ...(offer.provider === undefined ? {} : { provider: offer.provider }),
    ...(offer.operator === undefined ? {} : { operator: offer.operator }),
    ...(offer.node === undefined ? {} : { node: offer.node }),
    usdPerHour,
    ...(offer.reuses === undefined ? {} : { reuses: offer.reuses }),
    totalUsd: cost.totalUsd,
    // Phrases cost more than figures, and only the chosen one is explained part by part.
    parts: isChosen ? explainedParts(cost, decision.terms, usdPerHour) : costParts(cost, decision.terms),
    worstCaseUsd: cost.worstCaseUsd,
    successProbability: cost.successProbability,
    expectedHours: cost.expectedHours,
  };
}

function toPriced({ offer, cost }: Candidate): PricedCandidate {
  return {
    offer,
    backend: offer.backend,
    totalUsd: cost.totalUsd,
    worstCase: nanoUsd(cost.worstCaseUsd, "up"),
    priceCapUsdPerHour: cost.priceCapUsdPerHour,
    expectedHours: cost.expectedHours,
    successProbability: cost.successProbability,
  };
}
