import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { root } from "../../../scripts/entries.mjs";
import { runChild } from "../../setup/child.js";
import { temporaryDirectory } from "../../support/temporary.js";

/** Checking the whole program takes seconds, and many of them beside other work. */
const COMPILE_MS = 120_000;

const run = (args: readonly string[]) =>
  runChild(process.execPath, ["--import", "tsx", join(root, "scripts/new-backend.ts"), ...args], { cwd: root });

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();

/** Makes the folder a project in which `spillway` is found in `sources`, and compiles its files by the repository's strict settings. */
function compile(folder: string, files: readonly string[], sources: string): string[] {
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, "tsconfig.json"),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  );
  const options: ts.CompilerOptions = {
    ...config?.options,
    paths: { spillway: [join(sources, "index.ts")], "spillway/*": [join(sources, "*/index.ts")] },
    noEmit: true,
  };
  const program = ts.createProgram(
    files.map((file) => join(folder, file)),
    options,
  );
  return program
    .getSourceFiles()
    .filter(({ fileName }) => files.some((file) => fileName === join(folder, file)))
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
}

async function written(args: readonly string[]): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
  const folder = temporaryDirectory();
  const { code, stderr } = await run([...args, "--into", folder]);
  expect(code, stderr).toBe(0);
  return { folder, files: filesIn(folder) };
}

describe("new-backend", () => {
  it(
    "writes a backend for this repository that compiles",
    async () => {
      const { folder, files } = await written(["acme-cloud"]);
      expect(files).toEqual([
        "docs/backends/acme-cloud.md",
        "src/backends/acme-cloud/client.ts",
        "src/backends/acme-cloud/errors.ts",
        "src/backends/acme-cloud/index.ts",
        "src/backends/acme-cloud/map.ts",
        "src/backends/acme-cloud/wire.ts",
        "test/conformance/acme-cloud.test.ts",
      ]);
      // Everything else of the repository lies beside it, as it would after a run without `--into`.
      for (const part of readdirSync(join(root, "src")).filter((name) => name !== "backends"))
        symlinkSync(join(root, "src", part), join(folder, "src", part));
      for (const backend of readdirSync(join(root, "src/backends")))
        symlinkSync(join(root, "src/backends", backend), join(folder, "src/backends", backend));
      const code = files.filter((file) => file.endsWith(".ts"));
      expect(compile(folder, code, join(folder, "src"))).toEqual([]);
    },
    COMPILE_MS,
  );

  it(
    "writes a package of one's own that compiles",
    async () => {
      const { folder, files } = await written(["acme", "--outside"]);
      expect(files).toEqual([
        "README.md",
        "src/client.ts",
        "src/errors.ts",
        "src/index.ts",
        "src/map.ts",
        "src/wire.ts",
        "test/acme.conformance.test.ts",
      ]);
      const code = files.filter((file) => file.endsWith(".ts"));
      expect(compile(folder, code, join(root, "src"))).toEqual([]);
      expect(readFileSync(join(folder, "src/index.ts"), "utf8")).toContain('from "spillway/kit"');
    },
    COMPILE_MS,
  );

  it("is formatted and leaves no blank unfilled", async () => {
    for (const args of [["acme-cloud"], ["acme", "--outside"]]) {
      const { folder, files } = await written(args);
      for (const file of files) expect(readFileSync(join(folder, file), "utf8"), file).not.toMatch(/\{\{\w+\}\}/);
      const code = files.filter((file) => file.endsWith(".ts")).map((file) => join(folder, file));
      const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
      const checked = await runChild(
        process.execPath,
        [biome, "check", "--vcs-enabled=false", `--config-path=${root}biome.json`, ...code],
        { cwd: root },
      );
      expect(checked.code, checked.stdout + checked.stderr).toBe(0);
    }
  });

  it("marks real choices only, each with what there is to decide", async () => {
    const { folder, files } = await written(["acme-cloud"]);
    const choices = files.flatMap((file) => readFileSync(join(folder, file), "utf8").match(/TODO.*/g) ?? []);
    expect(choices.length).toBeGreaterThan(8);
    expect(choices.length).toBeLessThan(20);
    for (const choice of choices) expect(choice).toMatch(/^TODO\([a-z]+\): \S+( \S+){3,}/);
  });

  it("overwrites nothing and refuses names that could not be a kind", async () => {
    const folder = temporaryDirectory();
    mkdirSync(join(folder, "src/backends/acme"), { recursive: true });
    writeFileSync(join(folder, "src/backends/acme/wire.ts"), "mine");
    const again = await run(["acme", "--into", folder]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("src/backends/acme/wire.ts")]);
    expect(filesIn(folder)).toEqual(["src/backends/acme/wire.ts"]);
    for (const name of ["Acme", "acme_cloud", "", "-x", "a b"]) expect((await run([name, "--into", folder])).code).toBe(1);
    expect((await run(["one", "two", "--into", folder])).code).toBe(1);
    expect(existsSync(join(folder, "src/backends/one"))).toBe(false);
  });
});
