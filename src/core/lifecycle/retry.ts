import { ERROR_CODES, type ErrorCode, type Retry } from "../../model/errors/codes.js";
import type { SerializedError } from "../../model/errors/scheduler-error.js";
import type { NodeIdentity } from "../../model/offer.js";
import type { Exclusions } from "../../model/run.js";
import type { RetryPolicy, RetryRule } from "../../spec/policy.js";

/** What to do after a failure: the policy's word for the code, else the error's own, which defaults to the table's. */
export function retryRule(error: SerializedError, policy: RetryPolicy): Required<RetryRule> {
  const rule = policy.byCode[error.code];
  const retry: Retry = rule?.retry ?? error.retry;
  return { retry, exclude: rule?.exclude ?? defaultExclusion(error.code) };
}

/** Market answers speak of one offer, account problems of the whole backend, everything else of the machine. */
function defaultExclusion(code: ErrorCode): NonNullable<RetryRule["exclude"]> {
  switch (ERROR_CODES[code].fault) {
    case "market":
      return "offer";
    case "backend":
      return "backend";
    default:
      return "node";
  }
}

/** Adds the failed place to what is avoided; when the node is unknown, the next wider scope that is known stands in. */
export function exclude(exclusions: Exclusions, what: NonNullable<RetryRule["exclude"]>, who: NodeIdentity, offerId: string): Exclusions {
  switch (what) {
    case "node":
      if (who.node !== undefined) return { ...exclusions, nodes: add(exclusions.nodes, `${who.backend}/${who.node}`) };
      return exclude(exclusions, "operator", who, offerId);
    case "operator":
      if (who.operator !== undefined) return { ...exclusions, operators: add(exclusions.operators, `${who.backend}/${who.operator}`) };
      // An unknown operator: the offer is the narrowest thing that can be avoided without giving a whole market up.
      return exclude(exclusions, "offer", who, offerId);
    case "provider":
      if (who.provider !== undefined) return { ...exclusions, providers: add(exclusions.providers, `${who.backend}/${who.provider}`) };
      return exclude(exclusions, "backend", who, offerId);
    case "backend":
      return { ...exclusions, backends: add(exclusions.backends, who.backend) };
    case "offer":
      return { ...exclusions, offers: add(exclusions.offers, `${who.backend}/${offerId}`) };
  }
}

export const isExcluding = (exclusions: Exclusions): boolean =>
  exclusions.nodes.length +
    exclusions.operators.length +
    exclusions.providers.length +
    exclusions.backends.length +
    exclusions.offers.length >
  0;

/** Whether a failure counts against the machine or the backend in the estimates. */
export function isTheirFault(code: ErrorCode): boolean {
  const fault = ERROR_CODES[code].fault;
  return fault === "node" || fault === "backend";
}

const add = (list: readonly string[], value: string): readonly string[] => (list.includes(value) ? list : [...list, value]);
