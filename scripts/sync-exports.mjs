// @ts-check
/**
 * Holds `exports` in `package.json` equal to the entries found in `src`.
 * `npm run sync-exports` writes; `--check` only reports and exits with 1 on a difference.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { exportsField, missingEntries, root } from "./entries.mjs";

const file = `${root}package.json`;
/** @type {Record<string, unknown>} */
const manifest = JSON.parse(readFileSync(file, "utf8"));
const expected = exportsField();
const actual = /** @type {Record<string, unknown>} */ (manifest["exports"] ?? {});

const problems = [
  ...missingEntries().map((entry) => `${entry.source} does not exist, yet "${entry.specifier}" is an entry that every version has.`),
  ...Object.keys(expected)
    .filter((key) => JSON.stringify(expected[key]) !== JSON.stringify(actual[key]))
    .map((key) => `exports["${key}"] in package.json is missing or differs from the source tree.`),
  ...Object.keys(actual)
    .filter((key) => !(key in expected))
    .map((key) => `exports["${key}"] in package.json has no source.`),
];

if (process.argv.includes("--check")) {
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) console.error("Run `npm run sync-exports` after adding or removing an entry.");
  process.exitCode = problems.length > 0 ? 1 : 0;
} else {
  manifest["exports"] = expected;
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  for (const entry of missingEntries()) console.error(`${entry.source} does not exist yet.`);
  console.log(`package.json exports ${Object.keys(expected).length - 1} entries and itself.`);
}
