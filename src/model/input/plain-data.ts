import { formatPath, MAX_PROBLEMS, type Problem } from "./problem.js";

/** Stands for a Date in copied input: the same instant as a number, ms since 1970. */
export class Moment {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

const MAX_DEPTH = 32;
/** Values in one input: room for a sweep over 100,000 listed seeds, and for nothing absurd. */
const MAX_VALUES = 300_000;
/** More entries than any map of a workload may have (`inputs`, with 10,000, is the largest). */
const MAX_KEYS = 20_000;
const MAX_TEXT = 1_048_576;

/**
 * Copies anything a caller may hand over into plain data: objects, arrays, strings, finite numbers,
 * booleans, null and {@link Moment}s; `undefined` members are dropped. Whatever cannot be copied is a problem with a
 * path: functions, symbols, bigints, cycles, getters that throw, foreign classes, absurd sizes. Never throws, and later
 * changes by the caller cannot reach the copy.
 */
export function copyPlain(input: unknown): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const copier = new Copier();
  return { value: copier.copy(input), problems: copier.problems };
}

class Copier {
  readonly problems: Problem[] = [];
  readonly #path: PropertyKey[] = [];
  readonly #open = new Set<object>();
  #values = 0;

  copy(value: unknown): unknown {
    this.#values += 1;
    if (this.#values === MAX_VALUES + 1) this.#refuse(`holds more than ${MAX_VALUES} values`);
    if (this.#full()) return undefined;
    switch (typeof value) {
      case "string":
        return value.length > MAX_TEXT ? this.#refuse(`is longer than ${MAX_TEXT} characters; pass large data as an input file`) : value;
      case "number":
        return Number.isFinite(value) ? value : this.#refuse(`must be a finite number, not ${value}`);
      case "boolean":
      case "undefined":
        return value;
      case "object":
        return value === null ? null : this.#copyObject(value);
      default:
        return this.#refuse(`is a ${typeof value}, which cannot be part of a workload`);
    }
  }

  #copyObject(value: object): unknown {
    if (this.#open.has(value)) return this.#refuse("refers back to an object that contains it");
    if (this.#open.size >= MAX_DEPTH) return this.#refuse(`is nested deeper than ${MAX_DEPTH} levels`);
    this.#open.add(value);
    try {
      return Array.isArray(value) ? this.#copyArray(value) : this.#copyMembers(value);
    } catch {
      // A trap, a getter or a `toStringTag` of the caller's threw; what it threw is not ours to show.
      return this.#refuse("could not be read: it throws when looked at");
    } finally {
      this.#open.delete(value);
    }
  }

  #copyArray(value: readonly unknown[]): unknown {
    const length = value.length;
    if (!(length <= MAX_VALUES)) return this.#refuse(`has more than ${MAX_VALUES} entries`);
    const copy: unknown[] = [];
    for (let index = 0; index < length && !this.#full(); index++) copy.push(this.#at(index, () => value[index]) ?? null);
    return copy;
  }

  #copyMembers(value: object): unknown {
    const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
    if (tag === "Date") return this.#copyDate(value);
    if (tag !== "Object") return this.#refuse(`is a ${tag.slice(0, 40)}, which cannot be part of a workload`);
    const copy: Record<string, unknown> = {};
    const keys = Object.keys(value);
    if (keys.length > MAX_KEYS) return this.#refuse(`has more than ${MAX_KEYS} entries`);
    for (const key of keys) {
      if (this.#full()) break;
      const member = this.#at(key, () => (value as Record<string, unknown>)[key]);
      if (member !== undefined) copy[key] = member;
    }
    return copy;
  }

  #copyDate(value: object): unknown {
    const ms = "getTime" in value && typeof value.getTime === "function" ? (value.getTime() as unknown) : undefined;
    return typeof ms === "number" && Number.isFinite(ms) ? new Moment(ms) : this.#refuse("is an invalid Date");
  }

  /** Nothing more is worth copying: the input is refused already. */
  #full(): boolean {
    return this.#values > MAX_VALUES || this.problems.length >= MAX_PROBLEMS;
  }

  #at(key: PropertyKey, read: () => unknown): unknown {
    this.#path.push(key);
    const depth = this.#path.length;
    try {
      return key === "__proto__" ? this.#refuse("is not a usable name") : this.copy(read());
    } catch {
      return this.#refuse("could not be read: it throws when looked at");
    } finally {
      this.#path.length = depth - 1;
    }
  }

  #refuse(message: string): undefined {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ field: formatPath(this.#path), message });
    return undefined;
  }
}
