import { describe, expect, it } from "vitest";
import { numeric, tolerantEnum } from "../../../src/kit/tolerant.js";

describe("tolerant schemas", () => {
  it("maps words it does not know to unknown", () => {
    const status = tolerantEnum(["running", "termination requested"]);
    expect(["running", " Running ", "TERMINATION REQUESTED", "paused", 7, null, undefined].map((value) => status.parse(value))).toEqual([
      "running",
      "running",
      "termination requested",
      "unknown",
      "unknown",
      "unknown",
      "unknown",
    ]);
  });

  it("reads numbers written as text, and only those", () => {
    expect([1, "1", "2.50", " 1e3 ", "-.5"].map((value) => numeric().parse(value))).toEqual([1, 1, 2.5, 1000, -0.5]);
    for (const bad of ["", " ", "1,5", "0x10", "Infinity", "NaN", Number.NaN, null, "1e999"])
      expect(numeric().safeParse(bad).success).toBe(false);
  });
});
