import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { Namespace } from "../spec/call-context.js";

/** Longest placement key: `[a-z][a-z0-9-]{0,47}`, `<namespace id>-<rest>`. */
export const MAX_KEY_LENGTH = 48;

const KEY = /^[a-z][a-z0-9-]{0,47}$/;
const PREFIX = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** True for text that could be a placement key. */
export const isKey = (text: string): boolean => KEY.test(text);

/** The namespace that made a key, or nothing when the text is not a key. */
export function namespaceOf(key: string): string | undefined {
  const end = key.indexOf("-");
  return isKey(key) && end > 0 && end < key.length - 1 ? key.slice(0, end) : undefined;
}

/** True for a key of our own namespace. Namespace ids hold no dash, so `abc123` never claims `abc1234-...`. */
export function isOurs(key: string, namespace: Pick<Namespace, "id">): boolean {
  return namespaceOf(key) === namespace.id;
}

/** Options of {@link createNaming}. */
export interface NamingOptions {
  /**
   * Put before every key, to recognise spillway's resources in a console. Letters, digits, `-`, `_`. Default `""`.
   * The names of two prefixes never mix: `toKey` gives nothing for another prefix.
   */
  readonly prefix?: string;
  /** Longest name that the platform takes, characters. */
  readonly maxLength: number;
}

/** Translates placement keys to names at the backend and back. */
export interface Naming {
  /** The name for a key. @throws INVARIANT_BROKEN for text that is not a key. */
  toName(key: string): string;
  /** The key behind a name, or nothing when the name was not made by this naming. */
  toKey(name: string): string | undefined;
  /** The key behind a name of our own namespace, or nothing: the way to tell our resources from everybody else's. */
  toOurKey(name: string, namespace: Pick<Namespace, "id">): string | undefined;
  /** What the names of a namespace begin with, for searches by prefix. */
  namePrefix(namespace: Pick<Namespace, "id">): string;
}

/**
 * Makes names that can be read back, so that a lease is found by its name alone after a crash. Keys are lower-case
 * letters, digits and dashes, which every platform takes..
 *
 * @throws INVALID_CONFIG when prefix and the longest key do not fit into `maxLength`: shorten the prefix, or use {@link shortName}.
 */
export function createNaming(options: NamingOptions): Naming {
  const prefix = options.prefix ?? "";
  const room = options.maxLength - prefix.length;
  if (prefix !== "" && !PREFIX.test(prefix)) {
    throw new SchedulerError("INVALID_CONFIG", "A name prefix may hold letters, digits, `-` and `_` and begins with a letter or digit.", {
      details: { field: "prefix" },
    });
  }
  if (room < MAX_KEY_LENGTH) {
    const most = options.maxLength - MAX_KEY_LENGTH;
    const way = most > 0 ? `shorten it to ${most} characters` : "use shortName and a label that holds the key";
    throw new SchedulerError(
      "INVALID_CONFIG",
      `A name prefix of ${prefix.length} characters leaves ${room} for keys of up to ${MAX_KEY_LENGTH}: ${way}.`,
      {
        details: { field: "prefix" },
      },
    );
  }
  const toKey = (name: string): string | undefined => {
    const key = name.startsWith(prefix) ? name.slice(prefix.length) : "";
    return isKey(key) ? key : undefined;
  };
  return {
    toName(key) {
      requireKey(key);
      return prefix + key;
    },
    toKey,
    toOurKey(name, namespace) {
      const key = toKey(name);
      return key !== undefined && isOurs(key, namespace) ? key : undefined;
    },
    namePrefix: (namespace) => `${prefix}${namespace.id}-`,
  };
}

/**
 * A name for platforms whose limit is below {@link MAX_KEY_LENGTH}: the namespace, a dash and as many digits of the key's
 * SHA-256 as fit. Always the same for a key, but not readable back: store the whole key in a label or tag beside it.
 *
 * @throws INVALID_CONFIG when fewer than 16 digits (64 bits) would fit.
 */
export function shortName(key: string, maxLength: number, host: { sha256(data: string): string }): string {
  requireKey(key);
  const begin = `${namespaceOf(key) ?? "x"}-`;
  const digits = Math.min(64, maxLength - begin.length);
  if (digits < 16) {
    throw new SchedulerError(
      "INVALID_CONFIG",
      `A limit of ${maxLength} characters leaves ${digits} for a digest, and 16 are needed against collisions.`,
      {
        details: { field: "maxLength" },
      },
    );
  }
  return begin + host.sha256(key).slice(0, digits);
}

function requireKey(key: string): void {
  if (!isKey(key)) {
    throw new SchedulerError("INVARIANT_BROKEN", "A placement key must match [a-z][a-z0-9-]{0,47}.", { effect: "none" });
  }
}
