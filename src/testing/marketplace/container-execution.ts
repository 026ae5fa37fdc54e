import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followOutput, minimalEnvironment, readProcessState, startProcess, stopProcess } from "../../kit/process/index.js";
import { sleep } from "../../kit/sleep.js";
import { toSchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { TimerHandle } from "../../spec/host.js";
import type { LogChunk } from "../../spec/launch.js";
import type { Breakage, Execution, ExecutionRequest, ExecutionState, Executor, OutputFile } from "./execution.js";
import { lyingCommand } from "./lying-command.js";
import type { World } from "./world.js";

/** Absolute paths of the workload lie below it, since a process of this machine has no file system of its own. */
const ROOT_VARIABLE = "SPILLWAY_ROOT";

/** How often the platform looks whether its container still runs, and how long it waits before it starts another, ms. */
const LOOK_MS = 100;

/** How long `stop` waits before it answers that it needs more time, ms. */
const STOP_WAIT_MS = 2_000;

/** How a platform that starts again whatever exits is simulated. */
export interface ContainerExecutorOptions {
  /** Default: the system's folder for temporary files. */
  readonly workFolder?: string;
  /** The platform moves each launch's first container to a fresh one after so long, without a warning. Default: never. */
  readonly restartAfterMs?: number;
}

/**
 * Executes launches as a container platform does: files are the launch's own business, what exits is started again on an empty disk, and
 * nobody says that a command has ended. Needs a host with real time.
 */
export function containerExecutor(options: ContainerExecutorOptions): Executor {
  return { begin: (request, world) => new ContainerExecution(request, world, options) };
}

/** One container's directories. */
interface Container {
  readonly top: string;
  readonly work: string;
  readonly records: string;
}

class ContainerExecution implements Execution {
  breakage: Breakage | undefined;
  restarts = 0;
  readonly #request: ExecutionRequest;
  readonly #world: World;
  readonly #options: ContainerExecutorOptions;
  readonly #disk: Promise<string>;
  #container: Container | undefined;
  #timer: TimerHandle | undefined;
  #working: Promise<void> = Promise.resolve();
  #startedMs: number | undefined;
  #movesAtMs: number;
  #stopped = false;
  #disposed = false;

  constructor(request: ExecutionRequest, world: World, options: ContainerExecutorOptions) {
    this.#request = request;
    this.#world = world;
    this.#options = options;
    this.#disk = makeDisk(options.workFolder ?? tmpdir());
    // Whoever needs it handles it; a launch that never starts must not raise an unhandled rejection.
    this.#disk.catch(() => undefined);
    this.#movesAtMs = Number.POSITIVE_INFINITY;
    const { fate } = request;
    if (fate.startError !== undefined || !Number.isFinite(fate.startMs)) return;
    this.#after(fate.startMs, () => this.#start());
  }

  at(atMs: number): ExecutionState {
    if (this.#startedMs === undefined || atMs < this.#startedMs) return { phase: "waiting" };
    return { phase: "running", startedAtMs: this.#startedMs };
  }

  async refresh(): Promise<void> {}

  restart(): void {
    this.#movesAtMs = this.#world.now();
  }

  async stop(graceMs: number): Promise<boolean> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#working;
    return this.#container === undefined || this.#disposed ? true : this.#end(this.#container, graceMs);
  }

  async files(): Promise<readonly OutputFile[]> {
    return [];
  }

  async *logs(call: CallContext, ended: () => boolean): AsyncIterable<LogChunk> {
    // Asked before there is one: what it will print is still to come.
    while (this.#container === undefined) {
      if (ended() || this.#stopped || call.signal.aborted) return;
      await sleep(LOOK_MS, call).catch(() => undefined);
    }
    const container = this.#container;
    const over = async (): Promise<boolean> =>
      ended() || this.#stopped || ["exited", "lost"].includes((await readProcessState(container.records)).kind);
    try {
      yield* followOutput(container.records, { host: call.host, signal: call.signal, over });
    } catch (error) {
      // Following ends normally when nobody listens any more.
      if (!call.signal.aborted) throw error;
    }
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    await this.stop(0);
    this.#disposed = true;
    await rm(await this.#disk, { recursive: true, force: true });
  }

  #after(ms: number, work: () => Promise<void>): void {
    if (this.#stopped) return;
    this.#timer = this.#world.host.setTimer(ms, () => {
      this.#working = work().catch((error: unknown) => {
        const known = toSchedulerError(error, "PROVISIONING_FAILED", "The simulated node could not start the container");
        if (!this.#stopped) this.breakage ??= { atMs: this.#world.now(), reason: known.code, message: known.message };
      });
    });
  }

  async #start(): Promise<void> {
    const { launch, endsAtMs, fate } = this.#request;
    const { host } = this.#world;
    const leftMs = endsAtMs - this.#world.now();
    if (this.#stopped || leftMs <= 0) return;
    const container = await makeContainer(await this.#disk, this.restarts);
    this.#container = container;
    const secrets = Object.fromEntries(Object.entries(launch.secrets).map(([name, secret]) => [name, secret.reveal()]));
    await startProcess(
      {
        directory: container.records,
        argv: fate.corrupt === false ? launch.argv : lyingCommand(launch, this.#request.liar ?? launch.key),
        env: {
          ...minimalEnvironment(host, { home: container.work, temporary: join(container.top, "tmp") }),
          ...launch.env,
          ...secrets,
          [ROOT_VARIABLE]: container.work,
        },
        cwd: container.work,
        ...(Number.isFinite(leftMs) ? { lifetimeMs: leftMs } : {}),
        graceMs: 0,
        marker: { name: ROOT_VARIABLE, value: container.work },
      },
      host,
    );
    if (this.#startedMs === undefined) {
      this.#startedMs = this.#world.now();
      this.#movesAtMs = this.#startedMs + (this.#options.restartAfterMs ?? Number.POSITIVE_INFINITY);
    }
    this.#after(LOOK_MS, () => this.#look(container));
  }

  /** Starts another container once this one has exited, or when the platform wants to move it. */
  async #look(container: Container): Promise<void> {
    const moves = this.#world.now() >= this.#movesAtMs;
    if (moves) {
      this.#movesAtMs = Number.POSITIVE_INFINITY;
      await this.#end(container, 0);
    } else {
      const state = await readProcessState(container.records);
      // Ended by the death of the node: nobody starts anything again.
      if (state.kind === "exited" && state.exit.cause !== undefined) return;
      if (state.kind !== "exited" && state.kind !== "lost") return this.#after(LOOK_MS, () => this.#look(container));
    }
    this.restarts += 1;
    this.#after(LOOK_MS, () => this.#start());
  }

  async #end(container: Container, graceMs: number): Promise<boolean> {
    const outcome = await stopProcess(container.records, {
      host: this.#world.host,
      graceMs,
      waitMs: STOP_WAIT_MS,
      marker: { name: ROOT_VARIABLE, value: container.work },
    });
    return outcome === "stopped";
  }
}

async function makeDisk(workFolder: string): Promise<string> {
  await mkdir(workFolder, { recursive: true });
  return mkdtemp(join(workFolder, "spillway-sim-"));
}

async function makeContainer(disk: string, number: number): Promise<Container> {
  const top = join(disk, `container-${number}`);
  const container = { top, work: join(top, "work"), records: join(top, "records") };
  for (const folder of [container.work, container.records, join(top, "tmp")]) await mkdir(folder, { recursive: true });
  return container;
}
