import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followOutput, minimalEnvironment, readProcessState, startProcess, stopProcess } from "../../kit/process/index.js";
import type { Host, TimerHandle } from "../../spec/host.js";
import type { ContainerRequest, ContainerRuntime, ContainerWatcher, RunningContainer } from "./containers.js";

/** Names the directory in which a command runs; `/out` of a workload is `$SPILLWAY_ROOT/out`, since there is no container. */
const ROOT_VARIABLE = "SPILLWAY_ROOT";
const POLL_MS = 20;
const STOP_WAIT_MS = 10_000;
/** What a container runtime answers when it cannot start the command at all. */
const CANNOT_START = 127;

/**
 * Runs containers as child processes of this machine, without their image, each start in a directory of its own; their traffic port is one of this
 * machine. Needs a host with real time.
 */
export function processContainers(host: Host): ContainerRuntime {
  const all = new Set<ProcessContainer>();
  return {
    start(request, watcher) {
      const container = new ProcessContainer(request, host, watcher);
      all.add(container);
      return container;
    },
    async close() {
      await Promise.all([...all].map((container) => container.dispose()));
    },
  };
}

class ProcessContainer implements RunningContainer {
  readonly url: string;
  readonly #host: Host;
  readonly #watcher: ContainerWatcher;
  readonly #top: Promise<string>;
  readonly #begun: Promise<void>;
  readonly #reading = new AbortController();
  #timer: TimerHandle | undefined;
  #stopped = false;

  constructor(request: ContainerRequest, host: Host, watcher: ContainerWatcher) {
    this.url = `http://127.0.0.1:${request.trafficPort}`;
    this.#host = host;
    this.#watcher = watcher;
    this.#top = mkdtemp(join(tmpdir(), "spillway-io-net-"));
    this.#begun = this.#begin(request).catch(() => this.#end(CANNOT_START));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#begun;
    const top = await this.#top;
    const marker = { name: ROOT_VARIABLE, value: join(top, "root") };
    const options = { host: this.#host, graceMs: 0, waitMs: STOP_WAIT_MS, marker };
    while ((await stopProcess(join(top, "records"), options)) === "stopping");
    this.#reading.abort();
  }

  async dispose(): Promise<void> {
    await this.stop();
    await rm(await this.#top, { recursive: true, force: true });
  }

  async #begin({ argv, env }: ContainerRequest): Promise<void> {
    const top = await this.#top;
    const root = join(top, "root");
    for (const name of ["root", "records", "tmp"]) await mkdir(join(top, name));
    const own = minimalEnvironment(this.#host, { home: root, temporary: join(top, "tmp") });
    const marker = { name: ROOT_VARIABLE, value: root };
    const records = join(top, "records");
    await startProcess({ directory: records, argv, env: { ...own, ...env, [ROOT_VARIABLE]: root }, cwd: root, marker }, this.#host);
    void this.#read(records).catch(() => undefined);
    this.#watch();
  }

  async #read(records: string): Promise<void> {
    const rest = { stdout: "", stderr: "" };
    for await (const { stream, text } of followOutput(records, { host: this.#host, signal: this.#reading.signal })) {
      if (stream === "system") continue;
      const lines = (rest[stream] + text).split("\n");
      rest[stream] = lines.pop() ?? "";
      for (const line of lines) this.#watcher.line(stream, line);
    }
  }

  #watch(): void {
    if (this.#stopped) return;
    this.#timer = this.#host.setTimer(POLL_MS, () => void this.#look());
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
    this.#watcher.exited(exitCode);
  }
}
