import { join } from "node:path";
import { kill } from "node:process";
import type { AbortSignalLike, Host } from "../../spec/host.js";
import { isRunning, type ProcessIdentity } from "./identity.js";
import { writeJsonFile } from "./json-file.js";
import { pause } from "./pause.js";
import { carriersOf, type Marker, membersOfGroup } from "./process-table.js";
import { RECORD_FILES, readCommand, readStop, readSupervisor, type StopRecord } from "./records.js";

/** How {@link stopProcess} goes about it. */
export interface StopOptions {
  readonly host: Host;
  /** Between SIGTERM and SIGKILL; 0: SIGKILL at once, without SIGTERM. A second request can only shorten it. */
  readonly graceMs: number;
  /** How long to wait for the end before answering `stopping`. The end comes without waiting too. */
  readonly waitMs: number;
  /** As it was given at the start. */
  readonly marker?: Marker;
  readonly signal?: AbortSignalLike;
}

/** How long a supervisor may take beyond the grace before it is killed itself, with all it watches over. */
const SUPERVISOR_SLACK_MS = 5_000;
const FIRST_CHECK_MS = 5;
const LAST_CHECK_MS = 100;
const KILL_ROUNDS = 50;
const KILL_ROUND_MS = 20;

/**
 * Ends the command that was started in a directory, by whichever process, and everything that came from it. Idempotent;
 * a command that ended, never started, or is just about to be started by another process is fine too: from now on
 * nothing can be started in this directory any more.
 *
 * @returns `stopped` when nothing of it is left; `stopping` when that takes longer than `waitMs`: then call again.
 */
export async function stopProcess(directory: string, options: StopOptions): Promise<"stopped" | "stopping"> {
  const { host } = options;
  const stop = await requestStop(directory, options);
  if (stop === undefined) return "stopped";
  const supervisor = await readSupervisor(directory);
  if (supervisor === undefined) return "stopped";
  if (await isRunning(supervisor)) signal(supervisor.pid, "SIGTERM");

  const endMs = host.monotonic() + options.waitMs;
  for (let checkMs = FIRST_CHECK_MS; await isRunning(supervisor); checkMs = Math.min(LAST_CHECK_MS, checkMs * 2)) {
    if (host.now() > stop.atMs + stop.graceMs + SUPERVISOR_SLACK_MS) break;
    if (host.monotonic() >= endMs) return "stopping";
    await pause(host, Math.min(checkMs, Math.max(0, endMs - host.monotonic())), options.signal);
  }
  return (await killEverything(directory, supervisor, options)) ? "stopped" : "stopping";
}

/**
 * Writes the request down before anything is looked for: whoever is about to start the command finds it. Nothing when the directory is
 * gone: whoever took it away had stopped the command before, and none can be started without it.
 */
async function requestStop(directory: string, { host, graceMs }: StopOptions): Promise<StopRecord | undefined> {
  const earlier = await readStop(directory);
  const wanted = { atMs: host.now(), graceMs: Math.max(0, graceMs) };
  if (earlier !== undefined && earlier.atMs + earlier.graceMs <= wanted.atMs + wanted.graceMs) return earlier;
  try {
    await writeJsonFile(join(directory, RECORD_FILES.stop), wanted, host);
    return wanted;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** For what a supervisor could not or did not do. Normally finds nothing. */
async function killEverything(directory: string, supervisor: ProcessIdentity, options: StopOptions): Promise<boolean> {
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const left = [...(await commandGroup(directory)), ...(options.marker === undefined ? [] : await carriersOf(options.marker))];
    // The supervisor goes first: it must not take the end of its command for an ordinary one.
    if (await isRunning(supervisor)) left.unshift(supervisor.pid);
    if (left.length === 0) return true;
    for (const pid of left) signal(pid, "SIGKILL");
    await pause(options.host, KILL_ROUND_MS, options.signal);
  }
  return false;
}

async function commandGroup(directory: string): Promise<readonly number[]> {
  const command = await readCommand(directory);
  if (command === undefined) return [];
  const members = await membersOfGroup(command.pid);
  // A group outlives its leader and keeps the number taken. If the leader's number belongs to somebody else now, so does the group.
  return members.includes(command.pid) && !(await isRunning(command)) ? [] : members;
}

function signal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    kill(pid, name);
  } catch {
    // It ended by itself in the meantime.
  }
}
