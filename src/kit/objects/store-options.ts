import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { FetchLike } from "../transfer/wire.js";
import type { StoreWire } from "./send-request.js";

/** Options that all stores which speak HTTP have. */
export interface StoreWireOptions {
  /**
   * Longest time for one request, without the body of a large answer.
   * @unit ms
   * @defaultValue 120_000
   */
  readonly timeoutMs?: number;
  /**
   * Longest silence while a body is read. What breaks off is continued from there.
   * @unit ms
   * @defaultValue 60_000
   */
  readonly idleMs?: number;
  /**
   * How often a request is repeated after failures that pass by themselves, with growing pauses.
   * @defaultValue 4
   * @minimum 0
   */
  readonly retries?: number;
  /** The `fetch` to use. Default: the platform's. */
  readonly fetch?: FetchLike;
}

/** Checks and completes {@link StoreWireOptions}. @throws INVALID_CONFIG naming the option. */
export function storeWire(subject: string, options: StoreWireOptions): StoreWire {
  return {
    subject,
    // Looked up at each call: programs replace the global one, for proxies and in tests.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    timeoutMs: numberOption(subject, "timeoutMs", options.timeoutMs, 120_000, { min: 1 }),
    idleMs: numberOption(subject, "idleMs", options.idleMs, 60_000, { min: 1 }),
    retries: numberOption(subject, "retries", options.retries, 4, { min: 0, whole: true }),
  };
}

/** A number, or its default. @throws INVALID_CONFIG naming the option and its range. */
export function numberOption(
  subject: string,
  field: string,
  value: number | undefined,
  fallback: number,
  range: { readonly min: number; readonly max?: number; readonly whole?: boolean },
): number {
  if (value === undefined) return fallback;
  const { min, max = Number.POSITIVE_INFINITY, whole = false } = range;
  if (typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  const upTo = range.max === undefined ? "" : ` and at most ${max}`;
  throw invalidOption(subject, field, `must be ${whole ? "a whole number" : "a number"} of at least ${min}${upTo}`);
}

/** Prices of a store, each at least 0. @throws INVALID_CONFIG */
export function priceOptions<T extends { readonly egressUsdPerGB: number; readonly storageUsdPerGBMonth: number }>(
  subject: string,
  given: Partial<T> | undefined,
  defaults: T,
): { readonly egressUsdPerGB: number; readonly storageUsdPerGBMonth: number } {
  const price = (field: "egressUsdPerGB" | "storageUsdPerGBMonth"): number =>
    numberOption(subject, `prices.${field}`, given?.[field], defaults[field], { min: 0 });
  return { egressUsdPerGB: price("egressUsdPerGB"), storageUsdPerGBMonth: price("storageUsdPerGBMonth") };
}

/** `what` completes the sentence that the option's name begins. Never put a value into it. */
export const invalidOption = (subject: string, field: string, what: string): SchedulerError =>
  new SchedulerError("INVALID_CONFIG", `${subject}: option \`${field}\` ${what}.`, { details: { field } });
