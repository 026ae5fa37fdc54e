/**
 * Keeps the lists of clauses in `docs/conformance.md` equal to the source. `npx tsx test/conformance/clause-lists.ts`
 * writes them; `documented-clauses.test.ts` compares.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ConformanceClause, type ConformanceSuite, conformanceClauses } from "../../src/conformance/index.js";

export const PAGE = fileURLToPath(new URL("../../docs/conformance.md", import.meta.url));

const LIST = /<!-- clauses: (?<suite>backend|store|artifacts) -->\n[\s\S]*?<!-- end of clauses -->/g;

/** Clauses as a Markdown table. */
export function renderClauses(clauses: readonly ConformanceClause[]): string {
  const rows = clauses.map(({ id, rule }) => `| \`${id}\` | ${rule.replaceAll("|", "\\|")} |`);
  return ["| clause | what a right one does |", "|---|---|", ...rows].join("\n");
}

/** The page with all lists generated anew. */
export const withLists = (page: string): string =>
  page.replace(LIST, (_, suite: ConformanceSuite) => {
    return `<!-- clauses: ${suite} -->\n\n${renderClauses(conformanceClauses[suite])}\n\n<!-- end of clauses -->`;
  });

/** The clauses that a page lists, as `id: rule`. */
export function listedIn(page: string): readonly string[] {
  return [...page.matchAll(/^\| `(?<id>(?:backend|store|artifacts)\/[\w-]+\/[\w-]+)` \| (?<rule>.*) \|$/gm)].map(
    ({ groups }) => `${groups?.["id"]}: ${groups?.["rule"]?.replaceAll("\\|", "|")}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, withLists(readFileSync(PAGE, "utf8")));
