import type { CostPart } from "../../model/decision.js";
import { formatUsd } from "../../model/money.js";
import type { CandidateCost, CostTerms } from "./cost.js";

/** Parts smaller than this are rounding errors, not costs. */
const LEAST_USD = 1e-12;

/**
 * A candidate's sum as named parts, in the order in which they arise. Parts of nothing are left out, except `compute`.
 *
 * @param explained whether each part says where it comes from; costs as much as all the rest
 */
export function costParts(cost: CandidateCost, terms: CostTerms, usdPerHour: number, explained: boolean): readonly CostPart[] {
  const { completion, replicas, parameters } = cost;
  const { parts, runs } = completion;
  const all: CostPart[] = [];
  const add = (name: string, usd: number, why?: () => string): void => {
    if (usd < LEAST_USD && name !== "compute") return;
    all.push(explained && why !== undefined ? { name, usd, why: why() } : { name, usd });
  };
  const perHour = `${formatUsd(usdPerHour)}/h`;
  const interruptions = (): string => `${figure(runs - 1)} interruptions expected`;

  add("compute", parts.compute, () => `${hours(usdPerHour > 0 ? parts.compute / usdPerHour : cost.attemptHours)} at ${perHour}`);
  add("set-up", parts.setUp, () => `${hours(parts.setUp / usdPerHour)} at ${perHour}`);
  add("checkpoints", parts.checkpoints, () => `one every ${hours(completion.checkpointEveryHours ?? 0)}`);
  add("lost-work", parts.lostWork, interruptions);
  add("detection", parts.detection, interruptions);
  add("billing-steps", parts.billingRounding, () => "rounding up, minimum and booked time");
  add("spread", parts.spread, () => "buying the token that the bill is paid in");
  add("launch", parts.launch, () => `${figure(runs)} launches expected`);
  add("failed-launches", parts.launchFailures, () => `${percent(1 - parameters.launchProbability)} of launches come to nothing`);
  add("input-egress", parts.inputEgress, () => `${figure(terms.inputGB)} GB, ${figure(runs)} times`);
  add("output-egress", parts.outputEgress, () => `${figure(terms.outputGB)} GB`);
  add("checkpoint-egress", parts.checkpointEgress, interruptions);
  add("operations", parts.operations, interruptions);
  add("storage", parts.storage);
  add("repeats", cost.failures, () => `${percent(1 - parameters.successProbability)} of attempts fail by a fault of the place`);
  add("verification", cost.verification, () => `${figure(replicas.expected)} results expected until one is confirmed`);
  add("waiting", cost.waiting, () => `${hours(cost.expectedHours)} at ${formatUsd(terms.value.waitingUsdPerHour)}/h`);
  add("start", cost.start, () => `${hours(cost.expectedStartHours)} at ${formatUsd(terms.value.startUsdPerHour)}/h`);
  add("lateness", cost.lateness, () => `${hours(cost.expectedHours - (terms.timeLeftMs ?? 0) / 3_600_000)} after the deadline`);
  add("miss", cost.miss, () => `${percent(cost.missProbability)} risk of no result${terms.timeLeftMs === undefined ? "" : " in time"}`);
  add("wrong-result", cost.wrongResult, () => `${percent(replicas.errorProbability)} risk of a wrong result`);
  terms.policy.penalties.forEach((penalty, index) => {
    add(penalty.name, cost.penalties[index] ?? 0);
  });
  return all;
}

/** `3.2 h`, or minutes and seconds where hours would be all zeros. */
export function hours(value: number): string {
  if (value >= 1) return `${figure(value)} h`;
  return value * 60 >= 1 ? `${figure(value * 60)} min` : `${figure(value * 3_600)} s`;
}

/** Two digits, without trailing zeros. */
const figure = (value: number): string => String(value >= 100 ? Math.round(value) : Number(value.toPrecision(2)));

/** A share in percent with two digits. */
export const percent = (share: number): string => `${figure(Math.max(0, share) * 100)} %`;
