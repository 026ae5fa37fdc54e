import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { conformanceClauses } from "../../src/conformance/index.js";
import { listedIn, PAGE, withLists } from "./clause-lists.js";

describe("docs/conformance.md", () => {
  const page = readFileSync(PAGE, "utf8");
  const inSource = Object.values(conformanceClauses)
    .flat()
    .map(({ id, rule }) => `${id}: ${rule}`);

  test("lists every clause of the source", () => {
    const listed = new Set(listedIn(page));
    expect(inSource.filter((clause) => !listed.has(clause))).toEqual([]);
  });

  test("lists no clause that the source does not have, and none twice", () => {
    const known = new Set(inSource);
    expect(listedIn(page).filter((clause) => !known.has(clause))).toEqual([]);
    expect(listedIn(page).length).toBe(inSource.length);
  });

  test("is what `npx tsx test/conformance/clause-lists.ts` writes", () => {
    expect(withLists(page)).toBe(page);
  });

  test("names every fault, status and level", () => {
    for (const word of ["offline", "live", "passed", "failed", "skipped", "inapplicable"]) expect(page).toContain(`| \`${word}\` |`);
  });
});

test("clause ids are stable names, and rules are sentences", () => {
  for (const { id, rule } of Object.values(conformanceClauses).flat()) {
    expect(id).toMatch(/^(backend|store|artifacts)\/[a-z-]+\/[a-z0-9-]+$/);
    expect(rule, id).toMatch(/^[A-Z`].*\.$/);
  }
});
