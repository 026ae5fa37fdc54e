import { readdir, readFile } from "node:fs/promises";
import { isDead, type ProcessSource, parseStat, processSource, ps } from "./identity.js";

/** An environment variable that every descendant of one command carries and nobody else does. */
export interface Marker {
  readonly name: string;
  readonly value: string;
}

/** The living processes of a process group. */
export async function membersOfGroup(group: number, source: ProcessSource = processSource()): Promise<readonly number[]> {
  if (source === "ps") return parseGroupTable(await ps(["-axo", "pid=,pgid=,stat="]), group);
  const pids = await everyPid();
  const groups = await Promise.all(
    pids.map(async (pid) => {
      const stat = parseStat(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));
      return stat !== undefined && stat.group === group && !isDead(stat.state) ? [pid] : [];
    }),
  );
  return groups.flat();
}

/**
 * Living processes that carry the marker, however they were started: also those that left their group and session.
 * A process that changed its own environment escapes. Linux only; elsewhere the answer is empty.
 */
export async function carriersOf(marker: Marker, source: ProcessSource = processSource()): Promise<readonly number[]> {
  if (source === "ps") return [];
  const wanted = `${marker.name}=${marker.value}`;
  const found = await Promise.all(
    (await everyPid()).map(async (pid) => {
      // Other users' environments cannot be read, and do not matter: nothing of ours runs there.
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      return environment.split("\0").includes(wanted) ? [pid] : [];
    }),
  );
  return found.flat();
}

async function everyPid(): Promise<readonly number[]> {
  return (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
}

function parseGroupTable(table: string, group: number): readonly number[] {
  return table.split("\n").flatMap((line) => {
    const [pid, pgid, state] = line.trim().split(/\s+/);
    return Number(pgid) === group && state !== undefined && !isDead(state) ? [Number(pid)] : [];
  });
}
