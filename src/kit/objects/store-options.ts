import { z } from "zod";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { fetchOption } from "../http/encode.js";
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

/** What a store costs whoever reads from it. */
export interface StorePrices {
  /** Leaving the store for the internet, USD per GB (10^9 bytes). */
  readonly egressUsdPerGB: number;
  /** USD per GB and month. */
  readonly storageUsdPerGBMonth: number;
}

const atLeast = (least: number): z.ZodNumber => z.number().min(least, `must be at least ${least}`);

/** Schemas of {@link StoreWireOptions}, and of an id and prices, to be spread into a store's own. */
export const storeShape = {
  id: z.string().min(1, "must not be empty").optional(),
  timeoutMs: atLeast(1).optional(),
  idleMs: atLeast(1).optional(),
  retries: z.int("must be a whole number").min(0, "must not be negative").optional(),
  fetch: fetchOption().optional(),
  prices: z.strictObject({ egressUsdPerGB: atLeast(0).optional(), storageUsdPerGBMonth: atLeast(0).optional() }).optional(),
} as const;

/** {@link StoreWireOptions} as a schema gives them: absent ones may be there as undefined. */
type Parsed<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Completes {@link StoreWireOptions}. */
export const storeWire = (subject: string, options: Parsed<StoreWireOptions>): StoreWire => ({
  subject,
  // Looked up at each call: programs replace the global one, for proxies and in tests.
  fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  timeoutMs: options.timeoutMs ?? 120_000,
  idleMs: options.idleMs ?? 60_000,
  retries: options.retries ?? 4,
});

/** The prices given, completed by the store's own. */
export const storePrices = (given: Parsed<StorePrices> | undefined, defaults: StorePrices): StorePrices => ({
  egressUsdPerGB: given?.egressUsdPerGB ?? defaults.egressUsdPerGB,
  storageUsdPerGBMonth: given?.storageUsdPerGBMonth ?? defaults.storageUsdPerGBMonth,
});

/** `what` completes the sentence that the option's name begins. Never put a value into it. */
export const invalidOption = (subject: string, field: string, what: string): SchedulerError =>
  new SchedulerError("INVALID_CONFIG", `${subject}: option \`${field}\` ${what}.`, { details: { field } });
