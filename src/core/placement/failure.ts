import type { DecisionRecord, RejectionCode, RejectionExample } from "../../model/decision.js";
import type { Decision } from "./decision.js";

/** What a reason is called, and what somebody could do about it. */
interface Advice {
  readonly name: string;
  readonly advice?: string;
}

/**
 * Every code in order of how near the offer came to being taken: of several reasons the nearest one is the most useful to hear.
 */
const ADVICE: Readonly<Record<RejectionCode, Advice>> = {
  "over-budget": { name: "over budget", advice: "raise maxCost or the budget, or shorten the timeout, for which the reservation is made" },
  "no-capacity": { name: "without capacity" },
  "breaker-open": { name: "resting after failures" },
  "same-operator": { name: "of an operator that another attempt already uses", advice: "add backends or ask for fewer replicas" },
  expired: { name: "expired" },
  "backend-failed": { name: "of a backend that could not be asked" },
  "too-long": { name: "too volatile for the work", advice: "add checkpoints or allow steadier machines" },
  excluded: { name: "excluded after failures of this run" },
  policy: { name: "against the policy" },
  "not-interruptible": { name: "reclaimable", advice: "set interruptible: true if the work bears it" },
  lifetime: { name: "too short-lived", advice: "shorten the timeout" },
  "wrong-gpu": { name: "without the right GPU" },
  "too-small": { name: "too small" },
  "wrong-arch": { name: "of another architecture" },
  residency: { name: "in the wrong or an unproven place" },
  certification: { name: "without a required certification" },
  agreement: { name: "without a required agreement" },
  tee: { name: "without a required tee" },
  secrets: { name: "not trusted with secrets" },
  sensitivity: { name: "closed to data of this class" },
  "untrusted-operator": {
    name: "of operators not trusted with this data",
    advice: 'set data.sensitivity to what the data really is, such as "public"',
  },
  staging: { name: "unable to move files" },
  "image-required": { name: "limited to container images", advice: "name an image" },
  "no-images": { name: "unable to run container images", advice: "local() takes images when told acceptImages" },
  unsupported: { name: "unsupported" },
};

const NEARNESS: readonly RejectionCode[] = Object.keys(ADVICE) as RejectionCode[];

/** Reasons that time alone does not cure. Exclusions are among them: the engine may drop those, time does not. */
const LASTING: ReadonlySet<RejectionCode> = new Set<RejectionCode>([
  "no-images",
  "image-required",
  "too-small",
  "wrong-gpu",
  "wrong-arch",
  "not-interruptible",
  "untrusted-operator",
  "sensitivity",
  "residency",
  "certification",
  "agreement",
  "tee",
  "secrets",
  "staging",
  "unsupported",
  "too-long",
  "lifetime",
  "excluded",
]);

/** Why nothing was chosen, for people: the one or two reasons that are most worth knowing, and what to do about the first. */
export function failureOf(rejections: readonly RejectionExample[]): NonNullable<DecisionRecord["failure"]> {
  const told = [...rejections].sort((a, b) => NEARNESS.indexOf(a.code) - NEARNESS.indexOf(b.code)).slice(0, 2);
  const [nearest] = told;
  if (nearest === undefined) {
    return { code: "NO_FEASIBLE_PLACEMENT", message: "There is no backend that could be asked for this workload." };
  }
  const reasons = told.map(({ code, count, example }) => {
    const where = example.offerId === undefined ? example.backend : `${example.backend}/${example.offerId}`;
    return `${count} ${ADVICE[code].name} (${where}: ${example.message})`;
  });
  const others = rejections.reduce((sum, { count }) => sum + count, 0) - told.reduce((sum, { count }) => sum + count, 0);
  const rest = others > 0 ? `; ${others} for other reasons` : "";
  const advice = ADVICE[nearest.code].advice;
  const hint = advice === undefined ? "" : ` To change that, ${advice}.`;
  return { code: "NO_FEASIBLE_PLACEMENT", message: `No offer can be used: ${reasons.join("; ")}${rest}.${hint}` };
}

/** True if waiting cannot help: every rejection is lasting. */
export const isHopeless = (rejections: readonly RejectionExample[]): boolean => rejections.every(({ code }) => LASTING.has(code));

/**
 * The earliest time after now at which the answer may be another one: a breaker lets something through, a backend may be asked
 * again, or an offer expires, after which there is a new listing. Unknown when nothing of the kind is in sight.
 */
export function retryTimeMs(decision: Decision): number | undefined {
  const { nowMs, backends } = decision.input;
  let earliest = Number.POSITIVE_INFINITY;
  const consider = (atMs: number | undefined): void => {
    if (atMs !== undefined && atMs > nowMs && atMs < earliest) earliest = atMs;
  };
  for (const { backend, offers, error, capabilities } of backends) {
    if (error?.details?.retryAfterMs !== undefined) consider(nowMs + error.details.retryAfterMs);
    consider(decision.breakerUntilMs({ backend }));
    // An empty listing expires as well.
    if (offers.length === 0) consider(nowMs + capabilities.offersTtlMs);
    for (const offer of offers) {
      consider(offer.expiresAtMs);
      if (offer.node !== undefined || offer.operator !== undefined) consider(decision.breakerUntilMs(offer));
    }
  }
  return earliest === Number.POSITIVE_INFINITY ? undefined : earliest;
}

/** What a rejection code is called in texts for people. */
export const nameOf = (code: RejectionCode): string => ADVICE[code].name;
