import { z } from "zod";

/**
 * Response schema of a word from a list that may grow: other words, and anything that is no text, become `unknown`. Case and
 * surrounding blanks do not matter.
 *
 * @example
 * const status = tolerantEnum(["running", "completed", "failed"]);   // "Running" -> "running", "paused" -> "unknown"
 */
export function tolerantEnum<const T extends string>(words: readonly T[]): z.ZodType<T | "unknown", unknown> {
  const byPlain = new Map(words.map((word) => [word.toLowerCase(), word]));
  return z
    .unknown()
    .transform((value): T | "unknown" => (typeof value === "string" ? (byPlain.get(value.trim().toLowerCase()) ?? "unknown") : "unknown"));
}

/** Response schema of a number that may also come as text, as services do with large or decimal ones. Refuses what is not finite. */
export function numeric(): z.ZodType<number, number | string> {
  return z
    .union([z.number(), z.string().regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/, "expected a number")])
    .transform(Number)
    .pipe(z.number());
}
