/** Builders of strict schemas whose problems read well. Everything here works on data that `copyPlain` has made safe. */

import * as z from "zod";
import { kindOf } from "../quote.js";
import { bad, good, type Reading } from "../reading.js";
import { formatPath, MAX_PROBLEMS, type Problem, suggestion } from "./problem.js";

type Issue = z.core.$ZodIssue;

/** A schema out of a reader, which says what is wrong in its own words. */
export function reading<T>(read: (value: unknown) => Reading<T>) {
  return z.unknown().transform((value, context): T => {
    const result = read(value);
    if (result.ok) return result.value;
    context.issues.push({ code: "custom", message: result.problem, input: value });
    return z.NEVER;
  });
}

/** An object that refuses unknown keys and knows what was meant. `elsewhere`: unknown key -> a clause that says where it belongs. */
export function strict<S extends z.core.$ZodLooseShape>(shape: S, elsewhere: (key: string) => string | undefined = () => undefined) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return undefined;
      // One text per key, in the order of the keys; `problemsOf` takes them apart again.
      return issue.keys
        .slice(0, MAX_PROBLEMS)
        .map((key) => elsewhere(key) ?? `is not a known field${suggestion(key, known) || `; known are ${listed(known)}`}`)
        .join("\n");
    },
  });
}

const listed = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(", ");

/** One of a few fixed words. */
export function oneOf<const W extends string>(words: readonly W[], others: Readonly<Record<string, W>> = {}) {
  return reading((value): Reading<W> => {
    const written = typeof value === "string" && Object.hasOwn(others, value) ? others[value] : value;
    const word = words.find((known) => known === written);
    if (word !== undefined) return good(word);
    const guess = typeof value === "string" ? suggestion(value, words) : "";
    return bad(`must be one of ${listed(words)}${guess}`);
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
const CONTROL = /[\u0000-\u001f\u007f]/;

export interface TextRules {
  readonly max: number;
  /** What it has to look like, with the clause to say if it does not. */
  readonly pattern?: RegExp;
  readonly problem?: string;
  /** Line breaks and other control characters are fine, only NUL is not. */
  readonly multiline?: boolean;
  /** Default: at least one character that is not a blank. */
  readonly empty?: boolean;
}

/** Reads a bounded string. Its problems never show the string. */
export function readText(value: unknown, rules: TextRules): Reading<string> {
  if (typeof value !== "string") return bad(`must be a string, not ${kindOf(value)}`);
  if (!rules.empty && value.trim() === "") return bad("must not be empty");
  if (value.length > rules.max) return bad(`is longer than ${rules.max} characters`);
  if (value.includes("\0")) return bad("must not contain a NUL character");
  if (!rules.multiline && CONTROL.test(value)) return bad("must not contain control characters");
  if (rules.pattern && !rules.pattern.test(value)) return bad(rules.problem ?? `must match ${rules.pattern.source}`);
  return good(value);
}

export const text = (rules: TextRules) => reading((value) => readText(value, rules));

/** A finite number in a closed range. */
export function numberIn(least: number, most: number, options: { readonly whole?: boolean; readonly exclusive?: boolean } = {}) {
  return reading((value): Reading<number> => {
    if (typeof value !== "number" || !Number.isFinite(value)) return bad(`must be a number, not ${kindOf(value)}`);
    if (options.whole && !Number.isSafeInteger(value)) return bad(`must be a whole number, got ${value}`);
    if (value < least || value > most || (options.exclusive && (value === least || value === most))) {
      return bad(`must be ${options.exclusive ? "strictly " : ""}between ${least} and ${most}, got ${value}`);
    }
    return good(value);
  });
}

export const wholeIn = (least: number, most: number) => numberIn(least, most, { whole: true });

export const flag = () =>
  reading((value): Reading<boolean> => (typeof value === "boolean" ? good(value) : bad(`must be true or false, not ${kindOf(value)}`)));

/** One string or a list of them, as a list without repetitions. */
export function textList(rules: TextRules, options: { readonly max: number; readonly map?: (word: string) => string }) {
  return z.preprocess(
    (value) => (typeof value === "string" ? [value] : value),
    z
      .array(text(rules))
      .max(options.max)
      .transform((words) => [...new Set(words.map((word) => options.map?.(word) ?? word))]),
  );
}

/** An object with free keys, each judged by `readKey`; at most `max` of them. */
export function recordOf<V extends z.core.SomeType>(readKey: (key: string) => Reading<string>, value: V, max: number) {
  return z.record(z.string(), value).superRefine((members, context) => {
    const keys = Object.keys(members);
    if (keys.length > max) context.addIssue({ code: "custom", message: `has ${keys.length} entries, more than ${max}` });
    for (const key of keys.slice(0, max)) {
      const judged = readKey(key);
      if (!judged.ok) context.addIssue({ code: "custom", path: [key], message: judged.problem });
    }
  });
}

/** Writes a plain string where the schema has an object with one main key. */
export const shorthand = (key: string) => (value: unknown) => (typeof value === "string" ? { [key]: value } : value);

/** All that a schema found wrong with a value, in this library's words. Unknown keys first: a misspelt key is why another is missing. */
export function problemsOf(error: z.core.$ZodError, input: unknown): Problem[] {
  const unknownKeys = error.issues.filter((issue) => issue.code === "unrecognized_keys");
  const others = error.issues.filter((issue) => issue.code !== "unrecognized_keys");
  return [...unknownKeys, ...others].flatMap((issue) => describe(issue, input));
}

function describe(issue: Issue, input: unknown): Problem[] {
  if (issue.code === "unrecognized_keys") {
    const messages = issue.message.split("\n");
    return issue.keys
      .slice(0, MAX_PROBLEMS)
      .map((key, index) => ({ field: formatPath([...issue.path, key]), message: messages[index] ?? "is not a known field" }));
  }
  return [{ field: formatPath(issue.path), message: clause(issue, at(input, issue.path)) }];
}

function clause(issue: Issue, received: unknown): string {
  switch (issue.code) {
    case "invalid_type": {
      const wanted =
        issue.expected === "array"
          ? "a list"
          : issue.expected === "record"
            ? "an object"
            : `${/^[aeio]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`;
      return received === undefined ? `is missing; it must be ${wanted}` : `must be ${wanted}, not ${kindOf(received)}`;
    }
    case "too_small":
      return issue.origin === "array"
        ? `needs at least ${issue.minimum} ${issue.minimum === 1 ? "entry" : "entries"}`
        : `must be at least ${issue.minimum}`;
    case "too_big":
      return issue.origin === "array" ? `has more than ${issue.maximum} entries` : `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined),
    input,
  );
}
