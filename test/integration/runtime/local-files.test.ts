import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { Scheduler } from "spillway";
import { local } from "spillway/backends/local";
import { fileStore } from "spillway/data/file";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../support/temporary.js";

function schedulerIn(folder: string): Scheduler {
  return new Scheduler({
    backends: [local({ usdPerHour: 0, directory: join(folder, "leases") })],
    artifacts: [fileStore({ directory: join(folder, "artifacts") })],
  });
}

describe("paths of this machine in a workload", () => {
  test("name inputs and destinations, relative to the working directory of the scheduler's process", async () => {
    const folder = temporaryDirectory();
    await writeFile(join(folder, "a name with spaces.txt"), "seven");
    await using scheduler = schedulerIn(folder);
    const run = await scheduler.schedule({
      command: ["cp", "in.txt", "out.txt"],
      resources: { cpu: 0.1, memory: "16MiB", disk: "16MiB" },
      inputs: { "in.txt": join(relative(process.cwd(), folder), "a name with spaces.txt") },
      outputs: { "out.txt": `${folder}/results/` },
    });
    const result = await run.result();
    expect(result.output("out.txt").uri).toBe(`file://${folder}/results/out.txt`);
    expect(await readFile(join(folder, "results", "out.txt"), "utf8")).toBe("seven");
  });

  test("that do not exist are refused with the name of the input", async () => {
    const folder = temporaryDirectory();
    await using scheduler = schedulerIn(folder);
    const refused = scheduler.schedule({ command: ["true"], inputs: { "in.txt": join(folder, "missing.txt") } });
    await expect(refused).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND", details: { field: "inputs.in.txt" } });
  });
});

test("a cap on a fan-out within scheduleAll is refused, since it would not be kept", async () => {
  const folder = temporaryDirectory();
  await using scheduler = schedulerIn(folder);
  const refused = scheduler.scheduleAll([{ command: ["true"] }, { command: ["true"], shards: 2, maxCost: "$1" }]);
  await expect(refused).rejects.toMatchObject({ code: "INVALID_WORKLOAD", details: { field: "workloads.1.maxCost" } });
});
