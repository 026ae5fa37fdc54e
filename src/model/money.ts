/**
 * Money. Estimates are plain `number` US dollars: their floating-point error is far below the model's.
 * Caps, holds, charges and ledgers are `bigint` **nano-dollars** (1e-9 USD), so that sums are exact and a
 * per-second rate of a cheap node still has digits left (0.45 USD/h is 125,000 nano-dollars a second).
 */

import { SchedulerError } from "./errors/scheduler-error.js";

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

export const maxNano = (a: NanoUsd, b: NanoUsd): NanoUsd => (a > b ? a : b);
export const minNano = (a: NanoUsd, b: NanoUsd): NanoUsd => (a < b ? a : b);
