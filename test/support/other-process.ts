import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { build } from "tsup";
import { afterAll, beforeAll, onTestFinished } from "vitest";

export type OtherProcess = ChildProcessByStdio<null, Readable, null>;

/** Starts a script in a process of its own, see {@link otherProcesses}. */
export type StartProcess = (text: string) => OtherProcess;

/**
 * For tests that need a second process which runs the sources: they are bundled once per test file, as a user's bundler would,
 * so that a process starts in no time. In a script, `import("#name")` is the entry of that name. What the script prints is for {@link nextLine}; it
 * is killed when the test is over.
 *
 * @param entry name -> path below `src`
 */
export function otherProcesses(entry: Readonly<Record<string, string>>): StartProcess {
  const directory = mkdtempSync(join(tmpdir(), "spillway-bundle-"));
  const root = join(import.meta.dirname, "../..");
  beforeAll(async () => {
    await build({
      config: false,
      silent: true,
      entry: Object.fromEntries(Object.entries(entry).map(([name, path]) => [name, join(root, "src", path)])),
      format: ["esm"],
      platform: "node",
      target: "node20",
      noExternal: [/.*/],
      outDir: directory,
      outExtension: () => ({ js: ".mjs" }),
    });
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return (text) => {
    const script = text.replaceAll(
      /import\("#([a-z-]+)"\)/g,
      (_, name) => `import(${JSON.stringify(pathToFileURL(join(directory, `${name}.mjs`)).href)})`,
    );
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  };
}

/** Waits until the process has printed something. */
export async function nextLine(child: OtherProcess): Promise<string> {
  const [data] = await once(child.stdout, "data");
  return String(data).trim();
}

/** Ends it as a crash would. */
export async function crash(child: OtherProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
