import { describe, expect, it } from "vitest";
import { createPlacer } from "../../../src/core/placement/place.js";
import { compose, filter, type PolicyPatch, penalty } from "../../../src/policies/index.js";
import { fc } from "../../support/property.js";
import { easyInputArbitrary, without } from "../core/placement/arbitraries.js";

const name = fc.constantFrom("one", "two", "three");
const patchArbitrary: fc.Arbitrary<PolicyPatch> = fc
  .record({
    filters: fc
      .uniqueArray(name, { maxLength: 2 })
      .map((names) => names.map((each) => filter(each, ({ offer }) => (offer.id.endsWith("3") ? each : undefined)))),
    penalties: fc
      .uniqueArray(name, { maxLength: 2 })
      .chain((names) => fc.double({ min: 0, max: 3, noNaN: true }).map((usd) => names.map((each) => penalty(each, () => usd)))),
    waiting: fc.option(fc.double({ min: 0, max: 50, noNaN: true }), { nil: undefined }),
    maxFailures: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    maxBilledRatio: fc.option(fc.double({ min: 2, max: 50, noNaN: true }), { nil: undefined }),
    quantile: fc.option(fc.constantFrom(0.2, 0.5, 0.9), { nil: undefined }),
  })
  .map(({ waiting, maxFailures, quantile, ...rest }) => ({
    ...without(rest),
    ...(waiting === undefined ? {} : { value: () => ({ waitingUsdPerHour: waiting }) }),
    ...(maxFailures === undefined ? {} : { retry: { maxFailures } }),
    ...(quantile === undefined ? {} : { selection: { kind: "quantile" as const, quantile } }),
  }));

describe("compose", () => {
  it("gives the same decisions whether patches come at once or one after another", () => {
    fc.assert(
      fc.property(easyInputArbitrary(3, 20), patchArbitrary, patchArbitrary, (input, first, second) => {
        const atOnce = compose(input.policy, first, second);
        const inTurn = compose(compose(input.policy, first), second);
        const place = (policy: typeof atOnce) => createPlacer().place({ ...input, policy });
        expect(place(inTurn)).toEqual(place(atOnce));
      }),
      { numRuns: 80 },
    );
  });

  it("changes nothing with nothing, and never the base", () => {
    fc.assert(
      fc.property(easyInputArbitrary(3, 20), patchArbitrary, (input, patch) => {
        const before = createPlacer().place(input);
        compose(input.policy, patch);
        expect(createPlacer().place({ ...input, policy: compose(input.policy, {}) })).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });

  it("only ever takes offers away with filters, and only ever adds to sums with penalties", () => {
    fc.assert(
      fc.property(easyInputArbitrary(3, 19), fc.double({ min: 0.1, max: 5, noNaN: true }), (input, usd) => {
        const base = createPlacer().place(input).record;
        const filtered = createPlacer().place({
          ...input,
          policy: compose(input.policy, { filters: [filter("odd", ({ offer }) => (/[13579]$/.test(offer.id) ? "odd" : undefined))] }),
        }).record;
        expect(filtered.candidates.map(({ offerId }) => offerId)).toEqual(
          base.candidates.map(({ offerId }) => offerId).filter((id) => !/[13579]$/.test(id)),
        );
        const charged = createPlacer().place({
          ...input,
          policy: compose(input.policy, { penalties: [penalty("flat", () => usd)] }),
        }).record;
        expect(charged.candidates.map(({ offerId }) => offerId)).toEqual(base.candidates.map(({ offerId }) => offerId));
        charged.candidates.forEach(({ totalUsd }, at) => {
          expect(totalUsd).toBeCloseTo((base.candidates[at]?.totalUsd ?? 0) + usd, 6);
        });
      }),
      { numRuns: 80 },
    );
  });
});
