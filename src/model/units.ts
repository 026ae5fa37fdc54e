/**
 * Durations and sizes, parsed once where the caller's input comes in; inside, everything is `...Ms`, `...MiB` or bytes.
 * `readX` answers a {@link Reading}; `parseX` throws a coded error that names the field.
 */

import { decimalOfNumber, readDecimal, scaleDecimal } from "./decimal.js";
import type { ErrorCode } from "./errors/codes.js";
import { kindOf, quote } from "./quote.js";
import { bad, good, type Reading, valueOrThrow } from "./reading.js";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** 100 years: beyond it a duration is a mistake, and times in ms would leave the range of exact integers. */
const MAX_DURATION_MS = 36_525 * DAY_MS;

const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", SECOND_MS],
  ["sec", SECOND_MS],
  ["m", MINUTE_MS],
  ["min", MINUTE_MS],
  ["h", HOUR_MS],
  ["d", DAY_MS],
]);

const DURATION_EXAMPLE = 'write for instance "20m", "1h30m", "90s", "250ms" or "2d" (a bare number is milliseconds)';
const MAX_TEXT = 64;

/** Reads a duration. Each unit at most once, larger before smaller; result in whole ms, at least 1, at most 100 years. */
export function readDurationMs(value: unknown): Reading<number> {
  if (typeof value === "number") return boundedDuration(value, value);
  if (typeof value !== "string") return bad(`must be a duration, not ${kindOf(value)}; ${DURATION_EXAMPLE}`);
  const text = value.trim();
  const malformed = bad(`is not a duration: ${quote(value)}; ${DURATION_EXAMPLE}`);
  if (text.length === 0 || text.length > MAX_TEXT) return malformed;
  const part = /\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+)/gy;
  let total = 0;
  let previous = Number.POSITIVE_INFINITY;
  let end = 0;
  for (let match = part.exec(text); match; match = part.exec(text)) {
    const unit = DURATION_UNITS.get(match[2] ?? "");
    if (unit === undefined || unit >= previous) return malformed;
    total += Number(match[1]) * unit;
    previous = unit;
    end = part.lastIndex;
  }
  return end === text.length ? boundedDuration(total, value) : malformed;
}

function boundedDuration(ms: number, written: unknown): Reading<number> {
  const whole = Math.round(ms);
  if (!(whole >= 1)) return bad(`must be longer than nothing, got ${quote(written)}; ${DURATION_EXAMPLE}`);
  if (whole > MAX_DURATION_MS) return bad(`is longer than 100 years: ${quote(written)}; ${DURATION_EXAMPLE}`);
  return good(whole);
}

/**
 * Parses `"20m"`, `"1h30m"`, `"90s"`, `"250ms"`, `"2d"`, or a number of milliseconds, into whole milliseconds (1 ms to
 * 100 years).
 * @throws the given code (default INVALID_WORKLOAD) with `details.field`
 */
export function parseDurationMs(value: string | number, field: string, code: ErrorCode = "INVALID_WORKLOAD"): number {
  return valueOrThrow(readDurationMs(value), field, code);
}

/** A duration for people, in its two largest units: `1h 30m`, `2d`, `1.5s`, `250ms`. Negative or non-finite: `0ms`. */
export function formatDuration(ms: number): string {
  if (!(ms > 0) || !Number.isFinite(ms)) return "0ms";
  if (ms < SECOND_MS) return `${Math.max(1, Math.round(ms))}ms`;
  if (ms < MINUTE_MS) return `${Number((ms / SECOND_MS).toFixed(1))}s`;
  const [large, small, step] =
    ms < HOUR_MS ? (["m", "s", MINUTE_MS] as const) : ms < DAY_MS ? (["h", "m", HOUR_MS] as const) : (["d", "h", DAY_MS] as const);
  const per = step === DAY_MS ? 24 : 60;
  const units = Math.round(ms / (step / per));
  const rest = units % per;
  return `${Math.floor(units / per)}${large}${rest === 0 ? "" : ` ${rest}${small}`}`;
}

const KIBI = 1024n;
const MEBI = KIBI * KIBI;

/** Binary and decimal units differ by 2 to 10 percent: enough to lose a machine that was meant, so both are kept apart. */
const SIZE_UNITS: ReadonlyMap<string, bigint> = new Map([
  ["b", 1n],
  ["kb", 1_000n],
  ["mb", 1_000_000n],
  ["gb", 1_000_000_000n],
  ["tb", 1_000_000_000_000n],
  ["pb", 1_000_000_000_000_000n],
  ["kib", KIBI],
  ["mib", MEBI],
  ["gib", KIBI * MEBI],
  ["tib", MEBI * MEBI],
  ["pib", KIBI * MEBI * MEBI],
  ["ki", KIBI],
  ["mi", MEBI],
  ["gi", KIBI * MEBI],
  ["ti", MEBI * MEBI],
]);

const SIZE_EXAMPLE = 'write for instance "8GiB" (1024-based), "8GB" (1000-based) or "512MiB"';

/** Most bytes that stay an exact `number`: 8 PiB. */
const MAX_BYTES = BigInt(Number.MAX_SAFE_INTEGER);

function readSize(value: unknown, bareUnit: bigint, bareName: string): Reading<bigint> {
  const hint = `${SIZE_EXAMPLE}; a bare number is ${bareName}`;
  if (typeof value === "number") {
    const decimal = decimalOfNumber(value);
    return decimal ? bounded(scaleDecimal(decimal, bareUnit, "up"), value, hint) : bad(`is not a size: ${quote(value)}; ${hint}`);
  }
  if (typeof value !== "string") return bad(`must be a size, not ${kindOf(value)}; ${hint}`);
  const text = value.trim();
  const match = text.length <= MAX_TEXT ? /^([\d.]+)\s*([a-z]*)$/i.exec(text) : null;
  const decimal = match ? readDecimal(match[1] ?? "") : undefined;
  const unitName = match?.[2] ?? "";
  if (!decimal) return bad(`is not a size: ${quote(value)}; ${hint}`);
  const unit = SIZE_UNITS.get(unitName.toLowerCase());
  if (unit === undefined) {
    if (unitName === "") return bad(`has no unit: ${quote(value)}; ${SIZE_EXAMPLE}`);
    const ambiguous = /^[kmgtp]$/i.test(unitName) ? ` (${unitName} alone means 1000 to some and 1024 to others)` : "";
    return bad(`has an unknown unit${ambiguous}: ${quote(value)}; ${SIZE_EXAMPLE}`);
  }
  return bounded(scaleDecimal(decimal, unit, "up"), value, hint);
}

function bounded(bytes: bigint, written: unknown, hint: string): Reading<bigint> {
  return bytes <= MAX_BYTES ? good(bytes) : bad(`is too large: ${quote(written)}; ${hint}`);
}

/** Reads a size of memory or disk as whole MiB, rounded up, at least 1. */
export function readMiB(value: unknown): Reading<number> {
  const bytes = readSize(value, MEBI, "MiB");
  if (!bytes.ok) return bytes;
  if (bytes.value === 0n) return bad(`must be larger than nothing, got ${quote(value)}; ${SIZE_EXAMPLE}`);
  return good(Number((bytes.value + MEBI - 1n) / MEBI));
}

/** Reads a number of bytes, rounded up, at least 0. */
export function readBytes(value: unknown): Reading<number> {
  const bytes = readSize(value, 1n, "bytes");
  return bytes.ok ? good(Number(bytes.value)) : bytes;
}

/**
 * Parses `"8GiB"`, `"8GB"`, `"512MiB"`, `"1.5TiB"`, or a number of MiB, into whole MiB, rounded up (asking for a little
 * more is safe, for less is not).
 * @throws the given code (default INVALID_WORKLOAD) with `details.field`
 */
export function parseMiB(value: string | number, field: string, code: ErrorCode = "INVALID_WORKLOAD"): number {
  return valueOrThrow(readMiB(value), field, code);
}

/**
 * Parses the same sizes, or a number of bytes, into bytes. Zero is a size.
 * @throws the given code (default INVALID_WORKLOAD) with `details.field`
 */
export function parseBytes(value: string | number, field: string, code: ErrorCode = "INVALID_WORKLOAD"): number {
  return valueOrThrow(readBytes(value), field, code);
}
