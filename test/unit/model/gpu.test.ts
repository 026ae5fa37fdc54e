import { describe, expect, it } from "vitest";
import { GPU_ALIASES } from "../../../src/model/gpu/aliases.js";
import { gpuMatches } from "../../../src/model/gpu/match.js";
import { createGpuIndex, type GpuHint, normaliseGpu, worstRow } from "../../../src/model/gpu/normalise.js";
import { GPU_ROWS } from "../../../src/model/gpu/table.js";

const ids = (label: string, hint?: GpuHint): string[] => normaliseGpu(label, hint).map(({ id }) => id);

describe("the table", () => {
  it("has 101 devices with an id and a row of aliases each", () => {
    expect(GPU_ROWS).toHaveLength(101);
    expect(new Set(GPU_ROWS.map(({ id }) => id)).size).toBe(101);
    expect(Object.keys(GPU_ALIASES).sort()).toEqual(GPU_ROWS.map(({ id }) => id).sort());
  });
});

describe("normaliseGpu", () => {
  it.each<[string, GpuHint | undefined, string[]]>([
    ["RTX 4090", undefined, ["rtx4090-24"]],
    ["GeForce RTX 4090", undefined, ["rtx4090-24"]],
    ["NVIDIA GeForce RTX 4090", undefined, ["rtx4090-24"]],
    ["rtx4090", undefined, ["rtx4090-24"]],
    ["NVIDIA GeForce RTX 4070 Ti SUPER", undefined, ["rtx4070tis-16"]],
    ["a10g", undefined, ["a10g-24"]], // not an A with 10 GiB
    ["A10", undefined, ["a10-24"]],
    ["NVIDIA H100 80GB HBM3", undefined, ["h100-sxm-80"]],
    ["h100 nvl", undefined, ["h100-nvl-94"]],
    ["H100 80G PCIe", undefined, ["h100-pcie-80"]],
    ["A100-SXM4-80GB", undefined, ["a100-sxm-80"]],
    ["A100 PCIe 80 GB", undefined, ["a100-pcie-80"]],
    ["pro6000se", undefined, ["rtxpro6000-96"]],
    ["pro6000mq", undefined, ["rtxpro6000-maxq-96"]],
    ["RTX A6000", undefined, ["a6000-48"]],
    ["Quadro RTX 6000", undefined, ["rtx6000-24"]],
    ["RTX 6000 Ada Generation", undefined, ["rtx6000ada-48"]],
    ["RTX PRO 6000", undefined, ["rtxpro6000-96"]],
    ["NVIDIA GH200 480GB", undefined, ["gh200-96"]], // the CPU's memory
    ["AMD Instinct MI300X OAM", undefined, ["mi300x-192"]],
    ["nvidia-tesla-a100", { dialect: "gcp" }, ["a100-sxm-40"]],
    ["g6", { dialect: "aws" }, ["l4-24"]],
    ["rtx3080", { memoryGiB: 12 }, ["rtx3080-12"]],
    ["rtx3080", { memoryGiB: 9.77 }, ["rtx3080-10"]],
    ["L4", { memoryGiB: 22_888 / 1024 }, ["l4-24"]],
    ["NVIDIA H100 80GB HBM3", { memoryGiB: 81_559 / 1024 }, ["h100-sxm-80"]],
    ["a100", { dialect: "akash", memoryGiB: 80 }, ["a100-sxm-80", "a100-pcie-80"]],
  ])("knows %s %j", (label, hint, expected) => {
    expect(ids(label, hint)).toEqual(expected);
  });

  it("keeps an ambiguous label as a set", () => {
    expect(ids("a100")).toEqual(["a100-sxm-80", "a100-sxm-40", "a100-pcie-80", "a100-pcie-40"]);
    expect(ids("H100")).toHaveLength(3);
    expect(ids("V100")).toHaveLength(4);
  });

  it.each(["", "banana", "RTX 9999", "H100 MIG 1g.10gb", "constructor", "__proto__"])("does not know %j", (label) => {
    expect(ids(label)).toEqual([]);
  });

  it("treats a card whose memory is not a known variant's as unknown", () => {
    expect(ids("a100", { memoryGiB: 10 })).toEqual([]);
  });

  it("takes other tables", () => {
    const row = { ...(GPU_ROWS[0] ?? expect.fail("empty table")), id: "x9-64", base: "x9", memoryGiB: 64 };
    const index = createGpuIndex([row], { "x9-64": { nvml: ["Example X9 Extreme"] } });
    expect(index.normalise("example-x9-extreme")).toEqual([row]);
    expect(index.normalise("NVIDIA X9 64GB")).toEqual([row]);
    expect(index.normalise("rtx4090")).toEqual([]);
  });
});

describe("worstRow", () => {
  it("takes least memory, then lowest throughput, then lowest bandwidth", () => {
    expect(worstRow(normaliseGpu("a100"))?.id).toBe("a100-sxm-40");
    expect(worstRow(normaliseGpu("h100"))?.id).toBe("h100-pcie-80");
    expect(worstRow(normaliseGpu("a100", { memoryGiB: 80 }))?.id).toBe("a100-pcie-80");
    expect(worstRow([])).toBeUndefined();
  });
});

describe("gpuMatches", () => {
  const any = { models: [], count: 1 };

  it("accepts one of several models, with the row to plan with", () => {
    const match = gpuMatches({ models: ["l4", "a10g"], count: 1 }, { label: "NVIDIA L4", count: 1 });
    expect(match.ok && match.worst?.id).toBe("l4-24");
  });

  it("forgives what systems report below nominal memory, and no more", () => {
    const request = { ...any, memoryGiB: 24 };
    expect(gpuMatches(request, { label: "L4", count: 1, memoryGiB: 22.4 }).ok).toBe(true);
    expect(gpuMatches(request, { label: "some card", count: 1, memoryGiB: 24 }).ok).toBe(false);
    expect(gpuMatches(request, { label: "A4500", count: 1 })).toEqual({
      ok: false,
      message: "needs 1 x any GPU with 24 GiB, found 20 GiB (RTX A4500)",
    });
  });

  it("accepts an ambiguous offer only if everything it may mean would do", () => {
    const offered = { label: "a100", count: 1 };
    const loose = gpuMatches({ models: ["a100"], count: 1 }, offered);
    expect(loose.ok && loose.worst?.id).toBe("a100-sxm-40");
    const strict = gpuMatches({ models: ["A100 80GB"], count: 1 }, offered);
    expect(strict.ok ? "" : strict.message).toContain("may be A100 SXM4 40GB");
    expect(gpuMatches({ models: ["A100 80GB"], count: 1 }, { ...offered, memoryGiB: 79.2 }).ok).toBe(true);
    expect(gpuMatches({ models: ["a100"], count: 1, memoryGiB: 80 }, offered).ok).toBe(false);
  });

  it("counts GPUs", () => {
    expect(gpuMatches({ models: ["l4"], count: 4 }, { label: "L4", count: 2 })).toEqual({
      ok: false,
      message: "needs 4 x l4, found 2 x L4",
    });
    expect(gpuMatches({ models: ["l4"], count: 4 }, { label: "L4", count: 8 }).ok).toBe(true);
  });

  it("accepts an unknown device only without constraints, or by its very name", () => {
    const unknown = { label: "NVIDIA Z900", count: 1, memoryGiB: 48 };
    expect(gpuMatches(any, unknown)).toEqual({ ok: true });
    expect(gpuMatches({ ...any, vendor: "nvidia" }, unknown).ok).toBe(false);
    expect(gpuMatches({ ...any, models: ["l4"] }, unknown).ok).toBe(false);
    expect(gpuMatches({ ...any, models: ["z900"] }, unknown)).toEqual({ ok: true });
    expect(gpuMatches({ ...any, models: ["z900"], memoryGiB: 80 }, unknown).ok).toBe(false);
  });

  it("compares vendors", () => {
    expect(gpuMatches({ ...any, vendor: "amd" }, { label: "MI300X", count: 1 }).ok).toBe(true);
    expect(gpuMatches({ ...any, vendor: "amd" }, { label: "L4", count: 1 }).ok).toBe(false);
  });
});
