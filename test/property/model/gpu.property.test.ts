import { describe, expect, it } from "vitest";
import { GPU_ALIASES, type GpuDialect } from "../../../src/model/gpu/aliases.js";
import { gpuMatches } from "../../../src/model/gpu/match.js";
import { normaliseGpu, worstRow } from "../../../src/model/gpu/normalise.js";
import { GPU_ROWS, type GpuRow } from "../../../src/model/gpu/table.js";
import { fc } from "../../support/property.js";

const aliases = GPU_ROWS.flatMap((row) =>
  Object.entries(GPU_ALIASES[row.id] ?? {}).flatMap(([dialect, labels]) =>
    labels.map((label) => ({ row, dialect: dialect as GpuDialect, label })),
  ),
);
const anyAlias = fc.constantFrom(...aliases);
const anyRow = fc.constantFrom(...GPU_ROWS);

describe("normaliseGpu", () => {
  it("resolves every alias of the table to a set that contains its row, with and without its dialect", () => {
    expect(aliases.length).toBeGreaterThan(300);
    for (const { row, dialect, label } of aliases) {
      expect(normaliseGpu(label, { dialect }), `${dialect}: ${label}`).toContain(row);
      expect(normaliseGpu(label), label).toContain(row);
    }
  });

  it("does not depend on case, vendor words or separators", () => {
    const dress = fc.constantFrom<(label: string) => string>(
      (label) => label.toUpperCase(),
      (label) => `NVIDIA ${label}`,
      (label) => `${label} GPU`,
      (label) => label.replaceAll(" ", "-"),
      (label) => ` ${label} `,
    );
    fc.assert(
      fc.property(anyRow, dress, (row, change) => {
        const label = row.base.replace(/^rtx/, "RTX ");
        expect(normaliseGpu(change(label))).toEqual(normaliseGpu(label));
        expect(normaliseGpu(label)).toContain(row);
      }),
    );
  });

  it("finds the row by its base and what a system reports of its memory", () => {
    fc.assert(
      fc.property(anyRow, fc.double({ min: 0.94, max: 1, noNaN: true }), (row, reported) => {
        const found = normaliseGpu(row.base, { memoryGiB: row.memoryGiB * reported });
        expect(found.every(({ base }) => base === row.base)).toBe(true);
        expect(found).toContain(row);
      }),
    );
  });

  it("never fails, and only ever answers rows of the table", () => {
    const rows = new Set<GpuRow>(GPU_ROWS);
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), fc.option(fc.double(), { nil: undefined }), (label, memoryGiB) => {
        const found = normaliseGpu(label, memoryGiB === undefined ? {} : { memoryGiB });
        expect(found.every((row) => rows.has(row))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe("worstRow", () => {
  it("is in the set, and none has less memory", () => {
    fc.assert(
      fc.property(anyAlias, ({ label }) => {
        const rows = normaliseGpu(label);
        const worst = worstRow(rows);
        expect(rows).toContain(worst);
        expect(Math.min(...rows.map(({ memoryGiB }) => memoryGiB))).toBe(worst?.memoryGiB);
        expect(worstRow(rows.toReversed())?.memoryGiB).toBe(worst?.memoryGiB);
      }),
    );
  });
});

describe("gpuMatches", () => {
  it("accepts what is asked for by the offer's own label", () => {
    fc.assert(
      fc.property(anyAlias, ({ label }) => {
        expect(gpuMatches({ models: [label], count: 1 }, { label, count: 1 }).ok).toBe(true);
      }),
    );
  });

  it("never accepts less memory than asked for, beyond the tolerance", () => {
    fc.assert(
      fc.property(anyAlias, fc.integer({ min: 1, max: 300 }), ({ label }, memoryGiB) => {
        const match = gpuMatches({ models: [], count: 1, memoryGiB }, { label, count: 1 });
        if (match.ok) for (const row of normaliseGpu(label)) expect(row.memoryGiB).toBeGreaterThanOrEqual(memoryGiB * 0.93);
        else expect(match.message).toContain(`with ${memoryGiB} GiB`);
      }),
      { numRuns: 500 },
    );
  });

  it("accepts more, the less is asked", () => {
    fc.assert(
      fc.property(anyAlias, fc.subarray([...aliases], { minLength: 1, maxLength: 4 }), ({ label }, wanted) => {
        const offered = { label, count: 1 };
        const models = wanted.map((alias) => alias.label);
        if (gpuMatches({ models: models.slice(0, 1), count: 1 }, offered).ok)
          expect(gpuMatches({ models, count: 1 }, offered).ok).toBe(true);
        expect(gpuMatches({ models: [], count: 1 }, offered).ok).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
