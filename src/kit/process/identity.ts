import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";

/**
 * One process and no other. A process id alone is given to somebody else once it is free; together with the time at
 * which the process started it is unique on a machine until the end.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process only. Survives storage, but not a restart of the machine: it then never matches. */
  readonly start: string;
}

/** Where facts about processes come from: `procfs` on Linux, `ps` elsewhere. */
export type ProcessSource = "procfs" | "ps";

/** The better source that this machine has. */
export const processSource = (): ProcessSource => (existsSync("/proc/self/stat") ? "procfs" : "ps");

/** Names a running process so that it can be recognised later. Nothing when there is none, or only its unreaped remains. */
export async function identifyProcess(pid: number, source: ProcessSource = processSource()): Promise<ProcessIdentity | undefined> {
  const start = source === "procfs" ? await startFromProcfs(pid) : await startFromPs(pid);
  return start === undefined ? undefined : { pid, start };
}

/** True while exactly this process runs. A process that merely got its id does not count, and neither does a zombie. */
export async function isRunning(identity: ProcessIdentity, source: ProcessSource = processSource()): Promise<boolean> {
  return (await identifyProcess(identity.pid, source))?.start === identity.start;
}

/** The fields of `/proc/<pid>/stat` that are used here. */
export interface ProcessStat {
  /** One letter: `R`, `S`, `D`, `T`; `Z` and `X` are dead. */
  readonly state: string;
  readonly group: number;
  /** Clock ticks after boot. */
  readonly startTicks: string;
}

/** Reads one `/proc/<pid>/stat` (proc(5)). The name in parentheses may hold blanks and parentheses, so fields count from the last one. */
export function parseStat(text: string): ProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, , group] = fields;
  const startTicks = fields[19];
  return state === undefined || group === undefined || startTicks === undefined ? undefined : { state, group: Number(group), startTicks };
}

export const isDead = (state: string): boolean => state.startsWith("Z") || state.startsWith("X");

async function startFromProcfs(pid: number): Promise<string | undefined> {
  const stat = parseStat(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));
  if (stat === undefined || isDead(stat.state)) return undefined;
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return `${boot.trim()}/${stat.startTicks}`;
}

async function startFromPs(pid: number): Promise<string | undefined> {
  const line = (await ps(["-o", "stat=", "-o", "lstart=", "-p", String(pid)])).trim();
  const [state = "", ...start] = line.split(/\s+/);
  return line === "" || isDead(state) ? undefined : start.join(" ");
}

/** Runs `ps` in the C locale. Empty when it fails, which is how it says that nothing matches. */
export function ps(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile("ps", args, { env: { PATH: "/usr/bin:/bin", LC_ALL: "C" }, maxBuffer: 16 * 1024 * 1024 }, (error, stdout) => {
      resolve(error === null ? stdout : "");
    });
  });
}
