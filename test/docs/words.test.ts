import { expect, test } from "vitest";
import { markdownPages } from "../../scripts/docs-tables.js";
import { prose } from "./markdown.js";

/** Phrases in which one of the fixed words (docs/glossary.md) stands for another. */
const CONFUSED: readonly { readonly pattern: RegExp; readonly instead: string }[] = [
  { pattern: /\b(custom|own|writing a|write a|define a|add a|new|configured|built-in) providers?\b/i, instead: "backend" },
  { pattern: /\bprovider (adapter|plug-?in|contract|interface|conformance|kit)s?\b/i, instead: "backend" },
  { pattern: /\b(providers?\s*(\/|\(or)\s*backends?|backends?\s*(\/|\(or)\s*providers?)\b/i, instead: "one of the two words" },
  { pattern: /\bbackend(s|'s)? (who|that) (sells?|owns?) (the )?(machine|capacity|hardware)/i, instead: "provider or operator" },
  { pattern: /\b(claim|lease) \((or )?(lease|claim)\)/i, instead: "one of the two words" },
  { pattern: /\bjobs? (spec|submission)s?\b/i, instead: "workload" },
];

test.each(markdownPages())("%s uses the words of the glossary", (page) => {
  const wrong = prose(page).flatMap((text, index) =>
    CONFUSED.filter(({ pattern }) => pattern.test(text)).map(
      ({ pattern, instead }) => `${page}:${index + 1}: "${pattern.exec(text)?.[0]}": say ${instead}`,
    ),
  );
  expect(wrong).toEqual([]);
});
