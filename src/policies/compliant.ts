import type { OperatorClass } from "../model/offer.js";
import type { Policy } from "../spec/policy.js";
import { DEFAULT_RETRY } from "./retry.js";
import { filter } from "./rules.js";
import { type TimeValueOptions, timeValue } from "./time-value.js";

export interface CompliantOptions extends TimeValueOptions {
  /** Operator classes that may be used at all. Default `self`, `single`. */
  readonly operators?: readonly OperatorClass[];
  /** ISO 3166-1 alpha-2 codes of countries that may be used. Default: any that is proven. */
  readonly countries?: readonly string[];
  /** Certifications every operator but the caller must hold, lower case. Default none. */
  readonly certifications?: readonly string[];
  /** Agreements that must exist with every operator but the caller, lower case. Default none. */
  readonly agreements?: readonly string[];
  /** Unfavourable quantile at which estimates enter, in (0, 1). Default 0.8. */
  readonly quantile?: number;
}

/**
 * House rules on top of those of each data class, for every workload alike: known operators, places proven by contract or audit
 * (the caller's own machines excepted), certifications and agreements. Decisions are deterministic (quantiles, no draws), so
 * that an auditor gets the same answer again.
 */
export function compliant(options: CompliantOptions = {}): Policy {
  const operators = options.operators ?? ["self", "single"];
  const countries = options.countries;
  const certifications = options.certifications ?? [];
  const agreements = options.agreements ?? [];
  return {
    name: "compliant",
    filters: [
      filter("house-operators", ({ offer }) =>
        operators.includes(offer.trust.operator)
          ? undefined
          : `operators of class ${operators.join(", ")} only; this one is ${offer.trust.operator}`,
      ),
      filter("house-places", ({ offer }) => {
        if (offer.trust.operator === "self") return undefined;
        const { country, proof } = offer.place;
        if (country === undefined || proof === "claimed")
          return "the place must be proven by contract or audit; it is unknown or only claimed";
        return countries === undefined || countries.includes(country)
          ? undefined
          : `places in ${countries.join(", ")} only; this one is in ${country}`;
      }),
      filter("house-papers", ({ offer }) => {
        if (offer.trust.operator === "self") return undefined;
        const certification = certifications.find((name) => !offer.trust.certifications.includes(name));
        if (certification !== undefined) return `every operator must hold ${certification}; this one does not`;
        const agreement = agreements.find((name) => !offer.trust.agreements.includes(name));
        return agreement === undefined ? undefined : `the agreement ${agreement} is required with every operator; none is declared`;
      }),
    ],
    penalties: [],
    value: timeValue(options, { waitingUsdPerHour: 0.05, interactiveUsdPerHour: 60, latenessUsdPerHour: 10 }),
    retry: DEFAULT_RETRY,
    selection: { kind: "quantile", quantile: options.quantile ?? 0.8 },
    maxBilledRatio: 20,
  };
}
