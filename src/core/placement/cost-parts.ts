import type { CostPart } from "../../model/decision.js";
import { formatUsd } from "../../model/money.js";
import type { CandidateCost } from "./cost.js";
import type { CostTerms } from "./cost-terms.js";

/** Parts smaller than this are rounding errors, not costs. */
const LEAST_USD = 1e-12;

/** A candidate's sum as named parts, in the order in which they arise. Parts of nothing are left out, except `compute`. */
export function costParts(cost: CandidateCost, terms: CostTerms): CostPart[] {
  const { parts } = cost.completion;
  const all: CostPart[] = [{ name: "compute", usd: parts.compute }];
  put(all, "set-up", parts.setUp);
  put(all, "checkpoints", parts.checkpoints);
  put(all, "lost-work", parts.lostWork);
  put(all, "detection", parts.detection);
  put(all, "billing-steps", parts.billingRounding);
  put(all, "spread", parts.spread);
  put(all, "launch", parts.launch);
  put(all, "failed-launches", parts.launchFailures);
  put(all, "input-egress", parts.inputEgress);
  put(all, "output-egress", parts.outputEgress);
  put(all, "checkpoint-egress", parts.checkpointEgress);
  put(all, "operations", parts.operations);
  put(all, "storage", parts.storage);
  put(all, "repeats", cost.failures);
  put(all, "verification", cost.verification);
  put(all, "waiting", cost.waiting);
  put(all, "start", cost.start);
  put(all, "lateness", cost.lateness);
  put(all, "miss", cost.miss);
  put(all, "wrong-result", cost.wrongResult);
  const { penalties } = terms.policy;
  for (let index = 0; index < penalties.length; index++) put(all, penalties[index]?.name ?? "", cost.penalties[index] ?? 0);
  return all;
}

/** Parts below this share of the sum need no explanation. */
const WORTH_TELLING = 0.01;

/** The same, each part that matters with a phrase that says where it comes from. Takes several times as long. */
export function explainedParts(cost: CandidateCost, terms: CostTerms, usdPerHour: number): CostPart[] {
  const parts = costParts(cost, terms);
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] as CostPart;
    if (part.usd < WORTH_TELLING * cost.totalUsd) continue;
    const why = whyOf(part, cost, terms, usdPerHour);
    if (why !== undefined) parts[index] = { name: part.name, usd: part.usd, why };
  }
  return parts;
}

function put(all: CostPart[], name: string, usd: number): void {
  if (usd >= LEAST_USD) all.push({ name, usd });
}

function whyOf({ name, usd }: CostPart, cost: CandidateCost, terms: CostTerms, usdPerHour: number): string | undefined {
  const { completion, replicas, parameters } = cost;
  switch (name) {
    case "compute":
      return `${hours(usdPerHour > 0 ? usd / usdPerHour : cost.attemptHours)} at ${formatUsd(usdPerHour)}/h`;
    case "set-up":
      return `${hours(usd / usdPerHour)} at ${formatUsd(usdPerHour)}/h`;
    case "checkpoints":
      return `one every ${hours(completion.checkpointEveryHours ?? 0)}`;
    case "lost-work":
    case "detection":
    case "checkpoint-egress":
    case "operations":
      return `${figure(completion.runs - 1)} interruptions expected`;
    case "billing-steps":
      return "rounding up, minimum and booked time";
    case "spread":
      return "buying the token that the bill is paid in";
    case "launch":
      return `${figure(completion.runs)} launches expected`;
    case "failed-launches":
      return `${percent(1 - parameters.launchProbability)} of launches come to nothing`;
    case "input-egress":
      return `${figure(terms.inputGB)} GB, ${figure(completion.runs)} times`;
    case "output-egress":
      return `${figure(terms.outputGB)} GB`;
    case "repeats":
      return `${percent(1 - parameters.successProbability)} of attempts fail by a fault of the place`;
    case "verification":
      return `${figure(replicas.expected)} results expected until one is confirmed`;
    case "waiting":
      return `${hours(cost.expectedHours)} at ${formatUsd(terms.value.waitingUsdPerHour)}/h`;
    case "start":
      return `${hours(cost.expectedStartHours)} at ${formatUsd(terms.value.startUsdPerHour)}/h`;
    case "lateness":
      return `${hours(cost.expectedHours - (terms.timeLeftMs ?? 0) / 3_600_000)} after the deadline`;
    case "miss":
      return `${percent(cost.missProbability)} risk of no result${terms.timeLeftMs === undefined ? "" : " in time"}`;
    case "wrong-result":
      return `${percent(replicas.errorProbability)} risk of a wrong result`;
    default:
      return undefined;
  }
}

/** `3.2 h`, or minutes and seconds where hours would be all zeros. */
export function hours(value: number): string {
  if (value >= 1) return `${figure(value)} h`;
  return value * 60 >= 1 ? `${figure(value * 60)} min` : `${figure(value * 3_600)} s`;
}

/** Two digits, without trailing zeros. By arithmetic where it can be: `toPrecision` is slow. */
function figure(value: number): string {
  if (value >= 10) return String(Math.round(value));
  if (value >= 1) return String(Math.round(value * 10) / 10);
  return String(value >= 0.1 ? Math.round(value * 100) / 100 : Number(value.toPrecision(2)));
}

/** A share in percent with two digits; shares that two digits would round to all or nothing say so. */
export function percent(share: number): string {
  if (share > 0.9995 && share < 1) return "over 99.9 %";
  if (share < 0.0001 && share > 0) return "under 0.01 %";
  return `${share > 0.99 && share < 1 ? (share * 100).toFixed(1) : figure(Math.max(0, share) * 100)} %`;
}
