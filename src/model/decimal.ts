/** A decimal number without rounding: `digits / 10^scale`. Never negative. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** Longest text looked at: more digits than any real quantity has, few enough that parsing is instant. */
const MAX_LENGTH = 64;

/** Largest decimal exponent followed: enough for every finite `number` worth writing, small enough for cheap bigints. */
const MAX_EXPONENT = 40;

const PLAIN = /^(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;

/** Reads `12`, `12.50`, `.5`, `1e-7`. Anything else, signs included, answers `undefined`. */
export function readDecimal(text: string): Decimal | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const match = PLAIN.exec(text);
  if (!match) return undefined;
  const whole = match[1] ?? "";
  const fraction = match[2] ?? "";
  if (whole === "" && fraction === "") return undefined;
  const exponent = Number(match[3] ?? 0);
  if (Math.abs(exponent) > MAX_EXPONENT) return undefined;
  const digits = BigInt(`${whole}${fraction}`);
  const scale = fraction.length - exponent;
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** The decimal that `String(value)` shows, so that 2.3 is 2.3 and not its binary neighbour. `undefined` unless finite and >= 0. */
export function decimalOfNumber(value: number): Decimal | undefined {
  return Number.isFinite(value) && value >= 0 ? readDecimal(String(Math.abs(value))) : undefined;
}

/** `decimal * factor` as an integer, rounded as told. */
export function scaleDecimal(decimal: Decimal, factor: bigint, rounding: "up" | "down"): bigint {
  const divisor = 10n ** BigInt(decimal.scale);
  const product = decimal.digits * factor;
  const quotient = product / divisor;
  return rounding === "up" && product % divisor !== 0n ? quotient + 1n : quotient;
}
