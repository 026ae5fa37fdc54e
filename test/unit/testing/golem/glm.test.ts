import { describe, expect, test } from "vitest";
import { formatGlm, linearCost, parseGlm, times, toUnits } from "../../../../src/testing/golem/glm.js";

const GLM = 10n ** 18n;

describe("amounts of GLM", () => {
  test.each([
    ["1", GLM],
    ["0", 0n],
    ["0.5", GLM / 2n],
    [".5", GLM / 2n],
    ["2.", 2n * GLM],
    ["1e-7", GLM / 10n ** 7n],
    [1e-7, GLM / 10n ** 7n],
    ["0.000000000000000001", 1n],
    ["0.0000000000000000019", 1n],
    ["12e2", 1_200n * GLM],
  ])("%s is read", (text, units) => {
    expect(parseGlm(text)).toBe(units);
  });

  test.each(["", ".", "-1", "1,5", "one", "0x10", "NaN"])('"%s" is no amount', (text) => {
    expect(parseGlm(text)).toBeUndefined();
    expect(toUnits(text)).toBe(0n);
  });

  test.each([
    [0n, "0"],
    [GLM, "1"],
    [GLM / 2n, "0.5"],
    [1n, "0.000000000000000001"],
    [1_200n * GLM + 1n, "1200.000000000000000001"],
  ])("%s is written", (units, text) => {
    expect(formatGlm(units)).toBe(text);
    expect(parseGlm(text)).toBe(units);
  });

  test("cost is the sum of what is counted, and the start", () => {
    const prices = ["0.001", "0.002", "0.5"].map(toUnits);
    expect(linearCost(prices, [120_000, 60_000])).toBe(toUnits("0.74"));
    expect(linearCost(prices, [0, 0])).toBe(toUnits("0.5"));
    expect(linearCost([], [1_000])).toBe(0n);
    expect(times(toUnits("0.74"), 1.5)).toBe(toUnits("1.11"));
  });
});
