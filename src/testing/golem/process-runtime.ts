import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { followOutput, minimalEnvironment, readProcessState, startProcess, stopProcess } from "../../kit/process/index.js";
import type { Host } from "../../spec/host.js";
import type {
  GolemCommand,
  GolemCommandWatcher,
  GolemMachine,
  GolemMachineRequest,
  GolemRuntime,
  RunningGolemCommand,
} from "./exe-unit-runtime.js";

/** Names the directory that stands for the container's `/`. */
const ROOT_VARIABLE = "SPILLWAY_ROOT";
const STOP_WAIT_MS = 10_000;
/** What a runtime answers when it cannot start the command at all. */
const CANNOT_START = 127;

/**
 * Runs the commands of exe-units as child processes of this machine, without their image, in a directory of each activity's own. Since
 * there is no container, the VOLUME paths in a command's words are replaced by where they are in that directory, which is also the
 * working directory and `$SPILLWAY_ROOT`. Needs a host with real time.
 */
export function processGolemRuntime(host: Host): GolemRuntime {
  return {
    async open(request) {
      const top = await mkdtemp(join(tmpdir(), "spillway-golem-"));
      const root = join(top, "root");
      for (const path of [root, join(top, "tmp"), ...request.volumes.map((volume) => join(root, volume))]) {
        await mkdir(path, { recursive: true });
      }
      return new ProcessMachine(top, request, host);
    },
  };
}

class ProcessMachine implements GolemMachine {
  readonly #top: string;
  readonly #root: string;
  readonly #request: GolemMachineRequest;
  readonly #host: Host;
  readonly #commands = new Set<RunningGolemCommand>();
  #started = 0;

  constructor(top: string, request: GolemMachineRequest, host: Host) {
    this.#top = top;
    this.#root = join(top, "root");
    this.#request = request;
    this.#host = host;
  }

  async write(path: string, content: Uint8Array): Promise<void> {
    const target = join(this.#root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return await readFile(join(this.#root, path)).catch(() => undefined);
  }

  run({ entryPoint, args }: GolemCommand, watcher: GolemCommandWatcher): RunningGolemCommand {
    const own = minimalEnvironment(this.#host, { home: this.#root, temporary: join(this.#top, "tmp") });
    this.#started += 1;
    const command = new ProcessCommand(
      {
        directory: join(this.#top, `command-${this.#started}`),
        argv: [entryPoint, ...args].map((word) => inRoot(word, this.#request.volumes, this.#root)),
        env: { ...own, ...this.#request.env, [ROOT_VARIABLE]: this.#root },
        cwd: this.#root,
        marker: { name: ROOT_VARIABLE, value: this.#root },
      },
      this.#host,
      watcher,
    );
    this.#commands.add(command);
    return command;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#commands].map((command) => command.stop()));
    await rm(this.#top, { recursive: true, force: true });
  }
}

type Request = Parameters<typeof startProcess>[0];

class ProcessCommand implements RunningGolemCommand {
  readonly #request: Request;
  readonly #host: Host;
  readonly #watcher: GolemCommandWatcher;
  readonly #begun: Promise<void>;
  readonly #reading = new AbortController();
  #stopped = false;

  constructor(request: Request, host: Host, watcher: GolemCommandWatcher) {
    this.#request = request;
    this.#host = host;
    this.#watcher = watcher;
    this.#begun = this.#begin().catch(() => this.#end(CANNOT_START));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#begun;
    const { directory, marker } = this.#request;
    const options = { host: this.#host, graceMs: 0, waitMs: STOP_WAIT_MS, ...(marker === undefined ? {} : { marker }) };
    while ((await stopProcess(directory, options)) === "stopping");
    this.#reading.abort();
  }

  async #begin(): Promise<void> {
    await mkdir(this.#request.directory);
    await startProcess(this.#request, this.#host);
    void this.#follow().catch(() => this.#end(CANNOT_START));
  }

  async #follow(): Promise<void> {
    const { directory } = this.#request;
    for await (const { stream, text } of followOutput(directory, { host: this.#host, signal: this.#reading.signal })) {
      if (stream !== "system" && !this.#stopped) this.#watcher.output(stream, text);
    }
    const state = await readProcessState(directory);
    this.#end(state.kind === "exited" ? state.exit.code : CANNOT_START);
  }

  #end(exitCode: number): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#watcher.exited(exitCode);
  }
}

/** A word in which every path below a volume is where the volume really is. */
function inRoot(word: string, volumes: readonly string[], root: string): string {
  return volumes
    .filter((volume) => volume !== "/")
    .toSorted((a, b) => b.length - a.length)
    .reduce(
      (text, volume) => text.replace(new RegExp(`(?<![\\w.\\-/])${quoted(volume)}(?![\\w.\\-])`, "g"), () => join(root, volume)),
      word,
    );
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
