import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a job is to do. */
export interface Program {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a machine tells while it runs a program. */
export interface Watcher {
  output(stream: "stdout" | "stderr", text: string): void;
  /** Once, at the end. 128 + the signal's number for a program that was killed. */
  exited(code: number): void;
}

/** Something that runs programs, one at a time, until told to stop. */
export interface Machine {
  run(program: Program, watcher: Watcher): RunningProgram;
}

export interface RunningProgram {
  /** SIGTERM now, SIGKILL after the grace. Does nothing once it has ended. */
  stop(graceMs: number): void;
}

/** The shells' number for a command that cannot be started. */
const COMMAND_NOT_FOUND = 127;
const SIGNALS: Readonly<Record<string, number>> = { SIGKILL: 9, SIGTERM: 15 };

/** Runs programs as child processes, each in a working directory of its own that is removed afterwards. */
export const processMachine: Machine = {
  run({ command, env }, watcher) {
    const [file = "", ...args] = command;
    const cwd = mkdtempSync(join(tmpdir(), "tinfoil-"));
    const child = spawn(file, args, { cwd, env: { PATH: process.env["PATH"] ?? "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let over = false;
    const end = (code: number): void => {
      if (over) return;
      over = true;
      rmSync(cwd, { recursive: true, force: true });
      watcher.exited(code);
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => watcher.output("stdout", text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => watcher.output("stderr", text));
    child.on("error", (error) => {
      watcher.output("stderr", `${error.message}\n`);
      end(COMMAND_NOT_FOUND);
    });
    child.on("close", (code, signal) => end(code ?? 128 + (SIGNALS[signal ?? ""] ?? 0)));
    return {
      stop(graceMs) {
        if (over) return;
        child.kill("SIGTERM");
        const kill = setTimeout(() => child.kill("SIGKILL"), graceMs);
        child.once("close", () => clearTimeout(kill));
      },
    };
  },
};
