import { describe, expect, it } from "vitest";
import { createPlacer, placeNaively } from "../../../../src/core/placement/place.js";
import type { PlacementInput } from "../../../../src/core/placement/types.js";
import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import { toUsd } from "../../../../src/model/money.js";
import type { Offer } from "../../../../src/model/offer.js";
import { compliant, filter, hybrid, penalty } from "../../../../src/policies/index.js";
import type { Policy, TimeValue } from "../../../../src/spec/policy.js";
import { inputOf, offerOf } from "./fixtures.js";

const place = (input: PlacementInput) => createPlacer().place(input);
const priced = (id: string, usdPerHour: number, changes: Partial<Offer> = {}): Offer => offerOf(id, { price: { usdPerHour }, ...changes });

describe("policies that misbehave", () => {
  const broken: readonly [string, Partial<Policy>, RegExp][] = [
    [
      "a filter that throws",
      {
        filters: [
          filter("bad-one", () => {
            throw new TypeError("x is undefined");
          }),
        ],
      },
      /filter "bad-one" threw: x is undefined/,
    ],
    [
      "a filter that answers a boolean",
      { filters: [filter("bad-one", (() => false) as never)] },
      /filter "bad-one" answered something of type boolean/,
    ],
    ["a penalty of NaN", { penalties: [penalty("bad-one", () => Number.NaN)] }, /penalty "bad-one" answered NaN/],
    ["a negative penalty", { penalties: [penalty("bad-one", () => -1)] }, /penalty "bad-one" answered -1.*bonus/],
    [
      "a penalty that is not there yet",
      { penalties: [penalty("bad-one", (async () => 1) as never)] },
      /penalty "bad-one" answered something of type object/,
    ],
    [
      "a value of time that is infinite",
      { value: () => ({ waitingUsdPerHour: Number.POSITIVE_INFINITY, startUsdPerHour: 0, latenessUsdPerHour: 0, missUsd: 0 }) },
      /value.*waitingUsdPerHour/,
    ],
    ["a value of time that is missing", { value: () => ({}) as TimeValue }, /value answered undefined/],
    ["a verification nobody knows", { verification: (() => ({ kind: "magic" })) as never }, /verification/],
    ["a quorum without numbers", { verification: (() => ({ kind: "quorum" })) as never }, /verification/],
    ["a name that is not kebab-case", { filters: [filter("Bad One", () => undefined)] }, /kebab-case/],
    ["two rules of one name", { penalties: [penalty("twice", () => 0), penalty("twice", () => 0)] }, /two rules named "twice"/],
    ["a quantile out of range", { selection: { kind: "quantile", quantile: 1 } }, /selection\.quantile/],
    ["a ratio below one", { maxBilledRatio: 0.5 }, /maxBilledRatio/],
    ["a retry without failures", { retry: { ...hybrid().retry, maxFailures: 0 } }, /maxFailures/],
  ];

  it.each(broken)("%s is INVALID_POLICY and named", (_title, changes, message) => {
    const policy: Policy = { ...hybrid(), name: "acme", ...changes };
    const run = (): unknown => place(inputOf([priced("it", 1)], { policy }));
    expect(run).toThrow(message);
    try {
      run();
    } catch (thrown) {
      expect(SchedulerError.isInstance(thrown) && thrown.code).toBe("INVALID_POLICY");
      expect(String(thrown)).toContain('"acme"');
      expect((thrown as SchedulerError).details).toMatchObject({ policy: "acme" });
    }
    expect(() => placeNaively(inputOf([priced("it", 1)], { policy }))).toThrow(message);
  });

  it("does not mind a compliant one", () => {
    expect(toUsd(place(inputOf([priced("it", 1)], { policy: compliant() })).chosen?.worstCase ?? 0n)).toBeGreaterThan(0);
  });
});
