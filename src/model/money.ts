/**
 * Money. Estimates are plain `number` US dollars: their floating-point error is far below the model's.
 * Caps, holds, charges and ledgers are `bigint` **nano-dollars** (1e-9 USD), so that sums are exact and a
 * per-second rate of a cheap node still has digits left (0.45 USD/h is 125,000 nano-dollars a second).
 */

import { decimalOfNumber, readDecimal, scaleDecimal } from "./decimal.js";
import type { ErrorCode } from "./errors/codes.js";
import { SchedulerError } from "./errors/scheduler-error.js";
import { kindOf, quote } from "./quote.js";
import { bad, good, type Reading, valueOrThrow } from "./reading.js";

/** An exact amount of US dollars in units of 1e-9 USD. Never negative in caps and holds. */
export type NanoUsd = bigint;

/** Nano-dollars in one dollar. */
export const NANO_PER_USD = 1_000_000_000n;

/**
 * Converts an estimate to an exact amount. Round `"up"` when authorising (holds, caps needed), `"down"` when
 * claiming (refunds). Non-finite or negative input throws `INVALID_CONFIG`: an estimate that reached money must be real.
 */
export function nanoUsd(usd: number, rounding: "up" | "down"): NanoUsd {
  if (!Number.isFinite(usd) || usd < 0) {
    throw new SchedulerError("INVALID_CONFIG", `An amount of money must be a finite number of dollars >= 0, got ${usd}.`, {
      details: { field: "money" },
    });
  }
  // Whole dollars and the fraction are converted apart: usd * 1e9 alone would lose digits above 9 million dollars.
  const whole = Math.floor(usd);
  const fraction = (usd - whole) * 1e9;
  const nano = rounding === "up" ? Math.ceil(fraction - 1e-6) : Math.floor(fraction + 1e-6);
  return BigInt(whole) * NANO_PER_USD + BigInt(Math.max(0, nano));
}

/** The amount as a `number` of dollars, for estimates and display. Exact up to 2^53 nano-dollars (9 million USD). */
export function toUsd(amount: NanoUsd): number {
  return Number(amount / NANO_PER_USD) + Number(amount % NANO_PER_USD) / 1e9;
}

/** A short human form: `$2.50`, `$0.0042`, `$1,250.00`. At least two digits, three significant ones below a dollar. */
export function formatUsd(amount: NanoUsd | number): string {
  const usd = typeof amount === "bigint" ? toUsd(amount) : amount;
  if (usd === 0) return "$0.00";
  const size = Math.abs(usd);
  const digits = size >= 1 ? 2 : Math.min(9, Math.max(2, 2 - Math.floor(Math.log10(size))));
  const [whole = "0", fraction = ""] = size.toFixed(digits).split(".");
  return `${usd < 0 ? "-" : ""}$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${fraction}`;
}

/** The larger amount. */
export const maxNano = (a: NanoUsd, b: NanoUsd): NanoUsd => (a > b ? a : b);
/** The smaller amount. */
export const minNano = (a: NanoUsd, b: NanoUsd): NanoUsd => (a < b ? a : b);

/** One billion dollars: above it an amount is a mistake, and it would no longer fit the 64-bit integers of databases. */
const MAX_USD = 1_000_000_000n;

const USD_EXAMPLE = 'write for instance "$2.50", "2.50 USD" or 2.5';

/** Reads an amount of dollars >= 0, digit by digit; digits beyond the ninth decimal are cut off, so a cap never grows. */
export function readUsd(value: unknown): Reading<NanoUsd> {
  let decimal = typeof value === "number" ? decimalOfNumber(value) : undefined;
  if (typeof value === "string") {
    const text = value.trim();
    const match = text.length <= 64 ? /^(?:(?:\$|USD)\s*([\d.,]+)|([\d.,]+)(?:\s*USD)?)$/i.exec(text) : null;
    const digits = match?.[1] ?? match?.[2] ?? "";
    const grouped = digits.includes(",") ? (/^\d{1,3}(,\d{3})+(\.\d*)?$/.test(digits) ? digits.replaceAll(",", "") : "") : digits;
    decimal = readDecimal(grouped);
  } else if (typeof value !== "number") {
    return bad(`must be an amount of US dollars, not ${kindOf(value)}; ${USD_EXAMPLE}`);
  }
  if (!decimal) return bad(`is not an amount of US dollars >= 0: ${quote(value)}; ${USD_EXAMPLE}`);
  const nano = scaleDecimal(decimal, NANO_PER_USD, "down");
  return nano <= MAX_USD * NANO_PER_USD ? good(nano) : bad(`is more than a billion dollars: ${quote(value)}; ${USD_EXAMPLE}`);
}

/**
 * Parses `"$2.50"`, `"2.50 USD"` or `2.5` exactly: by its decimal digits, never through a binary fraction.
 * @throws the given code (default INVALID_WORKLOAD) with `details.field`
 */
export function parseUsd(value: string | number, field: string, code: ErrorCode = "INVALID_WORKLOAD"): NanoUsd {
  return valueOrThrow(readUsd(value), field, code);
}
