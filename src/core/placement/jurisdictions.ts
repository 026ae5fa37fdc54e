/**
 * Which countries belong to which legal space, as ISO 3166-1 alpha-2 codes. Law changes faster than releases: each set
 * carries the date at which it was looked up, and a workload can always name single countries or a `transferBasis` instead.
 *
 * Sources: European Commission, list of member states and list of adequacy decisions (Art. 45 GDPR); EEA agreement.
 */

/** When the sets below were last compared with their sources. */
export const JURISDICTIONS_AS_OF = "2026-11-22";

/** The 27 member states of the European Union. */
export const EU: ReadonlySet<string> = new Set(
  "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split(" "),
);

/** European Economic Area: the EU with Iceland, Liechtenstein and Norway. */
export const EEA: ReadonlySet<string> = new Set([...EU, "IS", "LI", "NO"]);

/**
 * Countries outside the EEA that the European Commission holds adequate for personal data without a further condition on
 * the recipient (Canada: commercial organisations, which sellers of machines are).
 */
export const ADEQUATE: ReadonlySet<string> = new Set("AD AR BR CA CH FO GB GG IL IM JE JP KR NZ UY".split(" "));

/**
 * Adequate only for organisations that are certified: country -> certification the operator must hold. The United States
 * under the EU-US Data Privacy Framework.
 */
export const ADEQUATE_IF_CERTIFIED: ReadonlyMap<string, string> = new Map([["US", "dpf"]]);

/** Everyday codes that are not the ISO ones. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["UK", "GB"],
  ["EL", "GR"],
]);

/** A residency list, digested: a country satisfies it if it is listed, or adequate where the list says `ADEQUATE`. */
export interface PlaceRule {
  readonly countries: ReadonlySet<string>;
  /** The list names `ADEQUATE`, so that conditionally adequate countries count for certified operators. */
  readonly adequate: boolean;
  /** As the caller wrote it, for messages. */
  readonly text: string;
}

/** Digests a residency list of country codes and the sets `EU`, `EEA`, `ADEQUATE`. Unknown words stay, and match no country. */
export function placeRule(residency: readonly string[]): PlaceRule {
  const countries = new Set<string>();
  let adequate = false;
  for (const written of residency) {
    const code = written.trim().toUpperCase();
    if (code === "EU") addAll(countries, EU);
    else if (code === "EEA") addAll(countries, EEA);
    else if (code === "ADEQUATE") {
      addAll(countries, ADEQUATE);
      adequate = true;
    } else countries.add(ALIASES.get(code) ?? code);
  }
  return { countries, adequate, text: residency.join(", ") };
}

/** Whether a country satisfies the rule for an operator with these certifications. */
export function isPlaceAllowed(rule: PlaceRule, country: string, certifications: readonly string[]): boolean {
  if (rule.countries.has(country)) return true;
  if (!rule.adequate) return false;
  const condition = ADEQUATE_IF_CERTIFIED.get(country);
  return condition !== undefined && certifications.includes(condition);
}

/** Where personal data may be processed without a transfer basis of the caller's (Art. 44-45 GDPR). */
export const PERSONAL_DATA_PLACES: PlaceRule = {
  countries: new Set([...EEA, ...ADEQUATE]),
  adequate: true,
  text: "EEA, ADEQUATE",
};

function addAll(target: Set<string>, source: ReadonlySet<string>): void {
  for (const code of source) target.add(code);
}
