import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { discoverEntries } from "../../scripts/entries.mjs";
import { runChild } from "../setup/child.js";
import { moduleGraph, packageOf } from "../setup/modules.js";

const { project, folder } = inject("installedPackage");
const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
};
const peers = Object.keys(manifest.peerDependencies);

test.each(["js", "cjs"])("the built root entry (%s) reaches no backend and no SDK", (extension) => {
  const graph = moduleGraph(join(folder, "dist", `index.${extension}`));
  const packages = [...graph.loaded, ...graph.lazy].filter((name) => !isBuiltin(name)).map(packageOf);
  expect(packages.filter((name) => !(name in manifest.dependencies))).toEqual([]);
  // A graph without the core's own dependencies would mean that nothing was followed.
  expect(packages).toContain("zod");
  expect([...graph.files].filter((file) => file.includes("/backends/"))).toEqual([]);
});

/** A project in which every SDK is installed as a module that says its name and fails when it is loaded. */
function projectWithTrippedSdks(): string {
  const trapped = mkdtempSync(join(project, "..", "tripped-"));
  for (const name of peers) {
    const place = join(trapped, "node_modules", name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "package.json"), JSON.stringify({ name, version: "0.0.0", main: "index.cjs" }));
    writeFileSync(join(place, "index.cjs"), `process.stdout.write("loaded ${name}\\n"); throw new Error("loaded ${name}");`);
  }
  for (const name of readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."))) {
    symlinkSync(join(project, "node_modules", name), join(trapped, "node_modules", name));
  }
  return trapped;
}

test("importing any entry loads none of the SDKs, not even where they are installed", async () => {
  const trapped = projectWithTrippedSdks();
  const run = (body: string) =>
    // Without it Node would look for the SDKs beside the real package and not beside the link.
    runChild(process.execPath, ["--preserve-symlinks", "--input-type=module", "--eval", body], { cwd: trapped });

  const wired = await run(peers.map((name) => `await import("${name}").catch(() => undefined);`).join("\n"));
  expect(wired.stdout.trim().split("\n").sort()).toEqual(peers.map((name) => `loaded ${name}`).sort());

  const entries = await run(
    discoverEntries()
      .map(({ specifier }) => `await import("${specifier}");`)
      .join("\n"),
  );
  expect(entries).toEqual({ code: 0, stdout: "", stderr: "" });
});
