import type { Offer } from "../../model/offer.js";
import type { NodeParameters } from "../trust/estimate.js";
import type { ReplicaExpectation } from "../verification/verifier-for.js";
import { type BackendTerms, type CostTerms, HOUR_MS, inputEgressTo, LEAST_SUCCESS, TRANSFER_GB_PER_HOUR } from "./cost-terms.js";

/**
 * What `candidateCost` cannot be below, for all parameters that are no better than these. Interruptions, rounding, failed
 * launches, error and the policy's own penalties are left out; everything that is left grows with worse parameters.
 */
export function leastCost(
  terms: CostTerms,
  backend: BackendTerms,
  offer: Offer,
  best: NodeParameters,
  replicas: ReplicaExpectation,
): number {
  const { value, timeLeftMs } = terms;
  const { price } = offer;
  const success = Math.max(LEAST_SUCCESS, best.successProbability);
  const transferHours = backend.transfers ? (terms.inputGB + terms.outputGB) / TRANSFER_GB_PER_HOUR : 0;
  const hours = best.startHours + transferHours + terms.workHours / best.speed;
  const run =
    price.usdPerHour * (1 + (price.settlement?.spread ?? 0)) * hours +
    (price.usdPerLaunch ?? 0) +
    terms.inputGB * (inputEgressTo(terms, offer.backend) + (price.ingressUsdPerGB ?? 0)) +
    terms.outputGB * (price.egressUsdPerGB ?? 0);
  const cost = (run * replicas.expected) / (success * (1 - replicas.undecidedProbability));
  const total = cost + (value.waitingUsdPerHour * hours) / success + value.startUsdPerHour * best.startHours;
  const wrong = terms.valueAtRiskUsd * replicas.errorProbability;
  if (timeLeftMs === undefined) return total + wrong;
  const hoursLeft = timeLeftMs / HOUR_MS;
  return total + wrong + value.latenessUsdPerHour * Math.max(0, hours / success - hoursLeft) + (hours > hoursLeft ? value.missUsd : 0);
}
