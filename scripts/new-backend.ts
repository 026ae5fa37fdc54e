/**
 * Writes a new backend: a folder of small files with a TODO at each real choice, its conformance test, and its page.
 *
 *     npm run new-backend -- acme-cloud
 *     npm run new-backend -- acme-cloud --outside --into ../spillway-acme
 *
 * `--into DIR` writes below another folder than the repository. `--outside` writes for a package of your own: sources in
 * `src`, imports from "spillway/kit". Nothing that exists is overwritten.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./entries.mjs";

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const ZOD = 'import { z } from "zod";';
const TEMPLATES = join(root, "scripts", "new-backend-template");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { into: { type: "string", default: root }, outside: { type: "boolean", default: false } },
});
const [name = "", ...more] = positionals;
if (!NAME.test(name) || more.length > 0) fail("Give the new backend one name in kebab-case: npm run new-backend -- acme-cloud");

const words = name.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
const title = words.join(" ");
const joined = words.join("");
const source = values.outside ? "src" : `src/backends/${name}`;
const test = values.outside ? `test/${name}.conformance.test.ts` : `test/conformance/${name}.test.ts`;

/** What stands for `{{...}}` in the templates. */
const blanks: Readonly<Record<string, string>> = {
  kind: name,
  Title: title,
  factory: joined.charAt(0).toLowerCase() + joined.slice(1),
  ENV: name.toUpperCase().replaceAll("-", "_"),
  // The linter's order of imports: packages before relative paths, by name.
  zodFirst: values.outside ? "" : ZOD,
  zodLast: values.outside ? ZOD : "",
  kit: values.outside ? "spillway/kit" : "../../kit/index.js",
  entry: values.outside ? `spillway-${name}` : `spillway/backends/${name}`,
  backend: values.outside ? "../src/index.js" : `../../src/backends/${name}/index.js`,
};

const files: readonly (readonly [template: string, target: string])[] = [
  ...["index", "client", "wire", "map", "errors"].map((file) => [`${file}.ts.tmpl`, `${source}/${file}.ts`] as const),
  ["conformance.test.ts.tmpl", test],
  ["page.md.tmpl", values.outside ? "README.md" : `docs/backends/${name}.md`],
];

const target = (file: string): string => join(resolve(values.into), file);
const taken = files.map(([, file]) => file).filter((file) => existsSync(target(file)));
if (taken.length > 0) fail(`Nothing was written, since these exist already: ${taken.join(", ")}`);

let choices = 0;
for (const [template, file] of files) {
  const text = fill(readFileSync(join(TEMPLATES, template), "utf8"), template);
  choices += text.match(/TODO\(/g)?.length ?? 0;
  mkdirSync(dirname(target(file)), { recursive: true });
  writeFileSync(target(file), text);
  console.log(`wrote ${file}`);
}
console.log(`
${choices} choices are marked TODO. Then:
  npx vitest run ${test}${values.outside ? "" : "\n  npm run sync-exports"}
docs/writing-a-backend.md explains each clause that the test names.`);

/** A blank that is filled with nothing takes its line with it. */
function fill(text: string, template: string): string {
  return text.replace(/\{\{(\w+)\}\}(\n?)/g, (_, blank: string, end: string) => {
    const value = blanks[blank] ?? fail(`${template} asks for {{${blank}}}, which nobody knows.`);
    return value === "" ? "" : value + end;
  });
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
