// @ts-check
/**
 * What the formatter's linter cannot know: promises left alone, switches with gaps, imports against the arrows, and the
 * outside world touched anywhere but through `Host`. Everything else is biome's (biome.json).
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

const root = fileURLToPath(new URL(".", import.meta.url));

/** Who may import whom, below `src`. Anything may import from its own folder; a folder that is not listed imports nothing else. @type {Record<string, string[]>} */
const MAY_IMPORT = {
  spec: ["model"],
  core: ["model", "spec"],
  policies: ["model", "spec", "core"],
  kit: ["model", "spec"],
  testing: ["model", "spec", "kit"],
  // The real runner and the real signed URLs: a stand-in for them would prove nothing.
  conformance: ["model", "spec", "kit", "testing", "data"],
  // The runtime applies the default store and the shared parts of staging; no backend ever.
  runtime: ["model", "spec", "core", "policies", "kit", "stores/memory", "data"],
  backends: ["model", "spec", "kit"],
  stores: ["model", "spec", "kit"],
  data: ["model", "spec", "kit"],
};

/** Groups whose members stand alone, each with the sub-folders that its members share. */
const SHARED_BY_MEMBERS = { backends: [], stores: [], data: ["staging", "runner"] };

/** @param {string} folder */
const foldersIn = (folder) =>
  readdirSync(`${root}${folder}`, { withFileTypes: true })
    .filter((member) => member.isDirectory())
    .map(({ name }) => name);

/** Keeps `target` from importing anything below `from` but itself and `allowed`. @param {string} target @param {string} from @param {readonly string[]} allowed */
const zone = (target, from, allowed) => ({
  target: `./${from}/${target}`,
  from: `./${from}`,
  except: [...new Set([target, ...allowed])].map((folder) => `./${folder}`),
  message: `${from}/${target} may import only ${["itself", ...allowed].join(", ")} from ${from}: see "Import direction" in CONTRIBUTING.md.`,
});

const zones = [
  ...foldersIn("src").map((folder) => zone(folder, "src", MAY_IMPORT[folder] ?? [])),
  ...Object.entries(SHARED_BY_MEMBERS).flatMap(([group, shared]) =>
    foldersIn(`src/${group}`).map((member) => zone(member, `src/${group}`, shared)),
  ),
];

const clock =
  "Take the time, timers, randomness, hashes and environment from the `Host` you are given (src/spec/host.ts), so that everything runs on virtual time.";

const outsideWorld = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: clock },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: clock },
  { selector: "CallExpression[callee.name='Date']", message: clock },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: clock },
  { selector: "MemberExpression[object.name='process'][property.name='env']", message: clock },
  { selector: "MemberExpression[object.name='process'][property.name='hrtime']", message: clock },
  { selector: "MemberExpression[object.name='AbortSignal'][property.name='timeout']", message: clock },
];

const wordless = {
  selector: "TSAsExpression > TSAsExpression > TSUnknownKeyword",
  message: "`as unknown as` hides a wrong type. Parse the value at the border, or narrow it.",
};

export default tseslint.config(
  { ignores: ["dist/", "docs/api/", "coverage/", "**/fixtures/**", ".spillway/", ".quickstart/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts"],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: root } },
    plugins: { "@typescript-eslint": tseslint.plugin, "import-x": importX },
    settings: {
      "import-x/extensions": [".ts"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
      "import-x/resolver-next": [createTypeScriptImportResolver({ project: `${root}tsconfig.json` })],
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { arguments: false, attributes: false } }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports", disallowTypeAnnotations: false }],
      "max-lines": ["error", { max: 400 }],
    },
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "import-x/no-cycle": "error",
      "import-x/no-restricted-paths": ["error", { basePath: root, zones }],
      "no-restricted-imports": [
        "error",
        {
          patterns: [{ group: ["spillway", "spillway/*"], message: "Sources import each other by relative path." }],
          paths: [
            { name: "node:crypto", message: clock },
            { name: "node:timers", message: clock },
            { name: "node:timers/promises", message: clock },
            { name: "node:perf_hooks", importNames: ["performance"], message: clock },
          ],
        },
      ],
      "no-restricted-globals": [
        "error",
        ...["setTimeout", "setInterval", "setImmediate", "performance", "crypto"].map((name) => ({ name, message: clock })),
      ],
      "no-restricted-syntax": ["error", ...outsideWorld, wordless],
    },
  },
  {
    // The places that are the outside world: the real one and the one on virtual time; and the default environment of a backend's
    // factory, which runs before there is any host to ask.
    files: ["src/runtime/system-host.ts", "src/testing/virtual-host.ts", "src/kit/environment.ts"],
    rules: { "no-restricted-globals": "off", "no-restricted-imports": "off", "no-restricted-syntax": ["error", wordless] },
  },
  {
    files: ["test/**/*.ts"],
    ignores: ["test/support/property.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { paths: [{ name: "fast-check", message: "Take fc from test/support/property.ts, where its seed is set." }] },
      ],
    },
  },
);
