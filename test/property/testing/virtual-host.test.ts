import { describe, expect, it } from "vitest";
import { createVirtualHost } from "../../../src/testing/index.js";
import { fc } from "../../support/property.js";

interface Planned {
  readonly delayMs: number;
  readonly cancelAtMs: number | undefined;
}

const planned: fc.Arbitrary<Planned> = fc.record({
  delayMs: fc.integer({ min: 0, max: 50 }),
  cancelAtMs: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
});

describe("virtual host: properties", () => {
  it("fires exactly what a sorted list would, whatever is cancelled when, and in whatever steps time goes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(planned, { maxLength: 400 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
        async (plans, steps) => {
          const host = createVirtualHost();
          const fired: { readonly index: number; readonly atMs: number }[] = [];
          const handles = plans.map(({ delayMs }, index) => host.setTimer(delayMs, () => fired.push({ index, atMs: host.monotonic() })));
          for (let step = 0; host.elapsedMs < 60; step++) {
            // Cancels take place between steps, so a timer is cut off when its time comes after the step's beginning.
            for (const [index, { cancelAtMs }] of plans.entries())
              if (cancelAtMs !== undefined && cancelAtMs <= host.elapsedMs) handles[index]?.cancel();
            await host.advance(steps[step % steps.length] ?? 1);
          }
          const cancelledBefore = (index: number): boolean => {
            const cancelAtMs = plans[index]?.cancelAtMs;
            if (cancelAtMs === undefined) return false;
            let boundary = 0;
            for (let step = 0; boundary < cancelAtMs; step++) boundary += steps[step % steps.length] ?? 1;
            // A timer that is due exactly at the boundary has fired at the end of the step before.
            return boundary === 0 ? true : (plans[index]?.delayMs ?? 0) > boundary;
          };
          const expected = plans
            .map(({ delayMs }, index) => ({ index, atMs: delayMs }))
            .filter(({ index }) => !cancelledBefore(index))
            .sort((a, b) => a.atMs - b.atMs || a.index - b.index);
          expect(fired).toEqual(expected);
          expect(host.pendingTimers()).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });
});
