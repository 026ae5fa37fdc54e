import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { golemOptions } from "../../../../src/backends/golem/options.js";

const page = readFileSync(new URL("../../../../docs/backends/golem.md", import.meta.url), "utf8");

/** First column of the table below a heading. */
function firstColumn(heading: string): readonly string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| `([^`]+)`/gm)].flatMap(([, name]) => name ?? []);
}

test("the page names every option and no other", () => {
  expect([...firstColumn("Options")].sort()).toEqual(Object.keys(golemOptions.shape).sort());
});

test("the page says how far it was tested", () => {
  expect(page).toContain("Tested against a simulator; not yet run against the live network.");
});
