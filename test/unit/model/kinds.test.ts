import { describe, expect, it } from "vitest";
import { WORKLOAD_KINDS, type Workload, type WorkloadKind } from "../../../src/model/workload.js";
import { parseWorkload, type WorkloadInput } from "../../../src/model/workload-input.js";
import { refusal } from "./refusal.js";

const single = (input: WorkloadInput): Workload => {
  const parsed = parseWorkload(input);
  if (parsed.kind !== "single") throw new Error("expected a single workload");
  return parsed.workload;
};

const command = ["x"];
const MINUTE = 60_000;

describe("kinds", () => {
  it.each<[WorkloadKind, number, number, number, number]>([
    ["batch", 10, 1, 2, 10],
    ["inference", 10, 4, 16, 50],
    ["training", 240, 8, 32, 100],
    ["rendering", 10, 4, 8, 20],
    ["proving", 15, 8, 32, 20],
    ["simulation", 10, 2, 4, 10],
  ])("%s expects %d minutes on %d CPUs, %d GiB memory and %d GiB disk", (kind, minutes, cpu, memory, disk) => {
    const workload = single({ kind, command });
    expect(workload.kind).toBe(kind);
    expect(workload.expectedDurationMs).toBe(minutes * MINUTE);
    expect(workload.timeoutMs).toBe(3 * minutes * MINUTE);
    expect(workload.resources).toEqual({ cpu, memoryMiB: memory * 1_024, diskMiB: disk * 1_024 });
    expect(workload).toMatchObject({ latency: "batch", verification: { kind: "none" }, task: {} });
  });

  it.each<[WorkloadInput, Record<string, unknown>]>([
    [
      { kind: "inference", command, model: "e5", precision: "int8", batchSize: 8 },
      { model: "e5", precision: "int8", batchSize: 8 },
    ],
    [
      { kind: "training", command, model: "m", dataset: "d", framework: "torch 2.9", epochs: 3, steps: 10 },
      { model: "m", dataset: "d", framework: "torch 2.9", epochs: 3, steps: 10 },
    ],
    [
      { kind: "rendering", command, engine: "blender", scene: "a.blend", resolution: { width: 1920, height: 1080 }, samples: 128 },
      { engine: "blender", scene: "a.blend", resolution: { width: 1920, height: 1080 }, samples: 128 },
    ],
    [
      { kind: "proving", command, system: "groth16", circuit: "c", size: 1e6 },
      { system: "groth16", circuit: "c", size: 1e6 },
    ],
    [
      { kind: "simulation", command, engine: "openfoam", model: "wing", steps: 5 },
      { engine: "openfoam", model: "wing", steps: 5 },
    ],
  ])("keep their own part in `task`: %j", (input, task) => {
    expect(single(input).task).toEqual(task);
  });

  it.each<[object, string]>([
    [{ kind: "inference", precision: "fp17" }, "precision"],
    [{ kind: "inference", batchSize: 0 }, "batchSize"],
    [{ kind: "training", epochs: 1.5 }, "epochs"],
    [{ kind: "rendering", resolution: { width: 0, height: 1 } }, "resolution.width"],
    [{ kind: "rendering", resolution: "1080p" }, "resolution"],
    [{ kind: "proving", size: -1 }, "size"],
    [{ kind: "simulation", engine: 5 }, "engine"],
  ])("check it: %j", (input, field) => {
    expect(refusal(() => parseWorkload({ command, ...input })).details.field).toBe(field);
  });

  it("refuse each other's fields", () => {
    for (const kind of WORKLOAD_KINDS) {
      if (kind === "rendering") continue;
      expect(refusal(() => parseWorkload({ kind, command, samples: 5 })).message).toContain("the kind rendering has it");
    }
  });
});
