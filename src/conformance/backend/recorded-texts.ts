import { inspect } from "node:util";
import type { Logger } from "../../spec/host.js";

/** A logger that keeps what it is told, to be searched for secrets. */
export interface RecordingLogger extends Logger {
  readonly lines: readonly unknown[];
}

export function recordingLogger(): RecordingLogger {
  const lines: unknown[] = [];
  const record = (facts: object, message: string): void => void lines.push([message, facts]);
  return { lines, debug: record, info: record, warn: record, error: record };
}

/** Everything that anybody could print of a value: its JSON, its properties to any depth, messages, causes and stacks. */
export function everyTextOf(value: unknown): string {
  const printed = inspect(value, {
    depth: 20,
    showHidden: true,
    maxArrayLength: null,
    maxStringLength: null,
    breakLength: Number.POSITIVE_INFINITY,
  });
  return `${printed}\n${jsonOf(value)}`;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? String(part) : part)) ?? "";
  } catch {
    // Cycles: what `inspect` printed has to do.
    return "";
  }
}

/** The secret as it is, and in the forms in which it could slip through: encoded for a URL, as base64, inside JSON. */
export function formsOf(secret: string): readonly string[] {
  return [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret, "utf8").toString("base64").replace(/=+$/, ""),
    JSON.stringify(secret).slice(1, -1),
  ];
}

/** Those of the secrets that the value gives away. */
export function leakedIn(value: unknown, secrets: readonly string[]): readonly string[] {
  const text = everyTextOf(value);
  return secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)));
}
