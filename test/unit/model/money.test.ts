import { describe, expect, it } from "vitest";
import { parseUsd } from "../../../src/model/money.js";
import { refusal } from "./refusal.js";

describe("parseUsd", () => {
  it.each<[string | number, bigint]>([
    ["$2.50", 2_500_000_000n],
    ["2.50 USD", 2_500_000_000n],
    ["USD 2.50", 2_500_000_000n],
    ["2.5", 2_500_000_000n],
    [2.5, 2_500_000_000n],
    [0.1, 100_000_000n],
    [1e-7, 100n],
    ["$1,250.00", 1_250_000_000_000n],
    ["$.5", 500_000_000n],
    [0, 0n],
    ["$0.0000000019", 1n], // digits beyond nano-dollars are cut off: a cap never grows
    [0.1 + 0.2, 300_000_000n],
    ["900000000.123456789", 900_000_000_123_456_789n], // exact where a number would have lost digits
  ])("reads %j exactly", (written, nano) => {
    expect(parseUsd(written, "maxCost")).toBe(nano);
  });

  it.each(["", "$", "-1", "€5", "5 EUR", "1,2", "12,34", "1.2.3", "$1e99", "two", "$1000000001", " $ "])("refuses %j", (written) => {
    const error = refusal(() => parseUsd(written, "maxCost"));
    expect(error.code).toBe("INVALID_WORKLOAD");
    expect(error.details.field).toBe("maxCost");
    expect(error.message).toContain('"$2.50"');
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e300])("refuses the number %d", (written) => {
    expect(refusal(() => parseUsd(written, "price", "INVALID_CONFIG")).code).toBe("INVALID_CONFIG");
  });
});
