/**
 * Calendar arithmetic in UTC without the platform's clock types, so that the pure core may use it. Days are counted
 * from 1970-01-01 in the proleptic Gregorian calendar (algorithms of H. Hinnant, "chrono-compatible low-level date
 * algorithms": shift the year to start in March, then count 400-year eras).
 */

import { quote } from "./quote.js";
import { bad, good, type Reading } from "./reading.js";

export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const DAYS_PER_ERA = 146_097;
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_SHIFT = 719_468;

/** Days since 1970-01-01 of a date. */
export function daysOfCivil({ year, month, day }: CivilDate): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - EPOCH_SHIFT;
}

/** The date so many days after 1970-01-01. */
export function civilOfDays(days: number): CivilDate {
  const shifted = days + EPOCH_SHIFT;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

const two = (value: number): string => String(value).padStart(2, "0");

/** `2026-11-24`. */
export function formatCivil({ year, month, day }: CivilDate): string {
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

/** `2026-11-24T09:30:00.000Z`, as `Date.prototype.toISOString` writes it for the years 0 to 9999. */
export function formatInstant(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const rest = ms - days * DAY_MS;
  const seconds = Math.floor((rest % MINUTE_MS) / 1_000);
  const time = `${two(Math.floor(rest / HOUR_MS))}:${two(Math.floor((rest % HOUR_MS) / MINUTE_MS))}:${two(seconds)}`;
  return `${formatCivil(civilOfDays(days))}T${time}.${String(Math.floor(rest % 1_000)).padStart(3, "0")}Z`;
}

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s?([Zz]|[+-]\d{2}:?\d{2})?$/;

/** True for text that is meant as a point in time, right or wrong: it begins like a date. */
export const looksLikeInstant = (text: string): boolean => /^\d{4}-\d{2}/.test(text);

/** Reads an RFC 3339 time such as `2026-11-24T18:00:00Z` into ms since 1970. The offset is required: local time differs from machine to machine. */
export function readInstantMs(text: string): Reading<number> {
  const example = 'write for instance "2026-11-24T18:00:00Z"';
  const match = text.length <= 40 ? INSTANT.exec(text.trim()) : null;
  if (!match) return bad(`is not a point in time: ${quote(text)}; ${example}`);
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "0", fraction = "", zone] = match;
  if (zone === undefined) return bad(`has no time zone: ${quote(text)}; ${example}`);
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  const days = daysOfCivil(date);
  const real = civilOfDays(days);
  const sane = real.year === date.year && real.month === date.month && real.day === date.day;
  if (!sane || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return bad(`is not a real date and time: ${quote(text)}; ${example}`);
  }
  const offset = offsetMinutes(zone);
  if (offset === undefined) return bad(`has an impossible time zone: ${quote(text)}; ${example}`);
  const ms = Number(fraction.slice(0, 3).padEnd(3, "0"));
  return good(days * DAY_MS + Number(hour) * HOUR_MS + (Number(minute) - offset) * MINUTE_MS + Number(second) * 1_000 + ms);
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
