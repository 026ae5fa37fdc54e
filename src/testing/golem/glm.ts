/** GLM has 18 digits behind the point; amounts are counted in units of 10⁻¹⁸ GLM. */
const DIGITS = 18;
const DECIMAL = /^(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;

/** Reads a decimal amount of GLM; nothing when it is none. Digits behind the eighteenth are cut off. */
export function parseGlm(text: string | number): bigint | undefined {
  const match = DECIMAL.exec(String(text));
  if (match === null || String(text) === "") return undefined;
  const [, whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  const shift = DIGITS - fraction.length + Number(exponent);
  const digits = BigInt(`${whole}${fraction}`);
  return shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
}

/** The amount that a price in an option or a property names. */
export const toUnits = (glm: string | number): bigint => parseGlm(glm) ?? 0n;

/** An amount as yagna writes it: a decimal without an exponent. */
export function formatGlm(units: bigint): string {
  const text = units.toString().padStart(DIGITS + 1, "0");
  const fraction = text.slice(-DIGITS).replace(/0+$/, "");
  return fraction === "" ? text.slice(0, -DIGITS) : `${text.slice(0, -DIGITS)}.${fraction}`;
}

const PARTS = 1_000_000;

/** An amount times a factor that is exact to a millionth. */
export const times = (units: bigint, factor: number): bigint => (units * BigInt(Math.round(factor * PARTS))) / BigInt(PARTS);

/** The linear price model: each coefficient times its counter's seconds, and the last one once. Counters in ms. */
export function linearCost(coefficients: readonly bigint[], countersMs: readonly number[]): bigint {
  const start = coefficients.at(-1) ?? 0n;
  return countersMs.reduce((sum, ms, index) => sum + ((coefficients[index] ?? 0n) * BigInt(Math.round(ms))) / 1_000n, start);
}
