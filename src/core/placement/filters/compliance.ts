import type { Offer } from "../../../model/offer.js";
import { SENSITIVITIES, type Sensitivity } from "../../../model/workload.js";
import { isPlaceAllowed, type PlaceRule } from "../jurisdictions.js";
import type { ComplianceNeed } from "../need.js";
import { type Denial, denial, listed } from "./denial.js";

/** What an offer, or the best a backend could offer, says about trust and place. */
export type ComplianceFacts = Pick<Offer, "trust" | "place" | "maxSensitivity">;

type ComplianceFilter = (facts: ComplianceFacts, need: ComplianceNeed) => Denial | undefined;

/** The seller's own limit: data more restricted than this never goes there. */
export const limitedSensitivity: ComplianceFilter = (facts, need) => {
  const limit = facts.maxSensitivity;
  if (limit === undefined || rank(need.sensitivity) <= rank(limit)) return undefined;
  return denial("sensitivity", `the data is ${need.sensitivity}; this offer takes at most ${limit} data`);
};

/** The class decides who may run the machine. */
export const trustedOperator: ComplianceFilter = (facts, need) => {
  if (need.rule.operators.includes(facts.trust.operator) || reliesOnTee(need)) return undefined;
  const wanted = need.rule.operators.join(", ");
  const found = `operator class: ${facts.trust.operator}`;
  return denial("untrusted-operator", `${need.sensitivity} data needs an operator of class ${wanted}; found ${found}`);
};

/** Agreements that the class or the workload asks for, and for confidential data a contract of some kind. */
export const agreed: ComplianceFilter = (facts, need) => {
  const { operator, agreements } = facts.trust;
  const missing = need.agreements.find((name) => !agreements.includes(name));
  if (missing !== undefined) {
    return denial("agreement", `the workload requires the agreement ${missing} with the operator; declared: ${listed(agreements)}`);
  }
  if (operator === "self") return undefined;
  const missingForClass = need.rule.agreements.find((name) => !agreements.includes(name));
  if (missingForClass !== undefined) {
    return denial("agreement", `${need.sensitivity} data needs the agreement ${missingForClass}; declared: ${listed(agreements)}`);
  }
  if (need.rule.contract && operator !== "single" && agreements.length === 0 && !reliesOnTee(need)) {
    return denial("agreement", `${need.sensitivity} data needs a contract with the operator or a tee named by the workload; found neither`);
  }
  return undefined;
};

/** Certifications that the class or the workload asks for. */
export const certified: ComplianceFilter = (facts, need) => {
  const { operator, certifications } = facts.trust;
  const missing = need.certifications.find((name) => !certifications.includes(name));
  if (missing !== undefined) {
    return denial("certification", `the workload requires the certification ${missing}; the operator has: ${listed(certifications)}`);
  }
  const missingForClass = need.rule.certifications.find((name) => !certifications.includes(name));
  if (missingForClass !== undefined) {
    return denial("certification", `${need.sensitivity} data needs the certification ${missingForClass}; found: ${listed(certifications)}`);
  }
  if (need.rule.audited && operator !== "self" && certifications.length === 0) {
    return denial("certification", `${need.sensitivity} data needs an audited operator; found no certification`);
  }
  return undefined;
};

/** One of the trusted execution environments that the workload names. */
export const inTee: ComplianceFilter = (facts, need) => {
  if (need.tee.length === 0 || need.tee.some((name) => facts.trust.tee.includes(name))) return undefined;
  return denial("tee", `the workload requires one of the tees ${need.tee.join(", ")}; the machine has: ${listed(facts.trust.tee)}`);
};

/** Where the machine stands, by contract or audit. A merely claimed country counts as unknown. */
export const inPlace: ComplianceFilter = (facts, need) => {
  const explicit = need.residency;
  if (explicit !== undefined && !isIn(facts, explicit)) {
    return denial("residency", `the data must stay in ${explicit.text}; ${foundPlace(facts)}`);
  }
  const byClass = need.rule.place;
  if (byClass === undefined || facts.trust.operator === "self" || isIn(facts, byClass)) return undefined;
  // A transfer basis is granted for a transfer to some country: one has to know which.
  if (need.transferBasis !== undefined && provenCountry(facts) !== undefined) return undefined;
  const way = need.transferBasis === undefined ? "or a transferBasis" : `or, with the basis ${need.transferBasis}, a country that is known`;
  return denial("residency", `${need.sensitivity} data needs a place in ${byClass.text} ${way}; ${foundPlace(facts)}`);
};

/** Secrets and registry passwords are readable by the host: only known operators and tees get them, unless `secretsTo: "any"`. */
export const keepsSecrets: ComplianceFilter = (facts, need) => {
  if (!need.secrets || facts.trust.operator !== "permissionless" || need.tee.length > 0) return undefined;
  return denial(
    "secrets",
    'the workload has secrets, which the host could read; found operator class: permissionless (secretsTo: "any" would allow it)',
  );
};

/** All rules of trust and place in the order in which they are worth telling. */
export const COMPLIANCE_FILTERS: readonly ComplianceFilter[] = [
  limitedSensitivity,
  trustedOperator,
  keepsSecrets,
  inTee,
  agreed,
  certified,
  inPlace,
];

/** The first rule that the facts break. Unknown never satisfies. */
export function complianceDenial(facts: ComplianceFacts, need: ComplianceNeed): Denial | undefined {
  for (const filter of COMPLIANCE_FILTERS) {
    const found = filter(facts, need);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The country if somebody other than the seller vouches for it. */
export function provenCountry(facts: ComplianceFacts): string | undefined {
  return facts.place.proof === "claimed" ? undefined : facts.place.country;
}

// That a machine *has* the tee is the rule `inTee`; here it only matters that the workload insists on it.
const reliesOnTee = (need: ComplianceNeed): boolean => need.rule.teeInstead && need.tee.length > 0;

const rank = (sensitivity: Sensitivity): number => SENSITIVITIES.indexOf(sensitivity);

function isIn(facts: ComplianceFacts, rule: PlaceRule): boolean {
  const country = provenCountry(facts);
  return country !== undefined && isPlaceAllowed(rule, country, facts.trust.certifications);
}

function foundPlace(facts: ComplianceFacts): string {
  const { country, proof } = facts.place;
  if (country === undefined) return "the country is unknown";
  return proof === "claimed" ? `the country ${country} is only claimed` : `the country is ${country}`;
}
