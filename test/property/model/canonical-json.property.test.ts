import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../src/model/canonical-json.js";
import { fc } from "../../support/property.js";

/** The same value with the keys of every object in another order. */
function shuffled(value: unknown, order: (keys: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, order));
  if (typeof value !== "object" || value === null) return value;
  const entries = order(Object.keys(value)).map((key) => [key, shuffled((value as Record<string, unknown>)[key], order)] as const);
  return Object.fromEntries(entries);
}

describe("canonicalJson", () => {
  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(canonicalJson(shuffled(value, (keys) => keys.reverse()))).toBe(canonicalJson(value));
      }),
      { numRuns: 500 },
    );
  });

  it("writes JSON of the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 500 },
    );
  });

  it("tells different values apart", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        const same = canonicalJson(a) === canonicalJson(b);
        expect(same).toBe(JSON.stringify(shuffled(a, (keys) => keys.sort())) === JSON.stringify(shuffled(b, (keys) => keys.sort())));
      }),
      { numRuns: 500 },
    );
  });
});
