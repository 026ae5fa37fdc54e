import { describe, expect, it } from "vitest";
import { FARGATE_GRID, roundToFargate } from "../../../../src/backends/aws-batch/fargate-grid.js";
import { isFargateSize } from "../../../../src/testing/aws-batch/sizes.js";
import { fc } from "../../../support/property.js";

const SIZES = FARGATE_GRID.flatMap(([vcpus, memories]) => memories.map((memoryMiB) => ({ vcpus, memoryMiB })));
const request = fc.record({ cpu: fc.double({ min: 0.01, max: 40, noNaN: true }), memoryMiB: fc.integer({ min: 1, max: 300_000 }) });

describe("Fargate's grid", () => {
  it("has the sizes that the simulator's own table has, and no others", () => {
    for (const { vcpus, memoryMiB } of SIZES) expect(isFargateSize(String(vcpus), memoryMiB), `${vcpus} ${memoryMiB}`).toBe(true);
    const all = ["0.25", "0.5", "1", "2", "4", "8", "16", "32"].flatMap((vcpus) =>
      Array.from({ length: 488 }, (_, index) => 512 * (index + 1)).filter((memoryMiB) => isFargateSize(vcpus, memoryMiB)),
    );
    expect(all.length).toBe(SIZES.length);
  });

  it("rounds up to a size that exists and holds the request", () => {
    fc.assert(
      fc.property(request, ({ cpu, memoryMiB }) => {
        const size = roundToFargate(cpu, memoryMiB);
        if (size === undefined) return;
        expect(size.vcpus).toBeGreaterThanOrEqual(cpu);
        expect(size.memoryMiB).toBeGreaterThanOrEqual(memoryMiB);
        expect(isFargateSize(String(size.vcpus), size.memoryMiB)).toBe(true);
      }),
    );
  });

  it("takes the fewest vCPUs that do, then the least memory, and gives up only when no size holds the request", () => {
    fc.assert(
      fc.property(request, ({ cpu, memoryMiB }) => {
        const holding = SIZES.filter((size) => size.vcpus >= cpu && size.memoryMiB >= memoryMiB);
        const size = roundToFargate(cpu, memoryMiB);
        const least = Math.min(...holding.map(({ vcpus }) => vcpus));
        const beside = holding.filter(({ vcpus }) => vcpus === least).map((other) => other.memoryMiB);
        expect(size).toEqual(holding.length === 0 ? undefined : { vcpus: least, memoryMiB: Math.min(...beside) });
      }),
    );
  });

  it("leaves sizes of the grid as they are", () => {
    for (const size of SIZES) expect(roundToFargate(size.vcpus, size.memoryMiB)).toEqual(size);
  });

  it.each([
    [0.1, 100, { vcpus: 0.25, memoryMiB: 512 }],
    [0.25, 3_000, { vcpus: 0.5, memoryMiB: 3_072 }],
    [1, 2_000, { vcpus: 1, memoryMiB: 2_048 }],
    [3, 9_000, { vcpus: 4, memoryMiB: 9_216 }],
    [5, 17_000, { vcpus: 8, memoryMiB: 20_480 }],
    [32, 62_000, { vcpus: 32, memoryMiB: 122_880 }],
    [33, 1, undefined],
    [1, 250_000, undefined],
  ])("%d CPUs and %d MiB", (cpu, memoryMiB, size) => {
    expect(roundToFargate(cpu, memoryMiB)).toEqual(size);
  });
});
