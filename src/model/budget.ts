import { civilOfDays, DAY_MS, daysOfCivil, formatCivil } from "./civil-time.js";
import type { ErrorCode } from "./errors/codes.js";
import { type NanoUsd, readUsd } from "./money.js";
import { kindOf, quote } from "./quote.js";
import { bad, good, type Reading, valueOrThrow } from "./reading.js";

/** How often a budget can start afresh. */
export const BUDGET_WINDOWS = ["hour", "day", "week", "month", "total"] as const;

/** How often a budget starts afresh, in UTC calendar units; weeks start on Monday. `total`: never. */
export type BudgetWindow = (typeof BUDGET_WINDOWS)[number];

/** A budget written as an object: `{ amount: "$50", per: "day" }`. */
export interface BudgetInput {
  /** `"$50"`, `"50 USD"` or a number of dollars. */
  readonly amount: string | number;
  /** Default `total`. */
  readonly per?: BudgetWindow;
}

/** Most that may be spent in each window. */
export interface Budget {
  /** Above zero. */
  readonly amount: NanoUsd;
  readonly window: BudgetWindow;
}

const EXAMPLE = 'write for instance "$50/day", "$5 per hour", "$1000/month" or "$200" (a total)';

const WINDOW_WORDS: ReadonlyMap<string, BudgetWindow> = new Map([
  ...BUDGET_WINDOWS.map((window) => [window, window] as const),
  ["h", "hour"],
  ["d", "day"],
]);

/** Reads a budget; see {@link parseBudget}. */
export function readBudget(value: unknown): Reading<Budget> {
  if (typeof value === "string") {
    const match = value.length <= 64 ? /^\s*([^/]+?)\s*(?:(?:\/|\s+per\s+)\s*([a-z]+)\s*)?$/i.exec(value) : null;
    if (!match) return bad(`is not a budget: ${quote(value)}; ${EXAMPLE}`);
    return budgetOf(match[1] ?? "", match[2]?.toLowerCase() ?? "total", value);
  }
  if (typeof value === "number") return budgetOf(value, "total", value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return bad(`must be a budget, not ${kindOf(value)}; ${EXAMPLE}`);
  }
  const { amount, per = "total", ...others } = value as Record<string, unknown>;
  const unknownKey = Object.keys(others)[0];
  if (unknownKey !== undefined) return bad(`has an unknown key ${quote(unknownKey)}; it takes amount and per`);
  return budgetOf(amount, per, amount);
}

function budgetOf(amount: unknown, per: unknown, written: unknown): Reading<Budget> {
  const window = typeof per === "string" ? WINDOW_WORDS.get(per) : undefined;
  if (window === undefined) return bad(`has the window ${quote(per)} but knows ${BUDGET_WINDOWS.join(", ")}; ${EXAMPLE}`);
  const usd = readUsd(amount);
  if (!usd.ok) return bad(`is not a budget: ${quote(written)}; ${EXAMPLE}`);
  if (usd.value === 0n) return bad(`must be more than nothing, got ${quote(written)}; ${EXAMPLE}`);
  return good({ amount: usd.value, window });
}

/**
 * Parses `"$50/day"`, `"$5 per hour"`, `"$1000/month"`, `"$200"` (a total that never starts afresh) or
 * `{ amount, per }`.
 * @throws the given code (default INVALID_CONFIG: a budget is an option of the scheduler) with `details.field`
 */
export function parseBudget(value: string | BudgetInput, field: string, code: ErrorCode = "INVALID_CONFIG"): Budget {
  return valueOrThrow(readBudget(value), field, code);
}

/** The ledger account that spending counts against at a time, and when it gives way to the next one. */
export interface BudgetAccount {
  /** `budget/day/2026-11-24`, `budget/week/2026-11-23` (its Monday), `budget/month/2026-11`, `budget/hour/2026-11-24T09`, `budget/total`. */
  readonly account: string;
  /** Absent for `total`. */
  readonly endsAtMs?: number;
}

const HOUR_MS = DAY_MS / 24;
/** 1970-01-01 was a Thursday, three days after a Monday. */
const MONDAY_SHIFT = 3;

/** Which account a budget uses at `nowMs` (ms since 1970). Pure; the same time always names the same account. */
export function budgetWindow(budget: Budget, nowMs: number): BudgetAccount {
  const days = Math.floor(nowMs / DAY_MS);
  const date = civilOfDays(days);
  switch (budget.window) {
    case "total":
      return { account: "budget/total" };
    case "hour": {
      const hour = Math.floor(nowMs / HOUR_MS);
      const ofDay = String(hour - days * 24).padStart(2, "0");
      return { account: `budget/hour/${formatCivil(date)}T${ofDay}`, endsAtMs: (hour + 1) * HOUR_MS };
    }
    case "day":
      return { account: `budget/day/${formatCivil(date)}`, endsAtMs: (days + 1) * DAY_MS };
    case "week": {
      const monday = days - ((((days + MONDAY_SHIFT) % 7) + 7) % 7);
      return { account: `budget/week/${formatCivil(civilOfDays(monday))}`, endsAtMs: (monday + 7) * DAY_MS };
    }
    case "month": {
      const next = date.month === 12 ? { year: date.year + 1, month: 1, day: 1 } : { year: date.year, month: date.month + 1, day: 1 };
      return { account: `budget/month/${formatCivil(date).slice(0, 7)}`, endsAtMs: daysOfCivil(next) * DAY_MS };
    }
  }
}
