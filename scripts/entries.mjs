// @ts-check
/**
 * The one list of the package's entries. The build, `package.json` (`npm run sync-exports`), the API reference and the
 * package tests read it, so an entry is added by adding its folder and running `npm run sync-exports`.
 */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository. */
export const root = fileURLToPath(new URL("../", import.meta.url));

/** Entries that every version has. A missing source file is an error. */
const FIXED = ["index", "policies/index", "spec/index", "kit/index", "conformance/index", "testing/index"];

/** Folders whose sub-folders are entries as soon as they hold an `index.ts`. */
const GROUPS = ["stores", "backends", "data"];

/** Sub-folders of a group that are shared parts and not something a user imports. */
const INTERNAL = new Set(["data/staging", "data/runner"]);

/**
 * @typedef {object} Entry
 * @property {string} name Path of the source below `src/` and of the output below `dist/`, without extension.
 * @property {string} subpath Key in `exports`, such as `./backends/local`.
 * @property {string} specifier What a user imports, such as `spillway/backends/local`.
 * @property {string} source Path of the source from the root, such as `src/backends/local/index.ts`.
 */

/** @param {string} name @returns {Entry} */
function entryOf(name) {
  const subpath = name === "index" ? "." : `./${name.replace(/\/index$/, "")}`;
  return { name, subpath, specifier: subpath.replace(/^\./, "spillway"), source: `src/${name}.ts` };
}

/** All entries, the root first, then in a stable order. @returns {Entry[]} */
export function discoverEntries() {
  const found = GROUPS.flatMap((group) => {
    const folder = `${root}src/${group}`;
    const members = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
    return members
      .filter((member) => member.isDirectory())
      .map((member) => `${group}/${member.name}`)
      .filter((path) => !INTERNAL.has(path) && existsSync(`${root}src/${path}/index.ts`))
      .map((path) => `${path}/index`)
      .sort();
  });
  return [...FIXED, ...found].map(entryOf);
}

/** Fixed entries whose source does not exist. @returns {Entry[]} */
export const missingEntries = () => discoverEntries().filter((entry) => !existsSync(root + entry.source));

/** The `exports` field of `package.json`: ESM and CJS, each with declarations of its own. @returns {Record<string, unknown>} */
export function exportsField() {
  const rows = discoverEntries().map(({ subpath, name }) => [
    subpath,
    {
      import: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
      require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
    },
  ]);
  return { ...Object.fromEntries(rows), "./package.json": "./package.json" };
}
