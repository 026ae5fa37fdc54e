import { NANO_PER_USD } from "../../../model/money.js";

const SIZE_UNITS: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  p: 1e15,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
  pi: 2 ** 50,
};

/** Bytes of `512Mi`, `1.5Gi`, `100M`; undefined for anything else, a bare number included. Fractions of a byte are rounded up. */
export function readBytes(text: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)([kmgtp]i?)b?$/i.exec(text) ?? [];
  const factor = SIZE_UNITS[unit.toLowerCase()];
  return factor === undefined ? undefined : Math.ceil(Number(digits) * factor);
}

/** Thousandths of a core of 0.5, `"0.5"` or `"500m"`. */
export function readMilliCpu(units: number | string): number | undefined {
  if (typeof units === "number") return units > 0 ? units * 1_000 : undefined;
  const [, digits, milli] = /^(\d+(?:\.\d+)?)(m?)$/.exec(units) ?? [];
  const value = Number(digits ?? 0) * (milli === "m" ? 1 : 1_000);
  return value > 0 ? value : undefined;
}

/** Milliseconds of `24h`, `90m`, `3600s`. */
export function readWindowMs(text: string): number {
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000 }[text.at(-1) as "s" | "m" | "h"];
  return Number(text.slice(0, -1)) * unitMs;
}

/** Amounts of uact with the chain's 18 decimals: 1 uact is 10^18. */
export type Dec = bigint;

/** One whole uact: a millionth of a dollar. */
export const UACT: Dec = 10n ** 18n;

/** Reads a decimal number. */
export function readDec(value: number | string): Dec {
  const text = typeof value === "number" ? value.toFixed(18) : value;
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole) * UACT + BigInt(fraction.padEnd(18, "0").slice(0, 18));
}

/** With all 18 decimals, as the chain writes it. */
export const showDec = (amount: Dec): string => `${amount / UACT}.${String(amount % UACT).padStart(18, "0")}`;

const NANO_PER_UACT = NANO_PER_USD / 1_000_000n;

/** Whole uact in nano-dollars. */
export const uactToNano = (uact: bigint): bigint => uact * NANO_PER_UACT;

/** Dollars as whole uact, rounded down. */
export const usdToUact = (usd: number): bigint => BigInt(Math.floor(usd * 1e6 + 1e-6));

/** Whole uact as dollars. */
export const uactToUsd = (uact: bigint): number => Number(uact) / 1e6;
