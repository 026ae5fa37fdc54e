/** What stands in the place of a secret in any text. */
const REDACTED = "[secret]";

/** Shorter values are left alone: replacing every `ab` would garble the text and give the value away. */
const LEAST_LENGTH = 4;

/** Longest text from the other side that is put into a message, characters. */
const MOST_TEXT = 300;

/** Collects the secrets of one exchange and takes them out of texts. */
export interface Redactor {
  /** Adds a value; answers it, so that a call can be wrapped around it. */
  add(value: string): string;
  /** The text without any of the values, also where they stand URL-encoded, as base64 or inside JSON. */
  clean(text: string): string;
  /** {@link Redactor.clean} on one line and at most 300 characters: fit for a message. */
  excerpt(text: string): string;
}

/** Makes a redactor that knows nothing yet. */
export function createRedactor(): Redactor {
  const values = new Set<string>();
  const clean = (text: string): string => {
    let result = text;
    // Longest first, so that a value inside another one does not leave the rest of it behind.
    for (const value of [...values].sort((a, b) => b.length - a.length)) result = result.replaceAll(value, REDACTED);
    return result;
  };
  return {
    add(value) {
      for (const form of formsOf(value)) if (form.length >= LEAST_LENGTH) values.add(form);
      return value;
    },
    clean,
    excerpt(text) {
      const line = clean(text).replace(/\s+/g, " ").trim();
      return line.length > MOST_TEXT ? `${line.slice(0, MOST_TEXT)}...` : line;
    },
  };
}

function formsOf(value: string): readonly string[] {
  const base64 = Buffer.from(value, "utf8").toString("base64");
  const form = new URLSearchParams({ v: value }).toString().slice(2);
  return [value, value.trim(), encodeURIComponent(value), form, JSON.stringify(value).slice(1, -1), base64, base64.replace(/=+$/, "")];
}
