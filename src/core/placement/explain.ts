import type { CandidateRecord, CostPart, DecisionRecord, RejectionExample } from "../../model/decision.js";
import { formatUsd } from "../../model/money.js";
import { hours, percent } from "./cost-parts.js";
import { nameOf } from "./failure.js";

/** Limits that keep an explanation on one screen: at most 25 lines in all. */
const MOST_PARTS = 9;
/** Parts below this share of the sum explain nothing; they are named together. */
const LEAST_SHARE = 0.005;
const MOST_REJECTIONS = 6;
const MOST_DIFFERENCES = 3;
const MOST_MESSAGE = 140;

/**
 * A decision in plain words: what was chosen and why, the sum line by line, what the runner-up would have cost more, why the others
 * were out, and what comes next if this fails. Made from the record alone, so that it can be told long after.
 */
export function explain(record: DecisionRecord): string {
  const lines = record.chosen === undefined ? refusal(record) : choice(record, record.chosen);
  return [...lines, ...rejectionLines(record), ...chainLines(record), ...bidLines(record)].join("\n");
}

function choice(record: DecisionRecord, chosen: CandidateRecord): string[] {
  const what = record.purpose === "primary" ? `attempt ${record.attempt}` : `attempt ${record.attempt} (${record.purpose})`;
  const why =
    record.priced > 1
      ? `chosen because its expected cost, ${formatUsd(chosen.totalUsd)}, is the least of ${record.priced} candidates under the policy "${record.policy}":`
      : `chosen because nothing else can be used under the policy "${record.policy}"; its expected cost is ${formatUsd(chosen.totalUsd)}:`;
  return [
    `${placeOf(chosen)} for ${what}`,
    why,
    ...reuseLines(record, chosen),
    ...partLines(chosen.parts),
    `  ${formatUsd(chosen.totalUsd).padStart(10)}  in all; at most ${formatUsd(chosen.worstCaseUsd)} is reserved`,
    `one attempt succeeds with ${percent(chosen.successProbability)}; result expected in ${hours(chosen.expectedHours)}`,
    ...runnerUpLines(record, chosen),
  ];
}

function reuseLines({ atMs }: DecisionRecord, { reuses }: CandidateRecord): string[] {
  if (reuses === undefined) return [];
  return [`an open lease is used again: its time is paid for ${hours((reuses.paidUntilMs - atMs) / 3_600_000)} more`];
}

function refusal({ failure, policy, evaluated }: DecisionRecord): string[] {
  const looked = `Nothing was chosen: the policy "${policy}" looked at ${evaluated} offer${evaluated === 1 ? "" : "s"}.`;
  return failure === undefined ? [looked] : [looked, shortened(failure.message, 4 * MOST_MESSAGE)];
}

function partLines(parts: readonly CostPart[]): string[] {
  const least = LEAST_SHARE * parts.reduce((sum, { usd }) => sum + usd, 0);
  const large = parts.filter(({ usd }) => usd >= least);
  const shown = new Set(large.sort((a, b) => b.usd - a.usd).slice(0, MOST_PARTS));
  const lines = parts.filter((part) => shown.has(part)).map(partLine);
  const rest = parts.filter((part) => !shown.has(part));
  if (rest.length === 0) return lines;
  const names = rest.map(({ name }) => name).join(", ");
  return [...lines, `  ${formatUsd(rest.reduce((sum, { usd }) => sum + usd, 0)).padStart(10)}  ${names}`];
}

function partLine({ name, usd, why }: CostPart): string {
  return `  ${formatUsd(usd).padStart(10)}  ${name}${why === undefined ? "" : `: ${why}`}`;
}

function runnerUpLines({ candidates }: DecisionRecord, chosen: CandidateRecord): string[] {
  const runnerUp = candidates.find((candidate) => candidate.backend !== chosen.backend || candidate.offerId !== chosen.offerId);
  if (runnerUp === undefined) return [];
  const difference = runnerUp.totalUsd - chosen.totalUsd;
  if (!(difference > 0)) return [`next best: ${placeOf(runnerUp)}, just as good; equal ones go by name`];
  return [`next best: ${placeOf(runnerUp)}, ${formatUsd(difference)} more${differences(chosen.parts, runnerUp.parts)}`];
}

/** The parts in which two sums differ most, such as ` (lost-work +$0.20, compute -$0.05)`. */
function differences(chosen: readonly CostPart[], other: readonly CostPart[]): string {
  const byName = new Map<string, number>();
  for (const { name, usd } of other) byName.set(name, usd);
  for (const { name, usd } of chosen) byName.set(name, (byName.get(name) ?? 0) - usd);
  const largest = [...byName]
    .filter(([, usd]) => Math.abs(usd) >= 1e-9)
    .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
    .slice(0, MOST_DIFFERENCES)
    .map(([name, usd]) => `${name} ${usd > 0 ? "+" : "-"}${formatUsd(Math.abs(usd))}`);
  return largest.length === 0 ? "" : ` (${largest.join(", ")})`;
}

function rejectionLines({ rejections, rejected, evaluated }: DecisionRecord): string[] {
  if (rejections.length === 0) return [];
  const shown = rejections.slice(0, MOST_REJECTIONS);
  const rest = rejections.slice(MOST_REJECTIONS).reduce((sum, { count }) => sum + count, 0);
  return [
    `rejected because (${rejected} of ${evaluated}):`,
    ...shown.map(rejectionLine),
    ...(rest > 0 ? [`  ${String(rest).padStart(6)}  for other reasons`] : []),
  ];
}

function rejectionLine({ code, count, example }: RejectionExample): string {
  const where = example.offerId === undefined ? example.backend : `${example.backend}/${example.offerId}`;
  return `  ${String(count).padStart(6)}  ${nameOf(code)}: ${shortened(`${where}: ${example.message}`, MOST_MESSAGE)}`;
}

function chainLines({ chain }: DecisionRecord): string[] {
  if (chain === undefined || chain.order.length < 2) return [];
  const [, ...fallbacks] = chain.order;
  const together = `${percent(chain.successProbability)} at ${formatUsd(chain.expectedUsd)}`;
  return [`if it fails: ${fallbacks.join(", then ")} (all of them together succeed with ${together})`];
}

function bidLines({ bids }: DecisionRecord): string[] {
  if (bids === undefined) return [];
  const best = bids.slice(0, 3).map(({ offerId, usdPerHour, verdict }) => `${offerId} at ${formatUsd(usdPerHour)}/h ${verdict}`);
  return [`${bids.length} bid${bids.length === 1 ? "" : "s"}${best.length === 0 ? "" : `: ${best.join("; ")}`}`];
}

function placeOf({ backend, offerId, operator, node, usdPerHour }: CandidateRecord): string {
  const who = [
    operator === undefined ? undefined : `operator ${operator}`,
    node === undefined || node === offerId ? undefined : `node ${node}`,
  ];
  const known = who.filter((part) => part !== undefined).join(", ");
  return `${backend}/${offerId}${known === "" ? "" : ` (${known})`} at ${formatUsd(usdPerHour)}/h`;
}

const shortened = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 3)}...`);
