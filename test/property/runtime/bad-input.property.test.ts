import { SchedulerError } from "spillway";
import { describe, expect, it } from "vitest";
import { fc } from "../../support/property.js";
import { job, world } from "../../support/world.js";

/** Something that no field of a workload accepts. */
const nonsense = fc.oneof(
  fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    "",
    "eleven",
    "-5m",
    "12 parsecs",
    null,
    true,
    [],
    {},
    [[]],
    1n,
    Symbol("s"),
    () => 1,
  ),
  fc.object({ maxDepth: 1 }),
);
const field = fc.constantFrom(
  "command",
  "image",
  "env",
  "resources",
  "inputs",
  "outputs",
  "data",
  "expectedDuration",
  "timeout",
  "deadline",
  "startWithin",
  "maxCost",
  "priority",
  "verification",
  "checkpoint",
  "labels",
  "secrets",
  "kind",
);

describe("bad input", () => {
  it("always gives a coded error that names the field, and leaves nothing behind", { timeout: 60_000 }, async () => {
    const { scheduler, wait, host, market } = world();
    await wait(scheduler.health());
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(field, nonsense, fc.string(), async (name, value, extra) => {
        const input: Record<string, unknown> = { ...job("bad"), [name]: value };
        if (extra.length > 8) input[extra] = value;
        const thrown: unknown = await wait(scheduler.schedule(input as never)).then(
          async (accepted) => {
            // Some nonsense is sense for some field (`priority: -1`): then it is a run like any other.
            await wait(accepted.cancel());
            return undefined;
          },
          (error: unknown) => error,
        );
        if (thrown === undefined) return;
        refused += 1;
        expect(SchedulerError.isInstance(thrown), String(thrown)).toBe(true);
        const error = thrown as SchedulerError;
        expect(error.message.length).toBeGreaterThan(10);
        if (error.code === "INVALID_WORKLOAD") expect(error.details.field).toEqual(expect.any(String));
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(200);
    await wait(scheduler.close());
    expect(market.openLeases()).toEqual([]);
    expect(host.pendingTimers()).toEqual([]);
  });
});
