import { type ChildProcess, spawn } from "node:child_process";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { execPath } from "node:process";
import type { Writable } from "node:stream";
import { SchedulerError, toSchedulerError } from "../../model/errors/scheduler-error.js";
import type { Host } from "../../spec/host.js";
import { identifyProcess } from "./identity.js";
import { writeJsonFile } from "./json-file.js";
import type { Marker } from "./process-table.js";
import { RECORD_FILES, readStop } from "./records.js";
import { supervisorScript } from "./supervisor-program.js";

/** A command to be run under supervision. */
export interface ProcessRequest {
  /**
   * Absolute path of an existing directory, used for this command only. Gets its records and its output (`stdout`,
   * `stderr`). Never gets `argv` or `env`.
   */
  readonly directory: string;
  /** Never empty; the first member is looked up in the `PATH` of `env`. No shell is involved. */
  readonly argv: readonly string[];
  /** The whole environment of the command; nothing is added. Build it on {@link minimalEnvironment}. */
  readonly env: Readonly<Record<string, string>>;
  /** Working directory, absolute. */
  readonly cwd: string;
  /** The command is ended so long after it started. Absent: never. */
  readonly timeoutMs?: number;
  /** The command is ended so long from now, also when nobody is left to ask for it. Absent: never. */
  readonly lifetimeMs?: number;
  /** Between SIGTERM and SIGKILL when `timeoutMs` or `lifetimeMs` is over. Default 5 s. */
  readonly graceMs?: number;
  /** A variable of `env` by which processes that leave the command's group are found and killed too. */
  readonly marker?: Marker;
  /** cgroup files with an `oom_kill <n>` line; a rise while the command dies of SIGKILL counts as evidence of an out-of-memory kill. */
  readonly memoryCounters?: readonly string[];
  /** Run before SIGKILL is sent, for commands that are only a client of what has to be killed, with an environment of its own. */
  readonly kill?: { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> };
}

const DEFAULT_GRACE_MS = 5_000;

/**
 * Starts a command under a supervisor, a small Node process in a session of its own that outlives this process, gives
 * the command a process group, keeps its time limits, kills the whole group and writes the exit code to the directory. Resolves once
 * the supervisor has its orders; it then no longer depends on this process. What became of the command is answered by
 * {@link readProcessState}, in any process.
 *
 * The two steps "write down who the supervisor is" and "tell it what to run" are in this order, and a stop request is
 * looked for between them: whoever wants to end it either finds the supervisor, or is found.
 *
 * @returns `false` when the stop request came first; nothing was run then.
 * @throws PROVISIONING_FAILED when the supervisor could not be started.
 */
export async function startProcess(request: ProcessRequest, host: Host): Promise<boolean> {
  const files = await openFiles(request.directory);
  let child: ChildProcess;
  try {
    child = await spawnSupervisor(request.directory, files);
  } catch (error) {
    throw toSchedulerError(error, "PROVISIONING_FAILED", "The process that watches over the command could not be started");
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
  try {
    return await handOver(child, request, host);
  } catch (error) {
    // It has no orders, so nothing runs; without its input it would end by itself as well.
    child.kill("SIGKILL");
    throw toSchedulerError(error, "PROVISIONING_FAILED", "The process that watches over the command could not be told what to run");
  } finally {
    child.unref();
  }
}

async function handOver(child: ChildProcess, request: ProcessRequest, host: Host): Promise<boolean> {
  const identity = child.pid === undefined ? undefined : await identifyProcess(child.pid);
  if (identity === undefined || child.stdin === null)
    throw new SchedulerError("PROVISIONING_FAILED", "The process that watches over the command ended at once.");
  await writeJsonFile(join(request.directory, RECORD_FILES.supervisor), identity, host);
  if ((await readStop(request.directory)) !== undefined) {
    child.kill("SIGKILL");
    return false;
  }
  await endWith(child.stdin, supervisorScript(ordersOf(request)));
  return true;
}

function ordersOf(request: ProcessRequest): object {
  return {
    directory: request.directory,
    argv: request.argv,
    env: request.env,
    cwd: request.cwd,
    graceMs: request.graceMs ?? DEFAULT_GRACE_MS,
    timeoutMs: request.timeoutMs,
    lifetimeMs: request.lifetimeMs === undefined ? undefined : Math.max(0, request.lifetimeMs),
    marker: request.marker,
    memoryCounters: request.memoryCounters,
    killArgv: request.kill?.argv,
    killEnv: request.kill?.env,
  };
}

/** Standard output and error of the command, and what the supervisor itself says. */
async function openFiles(directory: string): Promise<readonly [FileHandle, FileHandle, FileHandle]> {
  const opened: FileHandle[] = [];
  const add = async (name: string): Promise<FileHandle> => {
    const file = await open(join(directory, name), "a", 0o600);
    opened.push(file);
    return file;
  };
  try {
    return [await add(RECORD_FILES.stdout), await add(RECORD_FILES.stderr), await add(RECORD_FILES.log)];
  } catch (error) {
    await Promise.all(opened.map((file) => file.close()));
    throw toSchedulerError(error, "PROVISIONING_FAILED", "The command's output files could not be opened");
  }
}

function spawnSupervisor(directory: string, [stdout, stderr, log]: readonly [FileHandle, FileHandle, FileHandle]): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(execPath, ["--no-warnings", "--input-type=commonjs", "-", "spillway-supervisor", directory], {
      // Not below the directory, so that it can be removed; no variable but the one that makes an Electron binary act as Node.
      cwd: "/",
      env: { ELECTRON_RUN_AS_NODE: "1" },
      detached: true,
      stdio: ["pipe", "ignore", log.fd, stdout.fd, stderr.fd],
    });
    child.once("spawn", () => resolve(child));
    child.once("error", reject);
  });
}

function endWith(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("error", reject);
    stream.end(text, () => resolve());
  });
}
