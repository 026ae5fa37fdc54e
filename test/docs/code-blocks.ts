import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/entries.mjs";
import type { CodeBlock } from "./markdown.js";

/** Info strings of blocks that are compiled. `ts` is a whole file, `ts fragment` the inside of a function (CONTRIBUTING.md). */
const COMPILED = new Set(["ts", "ts fragment"]);

/** Other words for TypeScript and JavaScript, which would let a block escape the compiler. */
const ESCAPES = /^(ts|tsx|typescript|js|jsx|javascript|mjs|cjs|mts|cts)\b/i;

/** Whether a block has to be compiled. */
export const isCompiled = ({ info }: CodeBlock): boolean => COMPILED.has(info);

/** Blocks that look like code but are not marked so that they are compiled. */
export const escaping = (blocks: readonly CodeBlock[]): string[] =>
  blocks
    .filter((block) => ESCAPES.test(block.info) && !isCompiled(block))
    .map(({ page, line, info }) => `${page}:${line}: "${info}": use "ts" or "ts fragment"`);

/** What stands before a fragment. */
const prelude = readFileSync(join(root, "test", "docs", "prelude.txt"), "utf8")
  .trimEnd()
  .split("\n");

const isImport = (line: string): boolean => /^import .*;$/.test(line);

/** The name that a line of the prelude imports. */
const importedName = (line: string): string | undefined => /^import \{ (\w+) \}/.exec(line)?.[1];

/** A block as a file of its own, and how to get from a line of that file to a line of the page. */
export function asFile(block: CodeBlock): { readonly text: string; readonly lineInPage: (line: number) => number } {
  const lines = block.text.split("\n");
  if (block.info === "ts") return { text: `${block.text}\nexport {};\n`, lineInPage: (line) => block.line + line };
  // Imports of the fragment move out of the function and replace those of the prelude; an empty line keeps their place.
  const imports = lines.filter(isImport);
  const words = new Set(imports.flatMap((line) => line.match(/\w+/g) ?? []));
  const head = [
    ...prelude.filter((line) => !words.has(importedName(line) ?? "")),
    ...imports,
    "export async function fragment(): Promise<unknown> {",
  ];
  const body = lines.map((line) => (isImport(line) ? "" : line));
  return {
    text: [...head, ...body, "return undefined;", "}", ""].join("\n"),
    lineInPage: (line) => block.line + Math.max(0, line - head.length),
  };
}
