import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { expect, inject, test } from "vitest";
import { root } from "../../scripts/entries.mjs";
import { runChild } from "../setup/child.js";
import { moduleGraph, packageOf } from "../setup/modules.js";

const { tarball, folder, files } = inject("installedPackage");
const read = (file: string): string => readFileSync(join(folder, file), "utf8");
const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string> | undefined>;

test("publint has nothing to say", async () => {
  const { messages, pkg } = await publint({ pkgDir: folder, pack: false, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test("the types resolve for every kind of consumer", async () => {
  const attw = join(root, "node_modules", "@arethetypeswrong", "cli", "dist", "index.js");
  const { code, stdout, stderr } = await runChild(process.execPath, [attw, tarball, "--profile", "node16", "--no-color", "--no-emoji"], {
    cwd: root,
  });
  expect(stderr).toBe("");
  expect(code, stdout).toBe(0);
});

test("the tarball holds the build, its papers and nothing else", () => {
  const papers = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
  expect(files.filter((file) => !file.startsWith("dist/")).sort()).toEqual(papers);
  const strange = files.filter((file) => file.startsWith("dist/") && !/\.(js|cjs|d\.ts|d\.cts)$/.test(file));
  expect(strange).toEqual([]);
});

test("installing runs no script", () => {
  const scripts = Object.keys(manifest["scripts"] ?? {});
  expect(scripts.filter((name) => /^(pre|post)?(install|prepare|publish)$/.test(name))).toEqual([]);
});

test("no file names a package registry or a folder of the machine that built it", () => {
  const foreign = [/registry\.(npmjs|yarnpkg)\.(org|com)/i, /npm\.pkg\.github\.com/i, new RegExp(`${root}|${homedir()}/`)];
  const found = files.flatMap((file) => foreign.filter((pattern) => pattern.test(read(file))).map((pattern) => `${file}: ${pattern}`));
  expect(found).toEqual([]);
});

test("CJS files do not rely on import.meta, which is empty there", () => {
  expect(files.filter((file) => file.endsWith(".cjs") && /\bimport_meta\d* = \{\}/.test(read(file)))).toEqual([]);
});

test("declarations for CJS refer to declarations for CJS", () => {
  const declarations = files.filter((file) => file.endsWith(".d.cts"));
  expect(declarations.length).toBeGreaterThan(0);
  expect(declarations.filter((file) => /["']\.{1,2}\/[^"']*\.js["']/.test(read(file)))).toEqual([]);
});

test("code loads only what the manifest declares: dependencies with the entry, optional peers later", () => {
  const dependencies = Object.keys(manifest["dependencies"] ?? {});
  const peers = Object.keys(manifest["peerDependencies"] ?? {});
  const modules = files.filter((file) => /\.c?js$/.test(file)).map((file) => moduleGraph(join(folder, file)));
  const outside = (pick: "loaded" | "lazy"): string[] => [
    ...new Set(modules.flatMap((graph) => [...graph[pick]].filter((name) => !isBuiltin(name)).map(packageOf))),
  ];
  expect(outside("loaded").filter((name) => !dependencies.includes(name))).toEqual([]);
  expect(outside("lazy").filter((name) => !dependencies.includes(name) && !peers.includes(name))).toEqual([]);
  expect(dependencies.filter((name) => !outside("loaded").includes(name) && !outside("lazy").includes(name))).toEqual([]);
});

test("every peer dependency is optional and is the version that is tested here", () => {
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly peerDependencies: Record<string, string>;
    readonly peerDependenciesMeta: Record<string, { readonly optional: boolean }>;
    readonly devDependencies: Record<string, string>;
  };
  for (const [name, range] of Object.entries(own.peerDependencies)) {
    expect(range, name).toBe(`^${own.devDependencies[name]}`);
    expect(own.peerDependenciesMeta[name], name).toEqual({ optional: true });
  }
});
