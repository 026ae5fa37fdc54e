import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { minimalEnvironment, readProcessState, startProcess, stopProcess } from "../../kit/process/index.js";
import type { Host, TimerHandle } from "../../spec/host.js";
import type { CommandExecution, RunningCommand, SimulatedCommand } from "./execution.js";

/** Names the directory in which a command runs; `/out` of a workload is `$SPILLWAY_ROOT/out`, since there is no container. */
const ROOT_VARIABLE = "SPILLWAY_ROOT";
const POLL_MS = 20;
const STOP_WAIT_MS = 10_000;
/** What Docker answers when it cannot start the command at all. */
const CANNOT_START = 127;

/** Runs commands as child processes of this machine, without their image. Needs a host with real time. */
export function processCommands(host: Host): CommandExecution {
  const running = new Set<ProcessCommand>();
  return {
    run(command, ended) {
      const process = new ProcessCommand(command, host, ended);
      running.add(process);
      return process;
    },
    async close() {
      await Promise.all([...running].map((process) => process.dispose()));
    },
  };
}

class ProcessCommand implements RunningCommand {
  readonly #host: Host;
  readonly #ended: (exitCode: number) => void;
  readonly #top: Promise<string>;
  readonly #begun: Promise<void>;
  #timer: TimerHandle | undefined;
  #stopped = false;

  constructor(command: SimulatedCommand, host: Host, ended: (exitCode: number) => void) {
    this.#host = host;
    this.#ended = ended;
    this.#top = mkdtemp(join(tmpdir(), "spillway-gcp-batch-"));
    this.#begun = this.#begin(command).catch(() => this.#end(CANNOT_START));
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#begun;
    const top = await this.#top;
    const marker = { name: ROOT_VARIABLE, value: join(top, "root") };
    while ((await stopProcess(join(top, "records"), { host: this.#host, graceMs, waitMs: STOP_WAIT_MS, marker })) === "stopping");
  }

  async dispose(): Promise<void> {
    await this.stop(0);
    await rm(await this.#top, { recursive: true, force: true });
  }

  async #begin({ argv, env }: SimulatedCommand): Promise<void> {
    const top = await this.#top;
    const root = join(top, "root");
    for (const name of ["root", "records", "tmp"]) await mkdir(join(top, name));
    await startProcess(
      {
        directory: join(top, "records"),
        argv,
        env: { ...minimalEnvironment(this.#host, { home: root, temporary: join(top, "tmp") }), ...env, [ROOT_VARIABLE]: root },
        cwd: root,
        marker: { name: ROOT_VARIABLE, value: root },
      },
      this.#host,
    );
    this.#watch();
  }

  #watch(): void {
    if (this.#stopped) return;
    this.#timer = this.#host.setTimer(POLL_MS, () => {
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    const state = await readProcessState(join(await this.#top, "records"));
    if (state.kind === "exited") this.#end(state.exit.code);
    else if (state.kind === "lost") this.#end(CANNOT_START);
    else this.#watch();
  }

  #end(exitCode: number): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#ended(exitCode);
  }
}
