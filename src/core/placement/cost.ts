import type { Billing, Offer } from "../../model/offer.js";
import type { Capabilities } from "../../spec/capabilities.js";
import { billedHoursOf } from "../cost/billing.js";
import type { CompletionCost, CompletionInput } from "../cost/completion.js";
import { completionCost } from "../cost/completion.js";
import { capMultiplier } from "../cost/volatility.js";
import { worstCaseUsd } from "../cost/worst-case.js";
import { meanParameters } from "../trust/draw.js";
import type { NodeEstimate, NodeParameters } from "../trust/estimate.js";
import type { ReplicaExpectation } from "../verification/verifier-for.js";
import { type BackendTerms, type CostTerms, HOUR_MS, inputEgressTo, LEAST_SUCCESS, TRANSFER_GB_PER_HOUR } from "./cost-terms.js";
import { missProbability } from "./deadline-risk.js";
import { type Denial, denial } from "./filters/denial.js";
import { cappedWorstCase } from "./price-cap.js";

/** A candidate's sum, term by term. USD unless the name says otherwise. */
export interface CandidateCost {
  /** Everything: what is compared. */
  readonly totalUsd: number;
  /** Fully loaded cost of a result: before the value of time, value at risk and penalties. */
  readonly costUsd: number;
  readonly completion: Extract<CompletionCost, { feasible: true }>;
  readonly parameters: NodeParameters;
  readonly replicas: ReplicaExpectation;
  /** Attempts repeated after faults of node or backend. */
  readonly failures: number;
  /** Replicas beyond the first, and verifications that come to no verdict. */
  readonly verification: number;
  readonly waiting: number;
  readonly start: number;
  readonly lateness: number;
  readonly miss: number;
  readonly missProbability: number;
  readonly wrongResult: number;
  /** In the order of the policy's penalties. */
  readonly penalties: readonly number[];
  readonly expectedHours: number;
  readonly expectedStartHours: number;
  /** Length of an undisturbed attempt. */
  readonly attemptHours: number;
  /** Of an attempt that was launched and not interrupted. */
  readonly passProbability: number;
  /** Of one attempt, interruptions and checks included. */
  readonly successProbability: number;
  readonly launchFailureUsd: number;
  readonly priceCapUsdPerHour: number;
  readonly worstCaseUsd: number;
}

const NO_PENALTIES: readonly number[] = [];

/**
 * The worth of one candidate: expected fully loaded cost of a right result, plus what the policy says that time, risk and
 * preferences are worth.
 *
 * ```
 * total = E[N] C1 / (s (1 - undecided))                                  cost
 *       + waiting E[hours] + start E[hours to start] + lateness E[hours late]
 *       + miss P(miss) + valueAtRisk P(wrong) + sum of penalties
 * ```
 *
 * `C1` is {@link completionCost}: interruptions, restarts, set-up, data and billing steps priced in. Faults that no checkpoint
 * helps against (1 - s) repeat all of it, as if each retry found a place like this one.
 *
 * Answers a denial when the expected bill is out of all proportion to the work. A draw alone never condemns: where it is out of
 * reach, the expected parameters decide, and the candidate is priced at the limit. Otherwise one unlucky draw would end a run
 * that has no other place to go.
 */
export function candidateCost(
  terms: CostTerms,
  backend: BackendTerms,
  offer: Offer,
  estimate: NodeEstimate,
  drawn: NodeParameters,
  replicas: ReplicaExpectation,
): CandidateCost | Denial {
  let parameters = drawn;
  let input = completionInput(terms, backend, offer, parameters);
  let completion = completionCost(input);
  if (!completion.feasible) {
    const expected = completionCost(completionInput(terms, backend, offer, meanParameters(estimate)));
    if (!expected.feasible) return denial(expected.billedHours > 0 ? "too-long" : "unsupported", expected.reason);
    parameters = tamed(terms, backend, offer, drawn);
    input = completionInput(terms, backend, offer, parameters);
    completion = completionCost(input);
    if (!completion.feasible) return denial("too-long", completion.reason);
  }
  const success = Math.max(LEAST_SUCCESS, parameters.successProbability);
  const launchProbability = Math.max(LEAST_SUCCESS, parameters.launchProbability);
  const decided = 1 - replicas.undecidedProbability;
  if (!(decided > 1e-3)) {
    return denial("untrusted-operator", "its results were found wrong too often: no affordable number of replicas could confirm one");
  }

  const { value, timeLeftMs } = terms;
  const { startHours } = parameters;
  const rounding = offer.price.usdPerHour > 0 ? completion.parts.billingRounding / offer.price.usdPerHour : 0;
  const relaunchHours = (completion.runs * startHours * (1 - launchProbability)) / launchProbability;
  const expectedHours = (completion.billedHours - rounding + relaunchHours) / success;
  const expectedStartHours = startHours / launchProbability;
  const attemptHours = (input.setupHours ?? 0) + input.workHours + (input.uploadHours ?? 0);
  const onceReliable = completion.usd / success;
  const costUsd = (onceReliable * replicas.expected) / decided;

  const hoursLeft = timeLeftMs === undefined ? undefined : timeLeftMs / HOUR_MS;
  const every = completion.checkpointEveryHours;
  const missing = missProbability({
    hoursLeft,
    attemptHours,
    hazardPerHour: parameters.hazardPerHour,
    launchProbability,
    successProbability: success,
    attemptsLeft: terms.attemptsLeft,
    interruptionHours:
      every === undefined
        ? undefined
        : (input.setupHours ?? 0) + (terms.checkpoint?.restoreHours ?? 0) + every / 2 + backend.detectionHours,
  });
  const waiting = value.waitingUsdPerHour * expectedHours;
  const start = value.startUsdPerHour * expectedStartHours;
  const lateness = hoursLeft === undefined ? 0 : value.latenessUsdPerHour * Math.max(0, expectedHours - hoursLeft);
  const miss = value.missUsd * missing;
  const wrongResult = terms.valueAtRiskUsd * replicas.errorProbability;
  // Where results are compared, a wrong one is a failed attempt; elsewhere nobody notices.
  const passProbability = replicas.expected > 1 ? success * (1 - Math.min(1, estimate.wrong)) : success;
  const successProbability = launchProbability * Math.exp(-parameters.hazardPerHour * attemptHours) * passProbability;

  const { penalties } = terms.policy;
  let charged = NO_PENALTIES;
  let penaltyUsd = 0;
  if (penalties.length > 0) {
    const view = {
      workload: terms.workload,
      offer,
      capabilities: backend.capabilities,
      nowMs: terms.nowMs,
      ...(timeLeftMs === undefined ? {} : { timeLeftMs }),
      expectedHours,
      expectedStartHours,
      successProbability,
      costUsd,
    };
    charged = penalties.map((penalty) => penalty.usd(view));
    for (const usd of charged) penaltyUsd += usd;
  }

  const { usdPerHour, worstCaseUsd } = cappedWorstCase(offer, (price) => worstCaseAt(terms, backend, offer, price), terms.availableUsd);
  return {
    totalUsd: costUsd + waiting + start + lateness + miss + wrongResult + penaltyUsd,
    costUsd,
    completion,
    parameters,
    replicas,
    failures: onceReliable - completion.usd,
    verification: costUsd - onceReliable,
    waiting,
    start,
    lateness,
    miss,
    missProbability: missing,
    wrongResult,
    penalties: charged,
    expectedHours,
    expectedStartHours,
    attemptHours,
    passProbability,
    successProbability,
    launchFailureUsd: input.launchFailureUsd ?? 0,
    priceCapUsdPerHour: usdPerHour,
    worstCaseUsd,
  };
}

/** The drawn parameters with the largest hazard, to 1 in 256, at which the bill stays in proportion. Rare, so a search will do. */
function tamed(terms: CostTerms, backend: BackendTerms, offer: Offer, drawn: NodeParameters): NodeParameters {
  let least = 0;
  let most = drawn.hazardPerHour;
  for (let step = 0; step < 8; step++) {
    const hazardPerHour = (least + most) / 2;
    const { feasible } = completionCost(completionInput(terms, backend, offer, { ...drawn, hazardPerHour }));
    if (feasible) least = hazardPerHour;
    else most = hazardPerHour;
  }
  return { ...drawn, hazardPerHour: least };
}

function completionInput(terms: CostTerms, backend: BackendTerms, offer: Offer, parameters: NodeParameters): CompletionInput {
  const { price } = offer;
  const setupHours = parameters.startHours + (backend.transfers ? terms.inputGB / TRANSFER_GB_PER_HOUR : 0);
  const uploadHours = backend.transfers ? terms.outputGB / TRANSFER_GB_PER_HOUR : 0;
  const workHours = terms.workHours / parameters.speed;
  const billing = billingOf(offer, backend);
  const usdPerLaunch = price.usdPerLaunch ?? 0;
  const keeps = billing.prepaid && billing.refund === "none";
  const undisturbedHours = billedHoursOf(Math.max(setupHours + workHours + uploadHours, keeps ? terms.lifetimeHours : 0), billing);
  return {
    workHours,
    setupHours,
    uploadHours,
    // Checkpoints are worth something only where somebody stores them: the runner, or a helper beside the command.
    ...(terms.checkpoint === undefined || !storesCheckpoints(backend.capabilities) ? {} : { checkpoint: terms.checkpoint }),
    hazardPerHour: parameters.hazardPerHour,
    detectionHours: backend.detectionHours,
    usdPerHour: price.usdPerHour,
    spread: price.settlement?.spread ?? 0,
    launchFailureProbability: 1 - Math.max(LEAST_SUCCESS, parameters.launchProbability),
    launchFailureUsd: usdPerLaunch + price.usdPerHour * Math.max(parameters.startHours, billing.minimumMs / HOUR_MS),
    usdPerLaunch,
    inputGB: terms.inputGB,
    inputUsdPerGB: inputEgressTo(terms, offer.backend) + (price.ingressUsdPerGB ?? 0),
    outputGB: terms.outputGB,
    outputUsdPerGB: price.egressUsdPerGB ?? 0,
    checkpointUsdPerGB: price.egressUsdPerGB ?? 0,
    maxBilledHours: terms.policy.maxBilledRatio * undisturbedHours,
    // Rounding is told apart by its price; a free machine has none.
    ...(price.usdPerHour > 0 ? { billing, bookedHours: billedHoursOf(terms.lifetimeHours, billing) } : {}),
  };
}

/** Billing rules of an offer: its own, else its backend's. */
const billingOf = (offer: Offer, backend: BackendTerms): Billing => offer.billing ?? backend.capabilities.billing;

/** Most that a lease may cost at a price: the whole lifetime, from bind on, with token bills widened. */
function worstCaseAt(terms: CostTerms, backend: BackendTerms, offer: Offer, usdPerHour: number): number {
  const { price } = offer;
  const maxLifetimeHours = terms.lifetimeHours + backend.bindHours;
  return worstCaseUsd({
    usdPerHour,
    maxLifetimeHours,
    billing: billingOf(offer, backend),
    usdPerLaunch: price.usdPerLaunch ?? 0,
    spread: price.settlement?.spread ?? 0,
    inputGB: terms.inputGB,
    inputUsdPerGB: inputEgressTo(terms, offer.backend) + (price.ingressUsdPerGB ?? 0),
    outputGB: terms.outputGB,
    outputUsdPerGB: price.egressUsdPerGB ?? 0,
    checkpointGB: terms.checkpoint?.sizeGB ?? 0,
    checkpointUsdPerGB: price.egressUsdPerGB ?? 0,
    capMultiplier: capMultiplier(price.settlement, maxLifetimeHours),
  });
}

const storesCheckpoints = ({ staging }: Capabilities): boolean => staging === "wrapper" || staging === "sidecar";
