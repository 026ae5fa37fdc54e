import { type Decimal, decimalOfNumber, readDecimal, scaleDecimal } from "../../model/decimal.js";
import { NANO_PER_USD, type NanoUsd } from "../../model/money.js";

const HOUR_MS = 3_600_000n;
/** Digits behind the point of an amount that is asked for; the chain keeps 18. */
const ASKED_DIGITS = 6;
/** Digits behind the point that survive until a price becomes a number. */
const KEPT = 10n ** 18n;

/** The one place that says how amounts of the chain become dollars. */
export interface PriceTerms {
  /** Time from block to block, ms, whole. Everything is priced by the block. */
  readonly blockMs: number;
  /** Dollars for one base unit, by denomination, as decimal text: `{ uact: "0.000001" }`. Others cannot be priced. */
  readonly denominations: Readonly<Record<string, string>>;
}

/** An amount of the chain. */
export interface Coin {
  readonly denom: string;
  /** Decimal text with up to 18 digits behind the point. */
  readonly amount: string;
}

/** What an amount per block comes to in USD per hour, or nothing when the denomination is not priced. Exact but for the last step. */
export function usdPerHourOf(coin: Coin, { blockMs, denominations }: PriceTerms): number | undefined {
  const amount = readDecimal(coin.amount);
  const unit = unitOf(coin.denom, denominations);
  if (amount === undefined || unit === undefined) return undefined;
  return toNumber(amount.digits * unit.digits * HOUR_MS, 10n ** BigInt(amount.scale + unit.scale) * BigInt(blockMs));
}

/** What an amount is worth, rounded up to a nano-dollar; nothing when the denomination is not priced. */
export function nanoUsdOf(coin: Coin, { denominations }: PriceTerms): NanoUsd | undefined {
  const amount = readDecimal(coin.amount);
  const unit = unitOf(coin.denom, denominations);
  if (amount === undefined || unit === undefined) return undefined;
  const divisor = 10n ** BigInt(amount.scale + unit.scale);
  const product = amount.digits * unit.digits * NANO_PER_USD;
  return product / divisor + (product % divisor === 0n ? 0n : 1n);
}

/** The amount in whole base units, rounded up. */
export function wholeUnits({ denom, amount }: Coin): Coin {
  const read = readDecimal(amount);
  return read === undefined ? { denom, amount } : { denom, amount: scaleDecimal(read, 1n, "up").toString() };
}

/** The most per block that does not exceed a price per hour, as decimal text; `"0"` when less than a millionth unit is left. */
export function perBlockOf(usdPerHour: number, denom: string, { blockMs, denominations }: PriceTerms): string {
  const price = decimalOfNumber(usdPerHour);
  const unit = unitOf(denom, denominations);
  if (price === undefined || unit === undefined || unit.digits === 0n) return "0";
  const scale = 10n ** BigInt(ASKED_DIGITS);
  const numerator = price.digits * BigInt(blockMs) * 10n ** BigInt(unit.scale) * scale;
  return decimalText(numerator / (10n ** BigInt(price.scale) * HOUR_MS * unit.digits), ASKED_DIGITS);
}

const unitOf = (denom: string, denominations: PriceTerms["denominations"]): Decimal | undefined => {
  const unit = Object.hasOwn(denominations, denom) ? denominations[denom] : undefined;
  return unit === undefined ? undefined : readDecimal(unit);
};

const toNumber = (numerator: bigint, denominator: bigint): number => {
  const whole = numerator / denominator;
  return Number(whole) + Number(((numerator % denominator) * KEPT) / denominator) / Number(KEPT);
};

function decimalText(scaled: bigint, digits: number): string {
  const text = scaled.toString().padStart(digits + 1, "0");
  const fraction = text.slice(-digits).replace(/0+$/, "");
  return fraction === "" ? text.slice(0, -digits) : `${text.slice(0, -digits)}.${fraction}`;
}
