import { SchedulerError } from "./errors/scheduler-error.js";

/** Deeper than any noun of ours; a guard against endless structures, well inside the call stack. */
const MAX_DEPTH = 200;

/**
 * One text per value, whatever the order of its keys: keys sorted by code unit, keys holding `undefined`, functions
 * or symbols left out, a bigint written as the string `"123n"`, `toJSON` honoured, non-finite numbers as null like JSON.
 * For digests and comparisons; not meant to be parsed back.
 *
 * @throws INVARIANT_BROKEN for cycles and structures deeper than 200
 */
export function canonicalJson(value: unknown): string {
  return render(value, 0) ?? "null";
}

function render(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) {
    throw new SchedulerError("INVARIANT_BROKEN", `A value to be digested is cyclic or nested deeper than ${MAX_DEPTH} levels.`, {
      details: { field: "value" },
    });
  }
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? JSON.stringify(value) : "null";
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return `"${value}n"`;
    case "object":
      return value === null ? "null" : renderObject(value, depth);
    default:
      return undefined;
  }
}

function renderObject(value: object, depth: number): string | undefined {
  if ("toJSON" in value && typeof value.toJSON === "function") return render(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return `[${Array.from(value, (item: unknown) => render(item, depth + 1) ?? "null").join(",")}]`;
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const text = render((value as Record<string, unknown>)[key], depth + 1);
    if (text !== undefined) members.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${members.join(",")}}`;
}
