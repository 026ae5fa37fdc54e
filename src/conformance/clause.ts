/** One thing that the contract demands, and the case that tests it. */
export interface Clause<Trial, Setup> {
  /** Stable: `<suite>/<group>/<name>`. Appears in reports, skips, docs and the names of the tests. */
  readonly id: string;
  /** What a right plug-in does, as a sentence. */
  readonly rule: string;
  /** Name of the capability that the clause is part of the proof of. */
  readonly proves?: string;
  /** Why the clause does not apply to what the setup declares; `undefined` when it does. */
  readonly inapplicable?: (setup: Setup) => string | undefined;
  /** Throws when the plug-in is wrong. */
  readonly run: (trial: Trial) => Promise<void>;
}

/** A plug-in broke a clause. */
export class ClauseFailure extends Error {
  override readonly name = "ClauseFailure";
}

/** Thrown inside a case that turns out to have no object, such as a price cap below a price of zero. */
export class Inapplicable extends Error {
  override readonly name = "Inapplicable";
}

/** Fails the case with the message unless the condition holds. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new ClauseFailure(message);
}

/** The value, which has to be there. */
export function present<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new ClauseFailure(message);
  return value;
}

/** Text for messages: never more than a line, never fails. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? `${part}n` : part)) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}
