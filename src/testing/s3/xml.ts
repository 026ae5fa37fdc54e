const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Text between tags. Control characters, which XML 1.0 cannot hold, are written as references, as the service does. */
export const escapeXml = (text: string): string =>
  text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    .replace(/[^\P{Cc}\t\n]/gu, (character) => `&#x${character.charCodeAt(0).toString(16)};`);

/** Elements with text; `undefined` is left out. */
export const elements = (values: Readonly<Record<string, string | number | boolean | undefined>>): string =>
  Object.entries(values)
    .map(([name, value]) => (value === undefined ? "" : `<${name}>${escapeXml(String(value))}</${name}>`))
    .join("");

/** A whole answer. */
export const document = (root: string, inner: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${root}>`;
