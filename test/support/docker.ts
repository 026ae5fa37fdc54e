import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalOptions } from "../../src/backends/local/index.js";
import type { Backend } from "../../src/spec/backend.js";
import type { Launch } from "../../src/spec/launch.js";
import { launchOf, newLocal, script } from "./local-lease.js";
import { temporaryDirectory } from "./temporary.js";

/** A Docker client with an engine of its own that really runs commands, see `fake-docker.sh`. */
export interface FakeDocker {
  readonly path: string;
  /** Argument vectors of all calls. */
  readonly calls: () => readonly (readonly string[])[];
  readonly setDown: (down: boolean) => void;
  readonly hasContainer: (name: string) => boolean;
}

export const fakeDocker = (): FakeDocker => fakeDockerIn(temporaryDirectory("docker"));

/** {@link fakeDocker} that keeps its state in this directory. */
export function fakeDockerIn(state: string): FakeDocker {
  const path = join(state, "docker");
  writeFileSync(path, `#!/bin/sh\nexec sh '${join(import.meta.dirname, "fake-docker.sh")}' '${process.execPath}' '${state}' "$@"\n`);
  chmodSync(path, 0o755);
  const down = join(state, "down");
  return {
    path,
    calls: () =>
      readFileSync(join(state, "log"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as string[]),
    setDown: (is) => (is ? writeFileSync(down, "") : rmSync(down, { force: true })),
    hasContainer: (name) => existsSync(join(state, "containers", name)),
  };
}

export function newDockerBackend(more: Partial<LocalOptions> = {}): { docker: FakeDocker; backend: Backend; directory: string } {
  const docker = fakeDocker();
  return { docker, ...newLocal({ runtime: "docker", dockerPath: docker.path, ...more }) };
}

export const imageLaunch = (text: string, more: Partial<Launch> = {}): Launch =>
  launchOf(script(text), { image: "example/tool:1", ...more });
