import { availableParallelism, totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { cgroupLimits } from "../../../../src/backends/local/cgroup.js";
import { measureMachine } from "../../../../src/backends/local/machine.js";

const files = (content: Readonly<Record<string, string>>) => async (path: string) => content[path];
const GIB = 2 ** 30;
const V2_MOUNT = "35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";

describe("cgroup v2", () => {
  it("takes the tightest limit between the own group and the mount point", async () => {
    const limits = await cgroupLimits(
      files({
        "/proc/self/cgroup": "0::/kubepods/pod1/container\n",
        "/proc/self/mountinfo": `1 0 8:1 / / rw - ext4 /dev/sda1 rw\n${V2_MOUNT}\n`,
        "/sys/fs/cgroup/kubepods/pod1/container/cpu.max": "max 100000\n",
        "/sys/fs/cgroup/kubepods/pod1/cpu.max": "150000 100000\n",
        "/sys/fs/cgroup/kubepods/cpu.max": "800000 100000\n",
        "/sys/fs/cgroup/kubepods/pod1/container/memory.max": `${2 * GIB}\n`,
        "/sys/fs/cgroup/kubepods/pod1/memory.max": "max\n",
      }),
    );
    expect(limits).toEqual({
      cpu: 1.5,
      memoryBytes: 2 * GIB,
      memoryCounters: ["/sys/fs/cgroup/kubepods/pod1/container/memory.events"],
    });
  });

  it("reads the root of its namespace, as in most containers", async () => {
    const limits = await cgroupLimits(
      files({
        "/proc/self/cgroup": "0::/\n",
        "/proc/self/mountinfo": V2_MOUNT,
        "/sys/fs/cgroup/cpu.max": "50000 100000\n",
        "/sys/fs/cgroup/memory.max": "536870912\n",
      }),
    );
    expect(limits).toEqual({ cpu: 0.5, memoryBytes: 536_870_912, memoryCounters: ["/sys/fs/cgroup/memory.events"] });
  });

  it("finds its files where the mount shows only a part of the machine's tree", async () => {
    const mount = "35 24 0:30 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw";
    const content = { "/proc/self/mountinfo": mount, "/sys/fs/cgroup/memory.max": "1073741824\n" };
    for (const path of ["/docker/abc", "/docker/abcdef", "/elsewhere"]) {
      expect((await cgroupLimits(files({ ...content, "/proc/self/cgroup": `0::${path}\n` }))).memoryBytes).toBe(GIB);
    }
  });
});

describe("cgroup v1", () => {
  const mounts = [
    "40 30 0:35 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
    "41 30 0:36 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
    "42 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
  ].join("\n");
  const groups = "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/docker/abc\n";

  it("reads quota over period and the limit in bytes", async () => {
    const limits = await cgroupLimits(
      files({
        "/proc/self/cgroup": groups,
        "/proc/self/mountinfo": mounts,
        "/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "250000\n",
        "/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n",
        "/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": `${3 * GIB}\n`,
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      }),
    );
    expect(limits).toMatchObject({ cpu: 2.5, memoryBytes: 3 * GIB });
    expect(limits.memoryCounters).toContain("/sys/fs/cgroup/memory/docker/abc/memory.oom_control");
  });

  it("knows how version 1 writes no limit", async () => {
    const limits = await cgroupLimits(
      files({
        "/proc/self/cgroup": groups,
        "/proc/self/mountinfo": mounts,
        "/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "-1\n",
        "/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n",
        "/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "9223372036854771712\n",
      }),
    );
    expect([limits.cpu, limits.memoryBytes]).toEqual([undefined, undefined]);
  });
});

describe("the machine", () => {
  it("has what the system says when there are no control groups, or nothing readable in them", async () => {
    const all = { cpu: availableParallelism(), memoryMiB: Math.floor(totalmem() / 2 ** 20) };
    expect(await measureMachine(files({}))).toEqual({ ...all, memoryCounters: [] });
    const odd = files({
      "/proc/self/cgroup": "0::/\n\nnonsense",
      "/proc/self/mountinfo": `${V2_MOUNT}\nnonsense - x`,
      "/sys/fs/cgroup/cpu.max": "",
      "/sys/fs/cgroup/memory.max": "0",
    });
    expect(await measureMachine(odd)).toMatchObject(all);
  });

  it("is never larger than the machine, whatever a limit allows", async () => {
    const generous = files({
      "/proc/self/cgroup": "0::/",
      "/proc/self/mountinfo": V2_MOUNT,
      "/sys/fs/cgroup/cpu.max": "99900000 100000",
      "/sys/fs/cgroup/memory.max": String(2 ** 49),
    });
    expect(await measureMachine(generous)).toMatchObject({ cpu: availableParallelism(), memoryMiB: Math.floor(totalmem() / 2 ** 20) });
  });

  it("can be measured here", async () => {
    const machine = await measureMachine();
    expect(machine.cpu).toBeGreaterThan(0);
    expect(machine.memoryMiB).toBeGreaterThan(0);
  });
});
