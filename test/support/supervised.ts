import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { identifyProcess, minimalEnvironment, type ProcessRequest, readProcessState, startProcess } from "../../src/kit/process/index.js";
import { systemHost } from "../../src/runtime/system-host.js";
import { eventually } from "./eventually.js";
import { temporaryDirectory } from "./temporary.js";

const host = systemHost();

/** Starts a command in a directory of its own, with a marker as backends use it. */
export async function start(
  argv: readonly string[],
  more: Partial<ProcessRequest> = {},
): Promise<{ directory: string; cwd: string; marker: { name: string; value: string } }> {
  const directory = temporaryDirectory("process");
  const cwd = join(directory, "work");
  mkdirSync(cwd);
  const marker = { name: "TEST_ROOT", value: cwd };
  const env = { ...minimalEnvironment(host, { home: cwd, temporary: cwd }), TEST_ROOT: cwd, ...more.env };
  await startProcess({ directory, argv, cwd, marker, ...more, env }, host);
  return { directory, cwd, marker };
}

export const script = (text: string): readonly string[] => ["sh", "-c", text];
export const node = (text: string): readonly string[] => [process.execPath, "-e", text];

export const exitOf = (directory: string) =>
  eventually(async () => {
    const state = await readProcessState(directory);
    return state.kind === "exited" ? state.exit : undefined;
  }, "an exit record");

export const printed = (directory: string, stream: "stdout" | "stderr" = "stdout") => readFileSync(join(directory, stream), "utf8");

export const commandOf = (directory: string) =>
  eventually(async () => {
    const state = await readProcessState(directory);
    return state.kind === "running" ? state.command : undefined;
  }, "a running command");

/** Living, and not only waiting to be reaped. */
export const alive = async (pid: number) => (await identifyProcess(pid)) !== undefined;
