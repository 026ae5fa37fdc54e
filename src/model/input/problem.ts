import { closestWord } from "../edit-distance.js";
import type { ErrorCode } from "../errors/codes.js";
import { SchedulerError } from "../errors/scheduler-error.js";

/** One thing that is wrong with the caller's input. */
export interface Problem {
  /** Dotted path, such as `resources.gpu.memory` or `inputs["/in/a.txt"].sha256`. */
  readonly field: string;
  /** A clause that follows the field's name. */
  readonly message: string;
}

/** Most problems that an error lists; more only hide the first. */
export const MAX_PROBLEMS = 50;

const MAX_KEY = 60;

/** The field's name when the input as a whole is wrong. */
export const ROOT = "workload";

/** Writes a path as people write it in code. Odd keys are quoted and cut, so that a hostile key cannot flood a message. */
export function formatPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return ROOT;
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    const name = String(key);
    if (/^[A-Za-z_$][\w$-]*$/.test(name) && name.length <= MAX_KEY) return text === "" ? name : `${text}.${name}`;
    const cut = name.length > MAX_KEY ? `${name.slice(0, MAX_KEY)}...` : name;
    return `${text}[${JSON.stringify(cut)}]`;
  }, "");
}

/** ` Did you mean "x"?`, or nothing when no known word is close. */
export function suggestion(written: string, known: readonly string[]): string {
  const word = closestWord(written, known);
  return word === undefined ? "" : `; did you mean \`${word}\`?`;
}

/** Throws if there are problems: the first in the message, all of them (at most {@link MAX_PROBLEMS}) in `details.issues`. */
export function refuse(problems: readonly Problem[], code: ErrorCode = "INVALID_WORKLOAD"): void {
  const first = problems[0];
  if (!first) return;
  const more = problems.length - 1;
  const others = more === 0 ? "" : ` (and ${more} more ${more === 1 ? "problem" : "problems"}, see details.issues)`;
  const sentence = /[.?!]$/.test(first.message) ? first.message : `${first.message}.`;
  throw new SchedulerError(code, `\`${first.field}\` ${sentence}${others}`, {
    details: { field: first.field, issues: problems.slice(0, MAX_PROBLEMS) },
  });
}
