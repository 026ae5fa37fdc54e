const PLACEHOLDER = /(?<!\$)\{([A-Za-z_][A-Za-z0-9_-]*)(?::(\d{1,2}))?\}/g;

/** The values of one member of a fan-out, by placeholder. */
export type Values = ReadonlyMap<string, string | number>;

/** A text in which placeholders are replaced; undefined when it holds none, so that it can be shared. */
export type Template = (values: Values) => string;

/**
 * Prepares a text with placeholders such as `{frame}`, or `{frame:4}` for leading zeros. Names that are not among the
 * known ones stay as they are, and so does the shell's `${frame}`: braces mean much in commands.
 */
export function template(text: string, known: ReadonlySet<string>): Template | undefined {
  const parts: (string | { readonly name: string; readonly width: number })[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const name = match[1] ?? "";
    if (!known.has(name)) continue;
    parts.push(text.slice(end, match.index), { name, width: Number(match[2] ?? 0) });
    end = match.index + match[0].length;
  }
  if (parts.length === 0) return undefined;
  parts.push(text.slice(end));
  return (values) => parts.map((part) => (typeof part === "string" ? part : padded(values.get(part.name) ?? "", part.width))).join("");
}

function padded(value: string | number, width: number): string {
  const text = String(value);
  if (typeof value !== "number" || text.length >= width) return text;
  return value < 0 ? `-${text.slice(1).padStart(width - 1, "0")}` : text.padStart(width, "0");
}
