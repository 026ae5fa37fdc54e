import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { discoverEntries, exportsField, missingEntries } from "../../scripts/entries.mjs";
import { runChild } from "../setup/child.js";
import { compile } from "../setup/compile.js";
import { writeProjectFile } from "../setup/project-file.js";

const { project, folder } = inject("installedPackage");
const specifiers = discoverEntries().map(({ specifier }) => specifier);

interface Manifest {
  readonly exports: Record<string, unknown>;
}

const targetsOf = (value: unknown): string[] =>
  typeof value === "string" ? [value] : Object.values(value as Record<string, unknown>).flatMap(targetsOf);

/** Names of the exports of every entry, as a child process without any flag sees them. */
async function namesOf(format: "import" | "require"): Promise<Record<string, string[]>> {
  const load = format === "import" ? "await import(name)" : "require(name)";
  const script = writeProjectFile(
    project,
    format === "import" ? "load.mjs" : "load.cjs",
    `(async () => {
      const names = {};
      for (const name of ${JSON.stringify(specifiers)}) names[name] = Object.keys(${load}).filter((key) => key !== "default" && key !== "module.exports").sort();
      process.stdout.write(JSON.stringify(names));
    })();`,
  );
  const { code, stdout, stderr } = await runChild(process.execPath, [script], { cwd: project });
  expect(stderr, "loading prints nothing").toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, string[]>;
}

describe("exports", () => {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

  test("are equal to the entries found in the source tree", () => {
    expect(missingEntries()).toEqual([]);
    expect(manifest.exports).toEqual(exportsField());
  });

  test("point at files that the tarball holds", () => {
    const missing = targetsOf(manifest.exports).filter((target) => !existsSync(join(folder, target)));
    expect(missing).toEqual([]);
  });

  test("of every entry are the same when imported and when required, and are never empty", async () => {
    const imported = await namesOf("import");
    expect(await namesOf("require")).toEqual(imported);
    expect(Object.entries(imported).filter(([, names]) => names.length === 0)).toEqual([]);
  });

  test("do not let anyone reach into the package", async () => {
    const script = writeProjectFile(project, "inside.mjs", 'await import("spillway/dist/index.js");');
    const { code, stderr } = await runChild(process.execPath, [script], { cwd: project });
    expect(code).toBe(1);
    expect(stderr).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("let a program read package.json", async () => {
    const script = writeProjectFile(project, "manifest.cjs", 'process.stdout.write(require("spillway/package.json").name);');
    expect((await runChild(process.execPath, [script], { cwd: project })).stdout).toBe("spillway");
  });
});

test("the declarations of every entry compile in an ESM and in a CJS file", () => {
  const body = specifiers.map((specifier, index) => `export * as entry${index} from "${specifier}";`).join("\n");
  const consumers = ["consumer.mts", "consumer.cts"].map((name) => writeProjectFile(project, name, body));
  // The declarations themselves are checked too, so a specifier that leads nowhere shows.
  const about = (file: string): boolean => consumers.includes(file) || file.startsWith(`${folder}/`);
  expect(compile(consumers, about)).toEqual([]);
});

test("an error thrown by one copy of the package is recognised by another", async () => {
  const script = writeProjectFile(
    project,
    "copies.mjs",
    `import { createRequire } from "node:module";
    import { SchedulerError } from "spillway";
    const other = createRequire(import.meta.url)("spillway").SchedulerError;
    const made = new other("CANCELLED", "The run was cancelled.");
    process.stdout.write(JSON.stringify([made instanceof SchedulerError, SchedulerError.isInstance(made)]));`,
  );
  expect((await runChild(process.execPath, [script], { cwd: project })).stdout).toBe("[false,true]");
});
