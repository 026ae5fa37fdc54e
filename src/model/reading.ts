import type { ErrorCode } from "./errors/codes.js";
import { SchedulerError } from "./errors/scheduler-error.js";

/**
 * The answer of a `readX` function: the value, or what is wrong with it as a clause that follows the field's name,
 * such as `is not a duration; write "20m"`. Readers never throw and never name the field, so that schemas and the
 * throwing `parseX` functions share them.
 */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export const good = <T>(value: T): Reading<T> => ({ ok: true, value });
export const bad = (problem: string): Reading<never> => ({ ok: false, problem });

/** Turns a reading into its value or a coded error that names the field. */
export function valueOrThrow<T>(reading: Reading<T>, field: string, code: ErrorCode): T {
  if (reading.ok) return reading.value;
  throw new SchedulerError(code, `\`${field}\` ${reading.problem}.`, { details: { field } });
}
