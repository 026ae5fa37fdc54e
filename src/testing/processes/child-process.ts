import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followOutput, minimalEnvironment, readProcessState, startProcess, stopProcess } from "../../kit/process/index.js";
import type { Host, TimerHandle } from "../../spec/host.js";

/** Names the directory in which a command runs; `/out` of a workload is `$SPILLWAY_ROOT/out`, since there is no container. */
export const ROOT_VARIABLE = "SPILLWAY_ROOT";
const POLL_MS = 20;
const STOP_WAIT_MS = 10_000;
/** What container runtimes answer when they cannot start the command at all. */
const CANNOT_START = 127;
/** What is told of a command that was killed together with whoever would have told how it ended. */
const KILLED = 137;

/** A command to run in place of a container's. */
export interface ChildStart {
  readonly argv: readonly string[];
  /** Added to a minimal environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The temporary directory's name begins so. */
  readonly prefix: string;
  readonly host: Host;
  /** Told of each finished line. Default: nobody reads. */
  readonly onLine?: (stream: "stdout" | "stderr", text: string) => void;
  /** Told once, unless it was stopped before: lines that came before have been told. */
  readonly onExit: (exitCode: number) => void;
}

/** A container's command as a child process of this machine, without the image, in a directory of its own. Needs a host with real time. */
export class ChildProcess {
  readonly #start: ChildStart;
  readonly #host: Host;
  readonly #top: Promise<string>;
  readonly #begun: Promise<void>;
  readonly #reading = new AbortController();
  #read: Promise<void> = Promise.resolve();
  #timer: TimerHandle | undefined;
  #stopped = false;
  #gone: Promise<void> | undefined;

  constructor(start: ChildStart) {
    this.#start = start;
    this.#host = start.host;
    this.#top = mkdtemp(join(tmpdir(), start.prefix));
    this.#begun = this.#begin().catch(() => this.#end(CANNOT_START));
  }

  /** The directory that stands for the container's file system. Resolves once it is there. */
  async root(): Promise<string> {
    await this.#begun;
    return join(await this.#top, "root");
  }

  /** Asks it to end, with so much time until it is killed. Its exit is still told. Resolves once nothing of it runs. */
  async terminate(graceMs: number): Promise<void> {
    await this.#begun;
    const top = await this.#top;
    const marker = { name: ROOT_VARIABLE, value: join(top, "root") };
    const options = { host: this.#host, graceMs, waitMs: STOP_WAIT_MS, marker };
    while ((await stopProcess(join(top, "records"), options)) === "stopping");
  }

  /** Ends it as `terminate` does, and tells nothing any more. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.terminate(graceMs);
    this.#reading.abort();
    await this.#read;
  }

  /** Ends it and removes its directory. */
  dispose(): Promise<void> {
    this.#gone ??= this.stop(0).then(async () => rm(await this.#top, { recursive: true, force: true }));
    return this.#gone;
  }

  async #begin(): Promise<void> {
    const { argv, env } = this.#start;
    const top = await this.#top;
    const root = join(top, "root");
    for (const name of ["root", "records", "tmp"]) await mkdir(join(top, name));
    const own = minimalEnvironment(this.#host, { home: root, temporary: join(top, "tmp") });
    const marker = { name: ROOT_VARIABLE, value: root };
    const records = join(top, "records");
    await startProcess({ directory: records, argv, env: { ...own, ...env, [ROOT_VARIABLE]: root }, cwd: root, marker }, this.#host);
    if (this.#start.onLine !== undefined) this.#read = this.#readLines(records, this.#start.onLine).catch(() => undefined);
    this.#watch();
  }

  async #readLines(records: string, onLine: NonNullable<ChildStart["onLine"]>): Promise<void> {
    const rest = { stdout: "", stderr: "" };
    for await (const { stream, text } of followOutput(records, { host: this.#host, signal: this.#reading.signal })) {
      if (stream === "system") continue;
      const lines = (rest[stream] + text).split("\n");
      rest[stream] = lines.pop() ?? "";
      for (const line of lines) onLine(stream, line);
    }
    for (const stream of ["stdout", "stderr"] as const) if (rest[stream] !== "") onLine(stream, rest[stream]);
  }

  #watch(): void {
    if (this.#stopped) return;
    this.#timer = this.#host.setTimer(POLL_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const state = await readProcessState(join(await this.#top, "records"));
    if (state.kind !== "exited" && state.kind !== "lost") return this.#watch();
    await this.#read;
    this.#end(state.kind === "exited" ? state.exit.code : KILLED);
  }

  #end(exitCode: number): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#start.onExit(exitCode);
  }
}
