import { describe, expect, it } from "vitest";
import { formatDuration, parseBytes, parseDurationMs, parseMiB } from "../../../src/model/units.js";
import { fc } from "../../support/property.js";

describe("durations", () => {
  it("are read back from the way they are written, to within the units shown", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000_000_000_000 }), (ms) => {
        const read = parseDurationMs(formatDuration(ms), "f");
        const unit = ms < 1_000 ? 1 : ms < 60_000 ? 100 : ms < 3_600_000 ? 1_000 : ms < 86_400_000 ? 60_000 : 3_600_000;
        expect(Math.abs(read - ms)).toBeLessThanOrEqual(unit / 2);
      }),
      { numRuns: 2_000 },
    );
  });

  it("are sums of their parts", () => {
    const part = fc.integer({ min: 1, max: 59 });
    fc.assert(
      fc.property(part, part, part, part, (d, h, m, s) => {
        expect(parseDurationMs(`${d}d${h}h${m}m${s}s`, "f")).toBe((((d * 24 + h) * 60 + m) * 60 + s) * 1_000);
      }),
      { numRuns: 300 },
    );
  });
});

describe("sizes", () => {
  it("never ask for less than what was written, and for less than one MiB more", () => {
    const units = { kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999 }), fc.constantFrom(...Object.entries(units)), (amount, [unit, bytes]) => {
        const mib = parseMiB(`${amount}${unit}`, "f");
        expect(mib * 1024 ** 2).toBeGreaterThanOrEqual(amount * bytes);
        expect((mib - 1) * 1024 ** 2).toBeLessThan(amount * bytes);
        expect(parseBytes(`${amount} ${unit.toLowerCase()}`, "f")).toBe(amount * bytes);
      }),
      { numRuns: 1_000 },
    );
  });
});
