import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followOutput, minimalEnvironment, readProcessState, startProcess, stopProcess } from "../../kit/process/index.js";
import { fetchInput, findOutputFiles } from "../../kit/transfer/index.js";
import { SchedulerError, toSchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { TimerHandle } from "../../spec/host.js";
import type { LogChunk } from "../../spec/launch.js";
import {
  type Breakage,
  type Execution,
  type ExecutionRequest,
  type ExecutionState,
  type Executor,
  type OutputFile,
  TIMED_OUT_EXIT_CODE,
} from "./execution.js";
import type { World } from "./world.js";

/** Tells a command where absolute paths of its workload lie, as `local()` does: `/out` of the workload is `$SPILLWAY_ROOT/out`. */
const ROOT_VARIABLE = "SPILLWAY_ROOT";

/** How long `stop` waits for a process before it answers that it needs more time, ms. */
const STOP_WAIT_MS = 2_000;

/** Where a process executor keeps its files. */
export interface ProcessExecutorOptions {
  /** Default: the system's folder for temporary files. */
  readonly workFolder?: string;
}

/** Executes launches as child processes of this machine. Needs a host with real time. */
export function processExecutor(options: ProcessExecutorOptions): Executor {
  return { begin: (request, world) => new ProcessExecution(request, world, options.workFolder ?? tmpdir()) };
}

interface Folders {
  readonly top: string;
  /** Working directory of the command. */
  readonly work: string;
  /** Records of the supervisor. */
  readonly records: string;
}

class ProcessExecution implements Execution {
  breakage: Breakage | undefined;
  readonly #request: ExecutionRequest;
  readonly #world: World;
  readonly #folders: Promise<Folders>;
  readonly #timer: TimerHandle | undefined;
  #starting: Promise<void> | undefined;
  #startedMs: number | undefined;
  #exit: { readonly endedMs: number; readonly code: number; readonly timedOut: boolean; readonly outOfMemory: boolean } | undefined;
  #stopped = false;
  #disposed = false;
  readonly #abort = new AbortController();

  constructor(request: ExecutionRequest, world: World, workFolder: string) {
    this.#request = request;
    this.#world = world;
    this.#folders = makeFolders(workFolder);
    // Whoever needs the folders handles it; a launch that never starts must not raise an unhandled rejection.
    this.#folders.catch(() => undefined);
    const { fate } = request;
    if (fate.startError !== undefined || !Number.isFinite(fate.startMs)) return;
    this.#timer = world.host.setTimer(fate.startMs, () => {
      this.#starting = this.#start();
    });
  }

  at(atMs: number): ExecutionState {
    const startedAtMs = this.#startedMs;
    if (startedAtMs === undefined || atMs < startedAtMs) return { phase: "waiting" };
    const exit = this.#exit;
    const endedAtMs = exit === undefined ? Number.POSITIVE_INFINITY : this.#shownEndMs(startedAtMs, exit.endedMs);
    if (exit === undefined || atMs < endedAtMs) return { phase: "running", startedAtMs };
    const exitCode = exit.timedOut ? TIMED_OUT_EXIT_CODE : (this.#request.fate.exitCode ?? exit.code);
    const reason = exit.timedOut ? "WORKLOAD_TIMED_OUT" : exit.outOfMemory ? "WORKLOAD_OUT_OF_MEMORY" : undefined;
    return { phase: "exited", startedAtMs, endedAtMs, exitCode, ...(reason === undefined ? {} : { reason }) };
  }

  async refresh(): Promise<void> {
    if (this.#exit !== undefined || this.#starting === undefined || this.#disposed) return;
    const { records } = await this.#folders;
    const state = await readProcessState(records);
    if (state.kind === "running") this.#startedMs ??= this.#toWorldMs(state.command.startedAtMs);
    if (state.kind === "lost" && !this.#stopped) this.#break("LEASE_LOST", "What watched over the simulated node's process is gone.");
    if (state.kind !== "exited") return;
    this.#startedMs ??= this.#toWorldMs(state.exit.startedAtMs);
    // Ended by the death of the node or by a release: it runs, as far as anybody will ever know.
    if (state.exit.cause === "lifetime" || state.exit.cause === "stopped") return;
    this.#exit = {
      endedMs: Math.max(this.#startedMs, this.#toWorldMs(state.exit.endedAtMs)),
      code: state.exit.code,
      timedOut: state.exit.cause === "timeout",
      outOfMemory: state.exit.outOfMemory,
    };
  }

  async stop(graceMs: number): Promise<boolean> {
    this.#timer?.cancel();
    if (this.#disposed) return true;
    this.#stopped = true;
    this.#abort.abort(new SchedulerError("LEASE_LOST", "The simulated lease is over."));
    const { records, work } = await this.#folders;
    const outcome = await stopProcess(records, {
      host: this.#world.host,
      graceMs,
      waitMs: STOP_WAIT_MS,
      marker: { name: ROOT_VARIABLE, value: work },
    });
    await this.#starting;
    return outcome === "stopped";
  }

  async files(path: string): Promise<readonly OutputFile[]> {
    const { work } = await this.#folders;
    const found = await findOutputFiles(work, path);
    if (found.kind === "refused")
      throw new SchedulerError("OUTPUT_MISSING", `The output ${found.what}: it was not stored.`, { details: { path } });
    if (found.kind === "missing") return [];
    return found.files.map(({ member, file }) => ({ member, body: { file }, read: () => readFile(file) }));
  }

  async *logs(call: CallContext, ended: () => boolean): AsyncIterable<LogChunk> {
    const { records } = await this.#folders;
    const over = async (): Promise<boolean> =>
      ended() || this.#stopped || ["exited", "lost"].includes((await readProcessState(records)).kind);
    try {
      yield* followOutput(records, { host: call.host, signal: call.signal, over });
    } catch (error) {
      // Following ends normally when nobody listens any more.
      if (!call.signal.aborted) throw error;
    }
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    await this.stop(0);
    this.#disposed = true;
    const { top } = await this.#folders;
    await rm(top, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const { launch, endsAtMs } = this.#request;
    const { host } = this.#world;
    try {
      const { work, records, top } = await this.#folders;
      const restore = launch.checkpoint?.restore;
      for (const input of [...launch.inputs, ...(restore === undefined ? [] : [restore])]) {
        await fetchInput(input, { host, root: work, signal: this.#abort.signal });
      }
      if (this.#stopped) return;
      const leftMs = endsAtMs - this.#world.now();
      if (leftMs <= 0) return;
      const secrets = Object.entries(launch.secrets).map(([name, secret]) => [name, secret.reveal()] as const);
      await startProcess(
        {
          directory: records,
          argv: launch.argv,
          env: {
            ...minimalEnvironment(host, { home: work, temporary: join(top, "tmp") }),
            ...launch.env,
            ...Object.fromEntries(secrets),
            [ROOT_VARIABLE]: work,
          },
          cwd: work,
          timeoutMs: launch.timeoutMs,
          // The death of the node, kept by the supervisor: it strikes even if this process is gone by then.
          ...(Number.isFinite(leftMs) ? { lifetimeMs: leftMs } : {}),
          graceMs: 0,
          marker: { name: ROOT_VARIABLE, value: work },
        },
        host,
      );
      await this.refresh();
    } catch (error) {
      if (this.#stopped) return;
      const known = toSchedulerError(error, "PROVISIONING_FAILED", "The simulated node could not start the command");
      this.#break(known.code, known.message);
    }
  }

  #break(reason: Breakage["reason"], message: string): void {
    this.breakage ??= { atMs: this.#world.now(), reason, message };
  }

  /** Slowness only shows: a slow node's process has ended, but nobody hears of it before a slow machine would have been done. */
  #shownEndMs(startedMs: number, endedMs: number): number {
    const { fate, speed } = this.#request;
    const tookMs = endedMs - startedMs;
    return startedMs + Math.max(tookMs, fate.runForMs ?? tookMs / Math.min(1, speed));
  }

  #toWorldMs(wallMs: number): number {
    return this.#world.now() - (this.#world.host.now() - wallMs);
  }
}

async function makeFolders(workFolder: string): Promise<Folders> {
  await mkdir(workFolder, { recursive: true });
  const top = await mkdtemp(join(workFolder, "spillway-sim-"));
  const folders = { top, work: join(top, "work"), records: join(top, "records") };
  for (const folder of [folders.work, folders.records, join(top, "tmp")]) await mkdir(folder);
  return folders;
}
