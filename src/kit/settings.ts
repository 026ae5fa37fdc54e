import { SchedulerError } from "../model/errors/scheduler-error.js";
import { Secret } from "../model/secret.js";
import type { Environment } from "./environment.js";
import { suggest } from "./suggest.js";
import { isSecret } from "./validation.js";

/** A setting that a backend takes from an option or, when that is absent, from an environment variable. */
export interface SettingSource<T> {
  /** What the caller passed. Wins over the environment. */
  readonly option: T | undefined;
  /** The environment variable, or several of which the first that is set counts. An empty one counts as not set. */
  readonly env?: string | readonly string[];
  /** For people, with its article: `an API key`. Default: the name of the option in words. */
  readonly what?: string;
  /** Makes the setting optional. */
  readonly fallback?: T;
}

/** {@link SettingSource} of something else than text. */
export interface ParsedSettingSource<T> extends SettingSource<T> {
  /** Turns the variable's text into the value; throw an `Error` whose text begins with `must` (`must be a whole number`) and does not quote the value: it is shown. */
  readonly parse: (text: string) => T;
}

/** {@link SettingSource} of a credential. */
export interface SecretSettingSource extends Omit<SettingSource<string | Secret>, "fallback"> {
  readonly secret: true;
}

/** Looks settings up for one backend, see {@link settingsFor}. */
export interface SettingReader {
  /**
   * The option or the variable, wrapped: a credential.
   *
   * @throws INVALID_CONFIG naming option and variable when neither is set: "akash needs an API key: pass `apiKey` or set AKASH_API_KEY".
   */
  (name: string, source: SecretSettingSource): Secret;
  /** The option, the parsed variable, or the fallback. @throws INVALID_CONFIG */
  <T>(name: string, source: ParsedSettingSource<T>): T;
  /** The option, the variable, or the fallback. @throws INVALID_CONFIG */
  (name: string, source: SettingSource<string>): string;
}

interface AnySource {
  readonly option: unknown;
  readonly env?: string | readonly string[];
  readonly what?: string;
  readonly fallback?: unknown;
  readonly secret?: true;
  readonly parse?: (text: string) => unknown;
}

/**
 * Makes the reader of settings for a backend.
 *
 * @example
 * const apiKey = setting("apiKey", { option: options.apiKey, env: "AKASH_API_KEY", what: "an API key", secret: true });
 */
export function settingsFor(subject: string, environment: Environment): SettingReader {
  // One implementation for three overloads: what comes back is decided by `secret`, `parse` and the type of the option.
  const read = (name: string, source: AnySource): unknown => {
    if (source.option !== undefined && source.option !== "") {
      return source.secret && !isSecret(source.option) ? new Secret(String(source.option)) : source.option;
    }
    const variables = typeof source.env === "string" ? [source.env] : (source.env ?? []);
    for (const variable of variables) {
      const text = environment(variable);
      if (text === undefined || text === "") continue;
      if (source.secret) return new Secret(text.trim());
      return source.parse ? parseVariable(subject, name, variable, source.parse, text) : text;
    }
    if (source.fallback !== undefined) return source.fallback;
    const orSet = variables.length === 0 ? "" : ` or set ${variables.join(" or ")}`;
    throw new SchedulerError("INVALID_CONFIG", `${subject} needs ${source.what ?? inWords(name)}: pass \`${name}\`${orSet}.`, {
      details: { field: name, ...(variables[0] === undefined ? {} : { variable: variables[0] }) },
    });
  };
  return read as SettingReader;
}

function parseVariable(subject: string, name: string, variable: string, parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    // Only what a parser wrote for people, and no cause: other errors quote the value or parts of it.
    const reason = error instanceof Error && /^must /.test(error.message) ? error.message : "has a form that is not understood";
    throw new SchedulerError("INVALID_CONFIG", `${subject}: the variable ${variable} (option \`${name}\`) ${reason}.`, {
      details: { field: name, variable },
    });
  }
}

/** `an api key` from `apiKey`. */
function inWords(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;
}

/** Parser for {@link ParsedSettingSource}: a number, optionally bounded. */
export function numberSetting(
  bounds: { readonly min?: number; readonly max?: number; readonly whole?: boolean } = {},
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const kind = bounds.whole ? "a whole number" : "a number";
    const fits = text.trim() !== "" && Number.isFinite(value) && (!bounds.whole || Number.isInteger(value));
    if (!fits) throw new Error(`must be ${kind}`);
    if (bounds.min !== undefined && value < bounds.min) throw new Error(`must be ${kind} of at least ${bounds.min}`);
    if (bounds.max !== undefined && value > bounds.max) throw new Error(`must be ${kind} of at most ${bounds.max}`);
    return value;
  };
}

/** Parser for {@link ParsedSettingSource}: `true`, `1`, `yes` or `false`, `0`, `no`. */
export function booleanSetting(): (text: string) => boolean {
  return (text) => {
    const word = text.trim().toLowerCase();
    if (word === "true" || word === "1" || word === "yes") return true;
    if (word === "false" || word === "0" || word === "no") return false;
    throw new Error("must be true or false");
  };
}

/** Parser for {@link ParsedSettingSource}: one of a few words, with a suggestion for a misspelt one among them. */
export function choiceSetting<const T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((choice) => choice === text.trim());
    if (found !== undefined) return found;
    const meant = suggest(text, choices);
    throw new Error(`must be one of ${choices.join(", ")}${meant === undefined ? "" : ` (did you mean ${meant}?)`}`);
  };
}

/** Parser for {@link ParsedSettingSource}: words separated by commas or blanks, empty ones left out. */
export function listSetting(): (text: string) => readonly string[] {
  return (text) => text.split(/[\s,]+/).filter((word) => word !== "");
}
