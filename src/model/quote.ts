const MAX_SHOWN = 24;

/**
 * A value as an error message may show it: short, printable, and only for fields that hold quantities or fixed
 * words. Never use it for environment values, secrets or anything that belongs to the workload's data.
 */
export function quote(value: unknown): string {
  if (typeof value === "string") {
    const printable = value.slice(0, MAX_SHOWN).replace(/[^\x20-\x7e]/g, "?");
    return `"${printable}${value.length > MAX_SHOWN ? "..." : ""}"`;
  }
  if (typeof value === "number") return String(value);
  return kindOf(value);
}

/** What a value is, for people: `a string`, `an array`, `nothing`. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
