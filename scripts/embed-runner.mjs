// @ts-check
/**
 * Makes src/data/runner/script.ts from src/data/runner/runner.sh: comments, indentation and empty lines are left out, for every byte
 * travels with every launch. `--check` only says whether the two agree.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../src/data/runner/", import.meta.url));

/** @param {string} source */
export function emitted(source) {
  const lines = source.split("\n").map((line) => line.trim());
  return `${lines.filter((line) => line !== "" && !line.startsWith("#")).join("\n")}\n`;
}

/** @param {string} source */
export function moduleText(source) {
  return `/** The runner as it is sent, made from runner.sh by \`node scripts/embed-runner.mjs\`. */
export const RUNNER_SCRIPT =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's, not ours
  ${quoted(emitted(source))};
`;
}

/** A string literal, in the quotes that the formatter would choose. @param {string} text */
function quoted(text) {
  const json = JSON.stringify(text);
  const singles = text.split("'").length;
  const doubles = text.split('"').length;
  return doubles > singles ? `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'` : json;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = moduleText(readFileSync(`${folder}runner.sh`, "utf8"));
  if (!process.argv.includes("--check")) writeFileSync(`${folder}script.ts`, text);
  else if (readFileSync(`${folder}script.ts`, "utf8") !== text) {
    console.error("src/data/runner/script.ts is not made from runner.sh: run `node scripts/embed-runner.mjs`.");
    process.exitCode = 1;
  }
}
