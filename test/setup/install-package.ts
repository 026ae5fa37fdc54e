/**
 * Packs the package as it would be published and installs the tarball in an empty project, once for all tests of
 * test/package and test/docs. It builds first, so these tests never see a stale package.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

/** Where the package under test is. */
export interface InstalledPackage {
  /** The `.tgz` that `npm pack` made. */
  readonly tarball: string;
  /** A project that has the tarball and its dependencies installed and nothing else. */
  readonly project: string;
  /** The installed package, `node_modules/spillway` of the project. */
  readonly folder: string;
  /** Paths of all files in the tarball, relative to the package. */
  readonly files: readonly string[];
}

declare module "vitest" {
  interface ProvidedContext {
    readonly installedPackage: InstalledPackage;
  }
}

const root = fileURLToPath(new URL("../../", import.meta.url));

const npm = (cwd: string, ...args: string[]): string =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 64 * 1024 * 1024 });

export function setup(project: TestProject): () => void {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "spillway-package-")));
  const clean = (): void => rmSync(home, { recursive: true, force: true });
  try {
    project.provide("installedPackage", install(home));
  } catch (error) {
    clean();
    throw error;
  }
  return clean;
}

function install(home: string): InstalledPackage {
  npm(root, "run", "--silent", "build");
  const packed = JSON.parse(npm(root, "pack", "--json", "--ignore-scripts", "--pack-destination", home)) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ];
  const tarball = join(home, packed[0].filename);
  const app = join(home, "app");
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  npm(app, "install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", tarball);
  return { tarball, project: app, folder: join(app, "node_modules", "spillway"), files: packed[0].files.map(({ path }) => path) };
}
