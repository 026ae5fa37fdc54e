/** Properties of a demand or an offer by their full names. */
export type Properties = Readonly<Record<string, unknown>>;

/** An LDAP filter that cannot be read. */
export class ConstraintSyntaxError extends Error {}

type Test = (properties: Properties) => boolean;

/**
 * Reads a constraint expression, the LDAP filter of the market: `(&…)`, `(|…)`, `(!…)` and comparisons `=`, `!=`, `<`, `<=`, `>`, `>=`.
 * `*` as a value means that the property is there; a list fits when one of its members does.
 *
 * @throws ConstraintSyntaxError
 */
export function parseConstraints(text: string): Test {
  const reader = new Reader(text);
  const test = reader.filter();
  reader.end();
  return test;
}

const COMPARISON = /^([^=<>!()]+?)\s*(<=|>=|!=|=|<|>)\s*(.*)$/s;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  filter(): Test {
    this.#skip();
    this.#take("(");
    this.#skip();
    const head = this.#text[this.#at];
    const test = head === "&" || head === "|" || head === "!" ? this.#compound(head) : this.#comparison();
    this.#skip();
    this.#take(")");
    return test;
  }

  end(): void {
    this.#skip();
    if (this.#at !== this.#text.length) throw new ConstraintSyntaxError(`Unexpected text at ${this.#at}`);
  }

  #compound(kind: "&" | "|" | "!"): Test {
    this.#at += 1;
    const parts: Test[] = [];
    this.#skip();
    while (this.#text[this.#at] === "(") {
      parts.push(this.filter());
      this.#skip();
    }
    if (kind === "&") return (properties) => parts.every((part) => part(properties));
    if (kind === "|") return (properties) => parts.some((part) => part(properties));
    return (properties) => !parts.some((part) => part(properties));
  }

  #comparison(): Test {
    const close = this.#text.indexOf(")", this.#at);
    const match = close === -1 ? null : COMPARISON.exec(this.#text.slice(this.#at, close));
    if (match === null) throw new ConstraintSyntaxError(`No comparison at ${this.#at}`);
    this.#at = close;
    const [, name = "", operator = "", value = ""] = match;
    return (properties) => compare(properties[name.trim()], operator, value.trim());
  }

  #take(sign: string): void {
    if (this.#text[this.#at] !== sign) throw new ConstraintSyntaxError(`"${sign}" expected at ${this.#at}`);
    this.#at += 1;
  }

  #skip(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }
}

function compare(property: unknown, operator: string, value: string): boolean {
  if (property === undefined || property === null) return false;
  if (Array.isArray(property)) return property.some((member) => compare(member, operator, value));
  if (operator === "=" && value === "*") return true;
  const left = Number(property);
  const right = Number(value);
  const numeric = String(property) !== "" && value !== "" && !Number.isNaN(left) && !Number.isNaN(right);
  const order = numeric ? left - right : String(property).localeCompare(value);
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}
