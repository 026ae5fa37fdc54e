import { describe, expect, it } from "vitest";
import type { Workload } from "../../../src/model/workload.js";
import { parseWorkload, type WorkloadInput } from "../../../src/model/workload-input.js";
import { refusal } from "./refusal.js";

const members = (input: WorkloadInput): readonly Workload[] => {
  const parsed = parseWorkload(input);
  if (parsed.kind !== "fan-out") throw new Error("expected a fan-out");
  return parsed.workloads;
};

describe("fan-out", () => {
  it("makes one run per frame, both ends included", () => {
    const frames = members({
      kind: "rendering",
      command: ["blender", "-f", "{frame}", "{unknown}", "{}", `$${"{frame}"}`],
      env: { OUT: "f-{frame:4}.png", KEEP: "{ frame }" },
      inputs: { "scene-{frame}.blend": "./scenes/{frame}.blend", "lib.blend": "./lib.blend" },
      outputs: { "frames/{frame:4}.png": "s3://acme/{frame}.png" },
      frames: { from: 8, to: 13, step: 2 },
      engine: "blender",
    });
    expect(frames.map(({ fan }) => fan)).toEqual([
      { index: 0, of: 3, label: "frame 8" },
      { index: 1, of: 3, label: "frame 10" },
      { index: 2, of: 3, label: "frame 12" },
    ]);
    const [, second] = frames;
    expect(second?.command).toEqual(["blender", "-f", "10", "{unknown}", "{}", `$${"{frame}"}`]);
    expect(second?.env).toEqual({ OUT: "f-0010.png", KEEP: "{ frame }" });
    expect(second?.inputs).toEqual({ "scene-10.blend": { uri: "./scenes/10.blend" }, "lib.blend": { uri: "./lib.blend" } });
    expect(second?.outputs).toEqual({ "frames/0010.png": { uri: "s3://acme/10.png", optional: false } });
    expect(second?.task).toEqual({ engine: "blender", frame: 10 });
  });

  it("counts shards from zero and tells how many there are", () => {
    const shards = members({ command: ["x", "{shard}", "of", "{shards}", "{index}"], shards: 3 });
    expect(shards.map(({ command }) => command.slice(1).join(" "))).toEqual(["0 of 3 0", "1 of 3 1", "2 of 3 2"]);
    expect(shards[2]?.fan?.label).toBe("shard 2/3");
    expect(shards[2]?.task).toEqual({ shard: 2, shards: 3 });
  });

  it("makes the product of parameters and seeds, the seed varying fastest", () => {
    const runs = members({
      kind: "simulation",
      command: ["sim", "{wind}", "{shape}", "{seed}"],
      sweep: { wind: [1, 2.5], shape: ["round", "flat"] },
      seeds: [7, -1],
    });
    expect(runs.map(({ command }) => command.slice(1).join(" "))).toEqual([
      "1 round 7",
      "1 round -1",
      "1 flat 7",
      "1 flat -1",
      "2.5 round 7",
      "2.5 round -1",
      "2.5 flat 7",
      "2.5 flat -1",
    ]);
    expect(runs[7]?.fan).toEqual({ index: 7, of: 8, label: "wind 2.5, shape flat, seed -1" });
  });

  it("takes a number of seeds as the seeds from zero", () => {
    expect(members({ kind: "simulation", command: ["x", "{seed}"], seeds: 3 }).map(({ command }) => command[1])).toEqual(["0", "1", "2"]);
  });

  it("is a group even with one member", () => {
    expect(members({ command: ["x"], shards: 1 })).toHaveLength(1);
  });

  it("leaves braces alone in workloads that do not fan out", () => {
    const parsed = parseWorkload({ command: ["x", "{index}", "{shard}"] });
    expect(parsed.kind === "single" && parsed.workload.command).toEqual(["x", "{index}", "{shard}"]);
  });

  it("does not replace what a value brings in", () => {
    const runs = members({ kind: "simulation", command: ["x", "{a}"], sweep: { a: ["{b}"], b: ["{a}"] } });
    expect(runs[0]?.command).toEqual(["x", "{b}"]);
  });

  it("keeps the cap for all together", () => {
    const parsed = parseWorkload({ command: ["x"], shards: 2, maxCost: "$3", name: "split" });
    expect(parsed.kind === "fan-out" && parsed.maxCost).toBe(3_000_000_000n);
    expect(parsed.kind === "fan-out" && parsed.name).toBe("split");
    expect(parsed.kind === "fan-out" && parsed.workloads.every((workload) => !("maxCost" in workload))).toBe(true);
  });

  it("shares between members what does not differ", () => {
    const [first, second] = members({ command: ["x", "{shard}"], inputs: { a: "./a" }, env: { A: "b" }, shards: 2 });
    expect(first?.inputs).toBe(second?.inputs);
    expect(first?.env).toBe(second?.env);
    expect(first?.resources).toBe(second?.resources);
  });

  it("makes a hundred thousand members and no more", () => {
    expect(members({ command: ["x"], shards: 100_000 })).toHaveLength(100_000);
    const error = refusal(() => parseWorkload({ command: ["x"], shards: 100_001 }));
    expect(error.code).toBe("INVALID_WORKLOAD");
    expect(error.details.field).toBe("shards");
    expect(error.message).toContain("100000");
  });

  it.each<[string, object, string]>([
    ["endless frames", { kind: "rendering", frames: { from: 0, to: 1_000_000_000 } }, "frames"],
    ["endless seeds", { kind: "simulation", seeds: Number.MAX_SAFE_INTEGER }, "seeds"],
    [
      "a product that is too large",
      { kind: "simulation", seeds: 1_000, sweep: { a: Array.from({ length: 101 }, (_, index) => index) } },
      "seeds",
    ],
    ["frames backwards", { kind: "rendering", frames: { from: 5, to: 1 } }, "frames"],
    ["half frames", { kind: "rendering", frames: { from: 0.5, to: 1 } }, "frames.from"],
    ["no step", { kind: "rendering", frames: { from: 0, to: 1, step: 0 } }, "frames.step"],
    ["no shards", { shards: 0 }, "shards"],
    ["no seeds", { kind: "simulation", seeds: [] }, "seeds"],
    ["a seed twice", { kind: "simulation", seeds: [1, 2, 1] }, "seeds"],
    ["words as seeds", { kind: "simulation", seeds: ["a"] }, "seeds"],
    ["an empty sweep", { kind: "simulation", sweep: {} }, "sweep"],
    ["a parameter without values", { kind: "simulation", sweep: { a: [] } }, "sweep.a"],
    ["a value twice", { kind: "simulation", sweep: { a: [1, "1"] } }, "sweep.a"],
    ["objects as values", { kind: "simulation", sweep: { a: [{}] } }, "sweep.a"],
    ["a parameter with another's name", { kind: "simulation", sweep: { seed: [1] } }, "sweep.seed"],
    ["a parameter that is no name", { kind: "simulation", sweep: { "a b": [1] } }, 'sweep["a b"]'],
    ["one destination for all", { shards: 2, outputs: { out: "./out" } }, "outputs.out"],
    ["one directory and name for all", { shards: 2, outputs: { out: "./out/" } }, "outputs.out"],
    [
      "a value that climbs out",
      { kind: "simulation", sweep: { a: ["x", "../x"] }, outputs: { "o/{a}": "./o/{index}" } },
      'outputs["o/{a}"]',
    ],
    ["paths that meet", { kind: "simulation", sweep: { a: ["x", "y"] }, inputs: { "in/{a}": "./1", "in/y": "./2" } }, 'inputs["in/y"]'],
    ["a password brought into a URI", { kind: "simulation", sweep: { a: ["u:p@h"] }, inputs: { f: "https://{a}/f" } }, "inputs.f"],
  ])("refuses %s", (_, input, field) => {
    const error = refusal(() => parseWorkload({ command: ["x"], ...input }));
    expect(error.code).toBe("INVALID_WORKLOAD");
    expect(error.details.field).toBe(field);
  });

  it("lets members write below one directory under names of their own", () => {
    expect(members({ command: ["x"], shards: 2, outputs: { "part-{shard}": "./out/" } })).toHaveLength(2);
  });
});
