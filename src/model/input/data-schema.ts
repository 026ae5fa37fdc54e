import * as z from "zod";
import { bad, good, type Reading } from "../reading.js";
import { SENSITIVITIES } from "../workload.js";
import { readAgeRecipient } from "./age-recipient.js";
import { oneOf, reading, readText, shorthand, strict, text, textList } from "./schema.js";

const WORD = {
  max: 64,
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  problem: "must be one word of letters, digits, . _ and -, such as `iso27001`",
};

const lower = (word: string): string => word.toLowerCase();

/** Sets of countries that compliance rules know by name. */
const COUNTRY_SETS = new Set(["EU", "EEA", "ADEQUATE"]);

/** Codes that people write for countries whose code is another one. */
const COUNTRY_MISTAKES: ReadonlyMap<string, string> = new Map([
  ["UK", "GB"],
  ["EL", "GR"],
]);

/** Reads a country code or a named set of countries, upper-cased. */
export function readCountry(value: unknown): Reading<string> {
  const written = readText(value, { max: 16 });
  if (!written.ok) return written;
  const code = written.value.trim().toUpperCase();
  const meant = COUNTRY_MISTAKES.get(code);
  if (meant) return bad(`is not an ISO 3166-1 code; did you mean \`${meant}\`?`);
  return /^[A-Z]{2}$/.test(code) || COUNTRY_SETS.has(code)
    ? good(code)
    : bad("must be an ISO 3166-1 code such as `DE`, or `EU`, `EEA`, `ADEQUATE`");
}

/** Two letters are a country and upper-cased; anything else is a seller's region name and left alone. */
export const near = reading((value): Reading<string> => {
  const written = readText(value, { max: 64 });
  return written.ok && /^[a-z]{2}$/i.test(written.value) ? good(written.value.toUpperCase()) : written;
});

const countries = z.preprocess(
  (value) => (typeof value === "string" ? [value] : value),
  z
    .array(reading(readCountry))
    .max(300)
    .transform((codes) => [...new Set(codes)]),
);

export const data = z.preprocess(
  shorthand("sensitivity"),
  strict({
    sensitivity: oneOf(SENSITIVITIES).exactOptional(),
    residency: countries.exactOptional(),
    certifications: textList(WORD, { max: 50, map: lower }).exactOptional(),
    agreements: textList(WORD, { max: 50, map: lower }).exactOptional(),
    tee: textList(WORD, { max: 50, map: lower }).exactOptional(),
    transferBasis: text(WORD).exactOptional(),
    encryptTo: reading(readAgeRecipient).exactOptional(),
  }),
);
