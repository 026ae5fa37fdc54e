import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { akashOptions } from "../../../../src/backends/akash/options.js";

const page = readFileSync(new URL("../../../../docs/backends/akash.md", import.meta.url), "utf8");

/** First column of the table below a heading. */
function firstColumn(heading: string): readonly string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| `([^`]+)`/gm)].flatMap(([, name]) => name ?? []);
}

test("the page names every option and no other", () => {
  expect([...firstColumn("Options")].sort()).toEqual(Object.keys(akashOptions.shape).sort());
});

test("the page gives the default of every number that has one", () => {
  const defaults = akashOptions.parse({});
  for (const [name, value] of Object.entries(defaults)) {
    if (typeof value !== "number") continue;
    const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\` |`)) ?? "";
    expect(row.split("|")[2]?.replaceAll(",", "").trim(), name).toBe(String(value));
  }
});

test("the page says how far it was tested", () => {
  expect(page).toContain("Tested against a simulator; not yet run against the live service.");
});
