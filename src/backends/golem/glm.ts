import { readDecimal, scaleDecimal } from "../../model/decimal.js";
import { type NanoUsd, nanoUsd } from "../../model/money.js";

/** Digits of GLM, an ERC-20 token: amounts are whole multiples of 10⁻¹⁸. */
const DIGITS = 18;
const UNIT = 10n ** BigInt(DIGITS);

/** An exact amount of GLM in units of 10⁻¹⁸. Never negative. */
export type AttoGlm = bigint;

/** Reads an amount as the daemon writes it. Nothing for what is no amount. */
export function readGlm(text: string): AttoGlm | undefined {
  const decimal = readDecimal(text.trim());
  return decimal && scaleDecimal(decimal, UNIT, "up");
}

/** The amount as the daemon reads it. */
export function writeGlm(amount: AttoGlm): string {
  const digits = (amount % UNIT).toString().padStart(DIGITS, "0").replace(/0+$/, "");
  return digits === "" ? `${amount / UNIT}` : `${amount / UNIT}.${digits}`;
}

/** As a number, for estimates. */
export const toGlm = (amount: AttoGlm): number => Number(amount) / 1e18;

/** An estimate as an exact amount, rounded up. */
export const attoGlm = (glm: number): AttoGlm => scaleDecimal(readDecimal(glm.toFixed(12)) ?? { digits: 0n, scale: 0 }, UNIT, "up");

/** What an amount is worth at a price, rounded up. */
export const glmToNanoUsd = (amount: AttoGlm, usdPerGlm: number): NanoUsd => nanoUsd(toGlm(amount) * usdPerGlm, "up");
