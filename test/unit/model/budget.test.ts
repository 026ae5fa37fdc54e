import { describe, expect, it } from "vitest";
import { type BudgetInput, type BudgetWindow, budgetWindow, parseBudget } from "../../../src/model/budget.js";
import { refusal } from "./refusal.js";

describe("parseBudget", () => {
  it.each<[string | BudgetInput, bigint, BudgetWindow]>([
    ["$50/day", 50_000_000_000n, "day"],
    ["$5 per hour", 5_000_000_000n, "hour"],
    ["$1,000 / month", 1_000_000_000_000n, "month"],
    ["2.50 USD/week", 2_500_000_000n, "week"],
    ["$200", 200_000_000_000n, "total"],
    [{ amount: "$3", per: "day" }, 3_000_000_000n, "day"],
    [{ amount: 3 }, 3_000_000_000n, "total"],
  ])("reads %j", (written, amount, window) => {
    expect(parseBudget(written, "budget")).toEqual({ amount, window });
  });

  it.each<unknown>([
    "",
    "$0/day",
    "$5/year",
    "$5 each day",
    "day",
    "$5/",
    "/day",
    "-$5/day",
    null,
    [],
    {},
    { amount: 5, pre: "day" },
    { amount: "x" },
    true,
  ])("refuses %j", (written) => {
    const error = refusal(() => parseBudget(written as string, "budget"));
    expect(error.code).toBe("INVALID_CONFIG");
    expect(error.details.field).toBe("budget");
  });

  it("names the windows it knows", () => {
    expect(refusal(() => parseBudget("$5/year", "budget")).message).toContain("hour, day, week, month, total");
  });
});

describe("budgetWindow", () => {
  const at = (text: string): number => Date.parse(text);
  const budget = (window: BudgetWindow) => ({ amount: 1n, window });

  it.each<[BudgetWindow, string, string, string]>([
    ["hour", "2026-11-24T09:59:59.999Z", "budget/hour/2026-11-24T09", "2026-11-24T10:00:00Z"],
    ["hour", "2026-11-24T23:00:00Z", "budget/hour/2026-11-24T23", "2026-11-25T00:00:00Z"],
    ["day", "2026-11-24T00:00:00Z", "budget/day/2026-11-24", "2026-11-25T00:00:00Z"],
    ["day", "2028-02-28T12:00:00Z", "budget/day/2028-02-28", "2028-02-29T00:00:00Z"],
    ["week", "2026-11-24T12:00:00Z", "budget/week/2026-11-23", "2026-11-30T00:00:00Z"],
    ["week", "2026-11-23T00:00:00Z", "budget/week/2026-11-23", "2026-11-30T00:00:00Z"],
    ["week", "2026-11-29T23:59:59Z", "budget/week/2026-11-23", "2026-11-30T00:00:00Z"],
    ["week", "2027-01-01T00:00:00Z", "budget/week/2026-12-28", "2027-01-04T00:00:00Z"],
    ["month", "2026-12-31T23:59:59Z", "budget/month/2026-12", "2027-01-01T00:00:00Z"],
    ["month", "2028-02-29T00:00:00Z", "budget/month/2028-02", "2028-03-01T00:00:00Z"],
  ])("puts %s at %s into %s", (window, now, account, ends) => {
    expect(budgetWindow(budget(window), at(now))).toEqual({ account, endsAtMs: at(ends) });
  });

  it("never ends a total", () => {
    expect(budgetWindow(budget("total"), 0)).toEqual({ account: "budget/total" });
  });
});
