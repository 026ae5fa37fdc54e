import { describe, expect, it } from "vitest";
import { ADEQUATE, EEA, EU, isPlaceAllowed, JURISDICTIONS_AS_OF, placeRule } from "../../../../src/core/placement/jurisdictions.js";

describe("jurisdictions", () => {
  it("knows the sets as they were at their date", () => {
    expect(EU.size).toBe(27);
    expect(EEA.size).toBe(30);
    expect([...EEA].filter((code) => !EU.has(code)).sort()).toEqual(["IS", "LI", "NO"]);
    expect(EU.has("GB")).toBe(false);
    expect(ADEQUATE.size).toBe(15);
    expect(ADEQUATE.has("US")).toBe(false);
    expect([...ADEQUATE].some((code) => EEA.has(code))).toBe(false);
    for (const code of [...EEA, ...ADEQUATE]) expect(code).toMatch(/^[A-Z]{2}$/);
    expect(JURISDICTIONS_AS_OF).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  it.each([
    [["DE"], "DE", [], true],
    [["DE"], "FR", [], false],
    [["eu"], "FR", [], true],
    [["EU"], "NO", [], false],
    [["EEA"], "NO", [], true],
    [["EU", "CH"], "CH", [], true],
    [["UK"], "GB", [], true],
    [["EL"], "GR", [], true],
    [["ADEQUATE"], "JP", [], true],
    [["ADEQUATE"], "DE", [], false],
    [["ADEQUATE"], "US", [], false],
    [["ADEQUATE"], "US", ["dpf"], true],
    [["EEA"], "US", ["dpf"], false],
    [["US"], "US", [], true],
    [["EUROPE"], "DE", [], false],
  ])("%j allows %s with %j: %s", (residency, country, certifications, allowed) => {
    expect(isPlaceAllowed(placeRule(residency), country, certifications)).toBe(allowed);
  });
});
