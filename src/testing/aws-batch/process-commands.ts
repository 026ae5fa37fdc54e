import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followOutput, minimalEnvironment, readProcessState, startProcess, stopProcess } from "../../kit/process/index.js";
import { ROOT_VARIABLE } from "../processes/index.js";
import type { CommandRun, CommandStart, Commands } from "./command.js";

const workIn = (folder: string): string => join(folder, "work");

/** Commands as child processes of this machine. Absolute paths of a workload lie below `SPILLWAY_ROOT`; the image is ignored. Needs a host with real time. */
export function processCommands(): Commands {
  const running = new Set<ProcessRun>();
  return {
    begin(start) {
      const run = new ProcessRun(start, () => running.delete(run));
      running.add(run);
      return run;
    },
    pullFailure: () => undefined,
    async close() {
      await Promise.all([...running].map((run) => run.destroy()));
    },
  };
}

class ProcessRun implements CommandRun {
  readonly #start: CommandStart;
  readonly #over: () => void;
  readonly #folder: Promise<string>;
  readonly #abort = new AbortController();
  readonly #life: Promise<void>;
  #isDestroyed = false;

  constructor(start: CommandStart, over: () => void) {
    this.#start = start;
    this.#over = over;
    this.#folder = mkdtemp(join(tmpdir(), "spillway-batch-"));
    this.#life = this.#live();
  }

  stop(): void {
    const { host, stopMs } = this.#start;
    this.#folder
      .then((folder) =>
        stopProcess(join(folder, "records"), {
          host,
          graceMs: stopMs,
          waitMs: 2 * stopMs + 1_000,
          marker: { name: ROOT_VARIABLE, value: workIn(folder) },
        }),
      )
      // Without its folder it never ran, and says so itself.
      .catch(() => undefined);
  }

  async destroy(): Promise<void> {
    if (this.#isDestroyed) return this.#life;
    this.#isDestroyed = true;
    const folder = await this.#folder;
    await stopProcess(join(folder, "records"), {
      host: this.#start.host,
      graceMs: 0,
      waitMs: 5_000,
      marker: { name: ROOT_VARIABLE, value: workIn(folder) },
    });
    this.#abort.abort(new Error("the machine is gone"));
    return this.#life;
  }

  async #live(): Promise<void> {
    const { argv, env, host, onLine, onEnd, stopMs } = this.#start;
    const folder = await this.#folder.catch(() => undefined);
    if (folder === undefined) {
      this.#over();
      onEnd(127);
      return;
    }
    const [records, work, temporary] = [join(folder, "records"), workIn(folder), join(folder, "tmp")];
    try {
      for (const path of [records, work, temporary]) await mkdir(path);
      await startProcess(
        {
          directory: records,
          argv,
          env: { ...minimalEnvironment(host, { home: work, temporary }), ...env, [ROOT_VARIABLE]: work },
          cwd: work,
          graceMs: stopMs,
          marker: { name: ROOT_VARIABLE, value: workIn(folder) },
        },
        host,
      );
      await this.#readLines(records, onLine);
      const state = await readProcessState(records);
      if (this.#isDestroyed) return;
      onEnd(
        state.kind === "exited" ? state.exit.code : 137,
        state.kind === "exited" && state.exit.outOfMemory ? "OutOfMemoryError" : undefined,
      );
    } catch {
      // What could not even be started is a command that the image does not have; nothing is told of a machine that is gone.
      if (!this.#isDestroyed) onEnd(127);
    } finally {
      this.#over();
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Line by line, as the log driver does; ends with the command. */
  async #readLines(records: string, onLine: (line: string) => void): Promise<void> {
    const rest = { stdout: "", stderr: "", system: "" };
    for await (const { stream, text } of followOutput(records, { host: this.#start.host, signal: this.#abort.signal })) {
      const lines = (rest[stream] + text).split("\n");
      rest[stream] = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    }
    for (const line of [rest.stdout, rest.stderr]) if (line !== "") onLine(line);
  }
}
