import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { VerificationRequest, Workload } from "../../model/workload.js";
import type { Filter, Penalty, Policy, TimeValue } from "../../spec/policy.js";

/**
 * The policy with every function of the user's checked: what throws, or answers something no decision can be built on, becomes
 * INVALID_POLICY naming policy and function. Checks the plain fields at once.
 *
 * @throws INVALID_POLICY
 */
export function guardedPolicy(policy: Policy): Policy {
  checkFields(policy);
  const { name, verification, hedge } = policy;
  return {
    ...policy,
    filters: policy.filters.map((filter) => guardedFilter(name, filter)),
    penalties: policy.penalties.map((penalty) => guardedPenalty(name, penalty)),
    value: (workload) =>
      checkedValue(
        name,
        calling(name, "value", () => policy.value(workload)),
      ),
    ...(verification === undefined
      ? {}
      : {
          verification: (workload, offer) =>
            checkedVerification(
              name,
              calling(name, "verification", () => verification(workload, offer)),
            ),
        }),
    ...(hedge === undefined
      ? {}
      : {
          hedge: (view) =>
            checkedHedge(
              name,
              calling(name, "hedge", () => hedge(view)),
            ),
        }),
  };
}

function guardedFilter(policy: string, filter: Filter): Filter {
  const where = `filter "${filter.name}"`;
  return {
    name: filter.name,
    test: (view) => {
      const answer: unknown = calling(policy, where, () => filter.test(view));
      if (answer === undefined || typeof answer === "string") return answer;
      throw invalid(policy, where, `answered ${described(answer)}; a filter answers why the offer is out, or undefined`);
    },
  };
}

function guardedPenalty(policy: string, penalty: Penalty): Penalty {
  const where = `penalty "${penalty.name}"`;
  return {
    name: penalty.name,
    usd: (view) => {
      const usd: unknown = calling(policy, where, () => penalty.usd(view));
      if (isAmount(usd)) return usd;
      throw invalid(
        policy,
        where,
        `answered ${described(usd)}; a penalty is a finite number of USD >= 0 (a bonus is a penalty on the others)`,
      );
    },
  };
}

const VALUE_FIELDS = [
  "waitingUsdPerHour",
  "startUsdPerHour",
  "latenessUsdPerHour",
  "missUsd",
] as const satisfies readonly (keyof TimeValue)[];

function checkedValue(policy: string, value: TimeValue): TimeValue {
  for (const field of VALUE_FIELDS) {
    const usd: unknown = value?.[field];
    if (!isAmount(usd)) throw invalid(policy, "value", `answered ${described(usd)} for ${field}; it must be a finite number of USD >= 0`);
  }
  return value;
}

function checkedVerification(policy: string, request: VerificationRequest): VerificationRequest {
  const kind: unknown = request?.kind;
  if (kind === "none" || kind === "custom") return request;
  if (request?.kind === "quorum") {
    const { maxErrorProbability, maxReplicas } = request;
    if (maxErrorProbability > 0 && maxErrorProbability < 0.5 && Number.isInteger(maxReplicas) && maxReplicas >= 1) return request;
    throw invalid(policy, "verification", "answered a quorum without maxErrorProbability in (0, 0.5) and maxReplicas >= 1");
  }
  throw invalid(policy, "verification", `answered ${described(request)}; it must be a verification of kind none, quorum or custom`);
}

function checkedHedge(policy: string, answer: "hedge" | undefined): "hedge" | undefined {
  if (answer === undefined || answer === "hedge") return answer;
  throw invalid(policy, "hedge", `answered ${described(answer)}; it must be "hedge" or undefined`);
}

function checkFields(policy: Policy): void {
  const { name, maxBilledRatio, selection, retry } = policy;
  if (typeof name !== "string" || name === "") throw invalid(String(name), "name", "must be a non-empty string");
  checkNames(name, "filters", policy.filters);
  checkNames(name, "penalties", policy.penalties);
  if (typeof policy.value !== "function") throw invalid(name, "value", "must be a function of the workload");
  if (!(maxBilledRatio >= 1)) throw invalid(name, "maxBilledRatio", `is ${described(maxBilledRatio)}; it must be a number >= 1`);
  if (selection.kind === "quantile" && !(selection.quantile > 0 && selection.quantile < 1)) {
    throw invalid(name, "selection.quantile", `is ${described(selection.quantile)}; it must lie between 0 and 1`);
  }
  if (!Number.isInteger(retry.maxFailures) || retry.maxFailures < 1)
    throw invalid(name, "retry.maxFailures", "must be a whole number >= 1");
  if (!Number.isInteger(retry.maxLaunches) || retry.maxLaunches < 1)
    throw invalid(name, "retry.maxLaunches", "must be a whole number >= 1");
  const { initialMs, factor, maxMs } = retry.backoff;
  if (!(initialMs >= 0 && factor >= 1 && maxMs >= initialMs)) {
    throw invalid(name, "retry.backoff", "needs initialMs >= 0, factor >= 1 and maxMs >= initialMs");
  }
}

function checkNames(policy: string, field: string, rules: readonly (Filter | Penalty)[]): void {
  const seen = new Set<string>();
  for (const rule of rules) {
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(rule.name))
      throw invalid(policy, field, `has the name ${described(rule.name)}; names are kebab-case`);
    if (seen.has(rule.name)) throw invalid(policy, field, `has two rules named "${rule.name}"`);
    seen.add(rule.name);
  }
}

function calling<T>(policy: string, where: string, call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    if (SchedulerError.isInstance(thrown)) throw thrown;
    throw invalid(policy, where, `threw: ${thrown instanceof Error ? thrown.message : String(thrown)}`, thrown);
  }
}

const isAmount = (value: unknown): value is number => typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;

/** The kind of a wrong answer. Strings are shortened: they come from the user's code and may hold anything. */
function described(value: unknown): string {
  if (typeof value === "string") return `"${value.slice(0, 40)}"`;
  return typeof value === "number" || value === undefined || value === null ? String(value) : `something of type ${typeof value}`;
}

function invalid(policy: string, where: string, message: string, cause?: unknown): SchedulerError {
  return new SchedulerError("INVALID_POLICY", `Policy "${policy}": ${where} ${message}.`, {
    details: { field: `policy.${where.split(" ")[0]}`, policy, function: where },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Kept here so that both the placer and the life of a run ask the same question: what an offer needs beyond the workload's wish. */
export function verificationFor(
  policy: Policy,
  asked: VerificationRequest,
  workload: Workload,
  offer: Parameters<NonNullable<Policy["verification"]>>[1],
): VerificationRequest {
  if (asked.kind !== "none" || policy.verification === undefined) return asked;
  return policy.verification(workload, offer);
}
