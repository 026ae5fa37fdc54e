import { describe, expect, it } from "vitest";
import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";
import type { Workload } from "../../../src/model/workload.js";
import { parseWorkload, type WorkloadInput } from "../../../src/model/workload-input.js";
import { fc } from "../../support/property.js";

const members = (input: WorkloadInput): readonly Workload[] => {
  const parsed = parseWorkload(input);
  return parsed.kind === "fan-out" ? parsed.workloads : [parsed.workload];
};

const sweep = fc.dictionary(
  fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/).filter((name) => !["index", "frame", "seed", "shard", "shards"].includes(name)),
  fc.uniqueArray(fc.oneof(fc.integer(), fc.stringMatching(/^[a-z]{1,4}$/)), { minLength: 1, maxLength: 4, selector: String }),
  { minKeys: 1, maxKeys: 3 },
);

describe("fan-out", () => {
  it("makes every combination exactly once, numbered without gaps", () => {
    fc.assert(
      fc.property(sweep, fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }), (parameters, seeds) => {
        const names = [...Object.keys(parameters), "seed"];
        const command = ["sim", names.map((name) => `{${name}}`).join("|")];
        const runs = members({ kind: "simulation", command, sweep: parameters, ...(seeds === undefined ? {} : { seeds }) });
        const expected = Object.values(parameters).reduce((product, values) => product * values.length, seeds ?? 1);
        expect(runs).toHaveLength(expected);
        expect(new Set(runs.map((run) => run.command[1])).size).toBe(expected);
        expect(runs.map((run) => run.fan?.index)).toEqual(runs.map((_, index) => index));
        expect(runs.every((run) => run.fan?.of === expected)).toBe(true);
        if (seeds === undefined) expect(runs[0]?.command[1]).toMatch(/\|\{seed\}$/);
      }),
      { numRuns: 200 },
    );
  });

  it("makes the frames of a range", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -500, max: 500 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 50 }),
        (from, length, step) => {
          const frames = members({ kind: "rendering", command: ["r", "{frame}"], frames: { from, to: from + length, step } });
          const expected: string[] = [];
          for (let frame = from; frame <= from + length; frame += step) expected.push(String(frame));
          expect(frames.map((run) => run.command[1])).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("never lets two members write to one place, nor out of their directory", () => {
    const text = fc.stringMatching(/^[a-z./{}]{0,12}$/);
    const destination = fc.constantFrom("u", "u/", "u/{v}", "{v}/u", "{v}", "u{index}");
    fc.assert(
      fc.property(
        text,
        destination,
        fc.uniqueArray(fc.constantFrom("a", "..", "b/", "/", ".", "a/../b", ""), { minLength: 1 }),
        (path, uri, values) => {
          const input = { kind: "simulation", command: ["x"], sweep: { v: values }, outputs: { [`o${path}{v}`]: uri } };
          try {
            const places = members(input as WorkloadInput).flatMap((run) =>
              Object.entries(run.outputs).map(([out, to]) => ({ out, to: to.uri })),
            );
            expect(new Set(places.map(({ out, to }) => (to?.endsWith("/") ? out + to : to))).size).toBe(places.length);
            for (const { out } of places) expect(out.split("/")).not.toContain("..");
          } catch (thrown) {
            expect(SchedulerError.isInstance(thrown) && thrown.code).toBe("INVALID_WORKLOAD");
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
