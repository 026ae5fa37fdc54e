import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Reads a small file. Nothing when there is none. */
export type ReadText = (path: string) => Promise<string | undefined>;

export const readText: ReadText = (path) => readFile(path, "utf8").catch(() => undefined);

/** What the control groups of this process allow, over all levels. Absent: no limit. */
export interface CgroupLimits {
  /** CPUs. */
  readonly cpu?: number;
  /** Bytes. */
  readonly memoryBytes?: number;
  /** Files with an `oom_kill <n>` line for the group of this process and its children. */
  readonly memoryCounters: readonly string[];
}

/** Where a controller's files for this process lie, from its own group up to the mount point. */
interface Hierarchy {
  readonly version: 1 | 2;
  readonly levels: readonly string[];
}

/** Version 1 writes "no limit" as a number near 2^63; no machine has a PiB. */
const UNLIMITED_BYTES = 2 ** 50;

/**
 * Reads the limits of cgroup v2 (kernel: admin-guide/cgroup-v2), or of v1 (cgroup-v1/memory, sched-bwc) where a
 * controller is mounted there.
 */
export async function cgroupLimits(read: ReadText = readText): Promise<CgroupLimits> {
  const [groups, mounts] = [await read("/proc/self/cgroup"), await read("/proc/self/mountinfo")];
  if (groups === undefined || mounts === undefined) return { memoryCounters: [] };
  const cpu = await leastOf(locate("cpu", groups, mounts), (level, version) => cpuLimit(level, version, read));
  const memoryBytes = await leastOf(locate("memory", groups, mounts), (level, version) => memoryLimit(level, version, read));
  const memoryCounters = locate("memory", groups, mounts).flatMap(({ version, levels: [own] }) =>
    own === undefined ? [] : [join(own, version === 2 ? "memory.events" : "memory.oom_control")],
  );
  return { ...(cpu === undefined ? {} : { cpu }), ...(memoryBytes === undefined ? {} : { memoryBytes }), memoryCounters };
}

/** Version 1 and 2 can both be mounted; a controller is in one of them, and the other one's files are simply not there. */
function locate(controller: "cpu" | "memory", groups: string, mounts: string): readonly Hierarchy[] {
  return mounts.split("\n").flatMap((line): Hierarchy[] => {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , root = "/", point] = left.split(" ");
    const [type, , options = ""] = right.split(" ");
    if (point === undefined || (type !== "cgroup2" && type !== "cgroup")) return [];
    if (type === "cgroup" && !options.split(",").includes(controller)) return [];
    const version = type === "cgroup2" ? 2 : 1;
    return [{ version, levels: levelsOf(groupPath(controller, version, groups) ?? "/", root, point) }];
  });
}

/** This process's line of `/proc/self/cgroup`: `<id>:<controllers>:<path>`, without controllers for version 2. */
function groupPath(controller: string, version: 1 | 2, groups: string): string | undefined {
  for (const line of groups.split("\n")) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    if (match === null) continue;
    const [, controllers = "", path = "/"] = match;
    if (version === 2 ? controllers === "" : controllers.split(",").includes(controller)) return path;
  }
  return undefined;
}

/** In a container without a namespace for cgroups the path is the machine's, while the mount shows the container's part only. */
function levelsOf(path: string, root: string, point: string): readonly string[] {
  const below = root === "/" ? path : path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : "/";
  const levels: string[] = [];
  for (let level = join(point, below).replace(/\/$/, ""); level.startsWith(point); level = dirname(level)) levels.push(level);
  return levels;
}

async function leastOf(
  hierarchies: readonly Hierarchy[],
  limit: (level: string, version: 1 | 2) => Promise<number | undefined>,
): Promise<number | undefined> {
  const limits = await Promise.all(hierarchies.flatMap(({ version, levels }) => levels.map((level) => limit(level, version))));
  const real = limits.filter((value) => value !== undefined);
  return real.length === 0 ? undefined : Math.min(...real);
}

async function cpuLimit(level: string, version: 1 | 2, read: ReadText): Promise<number | undefined> {
  const [quota, period] =
    version === 2
      ? ((await read(join(level, "cpu.max"))) ?? "").trim().split(" ")
      : [await read(join(level, "cpu.cfs_quota_us")), await read(join(level, "cpu.cfs_period_us"))];
  const cpus = Number(quota) / Number(period);
  return quota !== undefined && cpus > 0 && Number.isFinite(cpus) ? cpus : undefined;
}

async function memoryLimit(level: string, version: 1 | 2, read: ReadText): Promise<number | undefined> {
  const text = await read(join(level, version === 2 ? "memory.max" : "memory.limit_in_bytes"));
  const bytes = Number(text?.trim() || Number.NaN);
  return bytes > 0 && bytes < UNLIMITED_BYTES ? bytes : undefined;
}
