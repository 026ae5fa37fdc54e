import { z } from "zod";
import type { ErrorCode } from "../model/errors/codes.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import { Secret } from "../model/secret.js";
import { parseMiB } from "../model/units.js";
import { suggest } from "./suggest.js";

/** True for a {@link Secret} of any loaded copy of the package (`instanceof` fails between the CJS subpaths). */
export function isSecret(value: unknown): value is Secret {
  if (typeof value !== "object" || value === null) return false;
  const { reveal, toJSON } = value as { readonly reveal?: unknown; readonly toJSON?: unknown };
  return typeof reveal === "function" && typeof toJSON === "function" && toJSON.call(value) === "[secret]";
}

/** Schema of an option that holds a credential: takes text or a {@link Secret}, gives a {@link Secret}, never shows the value. */
export function secretOption(): z.ZodType<Secret, string | Secret> {
  return z
    .custom<string | Secret>(
      (value) => (typeof value === "string" && value !== "") || isSecret(value),
      "must be a text that is not empty, or a Secret",
    )
    .transform((value) => (typeof value === "string" ? new Secret(value) : value));
}

/** Schema of an option that is a size: takes text with a unit, or a number of MiB, and gives MiB. `example` stands in the message, such as `16GiB`. */
export function sizeOption(name: string, example = "16GiB") {
  return z.union([z.string(), z.number()]).transform((value, context) => {
    try {
      return parseMiB(value, name, "INVALID_CONFIG");
    } catch {
      context.addIssue({ code: "custom", message: `must be a size such as "${example}", or a number of MiB` });
      return z.NEVER;
    }
  });
}

/** Where a validated value came from and how a failure is reported. */
export interface ValidationSubject {
  /** First words of the message, such as `akash` or `backendOptions.akash`. */
  readonly subject: string;
  /** What one part of the value is called in messages. Default `option`. */
  readonly noun?: string;
  /** Default `INVALID_CONFIG`. */
  readonly code?: ErrorCode;
  /** Put before the path in `details.field`, with a dot. */
  readonly fieldPrefix?: string;
}

/**
 * Checks input that a person wrote. Keys the schema does not know are refused at the top level, whatever its own mode, with
 * a suggestion for a misspelt one. The message lists up to five problems, each with the path of its option, and never shows a value.
 *
 * @throws INVALID_CONFIG, or the subject's code, with `details.field` naming the first offending option.
 */
export function validateInput<S extends z.ZodObject>(schema: S, value: unknown, subject: ValidationSubject): z.output<S> {
  const result = schema.strict().safeParse(value);
  // `.strict()` changes which keys are refused, not the type of what passes.
  if (result.success) return result.data as z.output<S>;
  const problems = result.error.issues.map((issue) => describeIssue(issue, schema, subject.noun ?? "option"));
  const shown = problems.slice(0, 5).map((problem) => problem.text);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  const prefix = subject.fieldPrefix === undefined ? "" : `${subject.fieldPrefix}.`;
  throw new SchedulerError(subject.code ?? "INVALID_CONFIG", `${subject.subject}: ${shown.join("; ")}.`, {
    details: { field: `${prefix}${problems[0]?.field ?? ""}` },
  });
}

/**
 * Checks what a caller wrote under `backendOptions[kind]`, as it arrives in `demand.options` and `placement.options`.
 * Absent counts as empty.
 *
 * @throws INVALID_WORKLOAD naming `backendOptions.<kind>.<option>`.
 */
export function parseBackendOptions<S extends z.ZodObject>(kind: string, schema: S, value: unknown): z.output<S> {
  const field = `backendOptions.${kind}`;
  return validateInput(schema, value ?? {}, { subject: field, code: "INVALID_WORKLOAD", fieldPrefix: field });
}

interface Problem {
  readonly field: string;
  readonly text: string;
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodObject, noun: string): Problem {
  const path = formatPath(issue.path);
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const field = path === "" ? key : `${path}.${key}`;
    const known = knownKeys(schema, issue.path);
    const meant = suggest(key, known);
    const hint = meant === undefined ? (known.length > 0 ? ` (there are: ${known.join(", ")})` : "") : ` (did you mean \`${meant}\`?)`;
    return { field, text: `there is no ${noun} \`${field}\`${hint}` };
  }
  // A custom message may quote what it likes; zod's own never quote the value.
  return { field: path, text: path === "" ? lowerFirst(issue.message) : `${noun} \`${path}\` ${asPredicate(issue.message)}` };
}

/** Keys of the object schema at a path, as far as objects, arrays and optional wrappers lead there. */
function knownKeys(schema: z.ZodObject, path: readonly PropertyKey[]): readonly string[] {
  let current: unknown = schema;
  for (const step of path) {
    const inner = unwrap(current);
    if (inner instanceof z.ZodObject && typeof step === "string") current = inner.shape[step];
    else if (inner instanceof z.ZodArray && typeof step === "number") current = inner.element;
    else return [];
  }
  const inner = unwrap(current);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let current = schema;
  while (
    current instanceof z.ZodOptional ||
    current instanceof z.ZodDefault ||
    current instanceof z.ZodNullable ||
    current instanceof z.ZodReadonly
  ) {
    current = current.unwrap();
  }
  return current;
}

/** `queues[0].arn` from `["queues", 0, "arn"]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : text === "" ? String(step) : `${text}.${String(step)}`),
    "",
  );
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** `is invalid: expected string, received number` from `Invalid input: expected ...`; other messages are kept as they are. */
function asPredicate(message: string): string {
  if (/^(must|has to|needs|is|may) /.test(message)) return message;
  return `is invalid: ${lowerFirst(message.replace(/^Invalid (input|option): /, ""))}`;
}
