import { z } from "zod";

const DAY_MS = 86_400_000;
const ISO = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([Zz]|[+-]\d{2}(?::?\d{2})?)?$/;
const HTTP_DATE = /^[A-Za-z]{3}, (\d{2}) ([A-Za-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/**
 * ISO 8601 / RFC 3339 text as ms since 1970, or nothing when it is not one. Text without a zone is taken as UTC, since
 * that is what the services mean that leave it out. Digits below a millisecond are cut off.
 */
export function isoToMs(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = "0", fraction = "", zone = "Z"] = match;
  const dayMs = dateToMs(Number(year), Number(month), Number(day));
  const timeMs = clockToMs(Number(hour), Number(minute), Number(second));
  const zoneMs = offsetMs(zone);
  if (dayMs === undefined || timeMs === undefined || zoneMs === undefined) return undefined;
  return dayMs + timeMs + Number(fraction.slice(0, 3).padEnd(3, "0")) - zoneMs;
}

/** ms since 1970 as `2026-11-24T21:00:00.000Z`. Whole milliseconds; years 0 to 9999. */
export function msToIso(ms: number): string {
  const whole = Math.floor(ms);
  const days = Math.floor(whole / DAY_MS);
  const rest = whole - days * DAY_MS;
  const { year, month, day } = civilFromDays(days);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = `${two(Math.floor(rest / 3_600_000))}:${two(Math.floor(rest / 60_000) % 60)}:${two(Math.floor(rest / 1000) % 60)}`;
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${clock}.${String(rest % 1000).padStart(3, "0")}Z`;
}

/** The date form of HTTP headers (RFC 9110, 5.6.7, IMF-fixdate) as ms since 1970, or nothing. */
export function httpDateToMs(text: string): number | undefined {
  const match = HTTP_DATE.exec(text.trim());
  if (match === null) return undefined;
  const [, day, monthName = "", year, hour, minute, second] = match;
  const dayMs = dateToMs(Number(year), MONTHS.indexOf(monthName.toLowerCase()) + 1, Number(day));
  const timeMs = clockToMs(Number(hour), Number(minute), Number(second));
  return dayMs === undefined || timeMs === undefined ? undefined : dayMs + timeMs;
}

/** Response schema of a timestamp: ISO text in, ms since 1970 out. See {@link isoToMs} for zones. */
export function timestampMs(): z.ZodType<number, string> {
  return z.string().transform((text, context) => {
    const ms = isoToMs(text);
    if (ms !== undefined) return ms;
    context.addIssue({ code: "custom", message: "expected an ISO 8601 timestamp" });
    return z.NEVER;
  });
}

function clockToMs(hour: number, minute: number, second: number): number | undefined {
  // 60 is a leap second; it lands on the next minute.
  return hour <= 23 && minute <= 59 && second <= 60 ? ((hour * 60 + minute) * 60 + second) * 1000 : undefined;
}

function offsetMs(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", "") || "0");
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function dateToMs(year: number, month: number, day: number): number | undefined {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const length = lengths[month - 1];
  return length === undefined || day < 1 || day > length ? undefined : daysFromCivil(year, month, day) * DAY_MS;
}

/** Days since 1970-01-01 in the Gregorian calendar, counted in eras of 400 years that begin in March (146,097 days each). */
function daysFromCivil(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1 };
}
