import { describe, expect, test } from "vitest";
import { environmentVariables, renderTable, staleTables, TABLES, withTables } from "../../scripts/docs-tables.js";
import { ERROR_CODES } from "../../src/model/errors/codes.js";
import { EVENT_TYPES } from "../../src/model/event.js";
import { headings, prose } from "./markdown.js";

/** What stands in backticks in the first column of a table, without links and question marks. */
const firstColumn = (table: string): string[] => [...table.matchAll(/^\| \[?`([^`?]+)\??`/gm)].flatMap(([, name]) => name ?? []);

describe("tables in the documentation", () => {
  test("are equal to the source, in both directions", () => {
    expect(staleTables()).toEqual([]);
  });

  test("are made of every code, event and variable", () => {
    expect(firstColumn(renderTable("errors"))).toEqual(Object.keys(ERROR_CODES));
    expect(firstColumn(renderTable("events"))).toEqual([...EVENT_TYPES]);
    expect(firstColumn(renderTable("environment"))).toEqual([...environmentVariables().keys()]);
    expect(firstColumn(renderTable("capabilities"))).toEqual(expect.arrayContaining(["paid", "staging", "lifetimeLimitMs"]));
  });

  test.each(Object.keys(TABLES))("%s: a row too many, too few or changed is noticed", (name) => {
    const good = withTables(`<!-- table: ${name} -->\n<!-- end of table -->`);
    const rows = good.split("\n");
    const tooFew = rows.toSpliced(4, 1).join("\n");
    const tooMany = rows.toSpliced(4, 0, "| `INVENTED` | |").join("\n");
    for (const stale of [tooFew, tooMany, good.replace(/`/, "'")]) {
      expect(stale).not.toBe(good);
      expect(withTables(stale)).toBe(good);
    }
  });
});

describe("docs/errors.md", () => {
  const page = "docs/errors.md";

  test("says for every code what to do, and for nothing else", () => {
    const described = headings(page).flatMap((heading) => /^`([A-Z_]+)`$/.exec(heading)?.[1] ?? []);
    expect(described.toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
  });

  test("leaves no heading of a code without text", () => {
    const lines = prose(page).filter((line) => line.trim() !== "");
    const empty = lines.filter((line, index) => line.startsWith("### ") && (lines[index + 1] ?? "#").startsWith("#"));
    expect(empty).toEqual([]);
  });
});
