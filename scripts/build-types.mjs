// @ts-check
/**
 * Emits declarations with the compiler and places those that an entry reaches into `dist`, once as `.d.ts` for ESM and
 * once as `.d.cts` for CJS, in which relative specifiers end in `.cjs`. Why not the bundler: docs/decisions/0001-build.md.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import ts from "typescript";
import { discoverEntries, root } from "./entries.mjs";

const parsed = ts.getParsedCommandLineOfConfigFile(
  `${root}tsconfig.build.json`,
  {},
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: report },
);
if (parsed === undefined) process.exit(1);

const entries = discoverEntries().filter(({ source }) => existsSync(root + source));
const emitted = mkdtempSync(join(tmpdir(), "spillway-types-"));
const program = ts.createProgram({
  rootNames: entries.map(({ source }) => root + source),
  options: {
    ...parsed.options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: `${root}src`,
    outDir: emitted,
  },
});
const result = program.emit();
const problems = [...ts.getPreEmitDiagnostics(program), ...result.diagnostics];
problems.forEach(report);

const queue = entries.map(({ name }) => `${name}.d.ts`);
const placed = new Set();
for (const file of queue) {
  if (placed.has(file)) continue;
  placed.add(file);
  const text = readFileSync(join(emitted, file), "utf8");
  const relative = ts.preProcessFile(text, true, true).importedFiles.filter(({ fileName }) => fileName.startsWith("."));
  for (const { fileName } of relative) queue.push(posix.join(posix.dirname(file), fileName.replace(/\.js$/, ".d.ts")));
  place(file, text);
  place(file.replace(/\.d\.ts$/, ".d.cts"), toCommonJs(text, relative));
}
rmSync(emitted, { recursive: true });
console.log(`${placed.size} declaration files for each of ESM and CJS`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** @param {string} text @param {ts.FileReference[]} relative Specifiers with the positions of their first and last character. */
function toCommonJs(text, relative) {
  let out = text;
  for (const { fileName } of relative) out = out.replaceAll(`"${fileName}"`, `"${fileName.replace(/\.js$/, ".cjs")}"`);
  return out;
}

/** @param {string} file @param {string} text */
function place(file, text) {
  const target = join(root, "dist", file);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}

/** @param {ts.Diagnostic} diagnostic */
function report(diagnostic) {
  const host = { getCurrentDirectory: () => root, getCanonicalFileName: (/** @type {string} */ name) => name, getNewLine: () => "\n" };
  console.error(ts.formatDiagnostic(diagnostic, host).trimEnd());
}
