import { SchedulerError } from "../model/errors/scheduler-error.js";

/** One page of a listing. */
export interface Page<T, C extends string | number> {
  readonly items: readonly T[];
  /** Where the next page begins; absent or empty: this was the last. */
  readonly next?: C | undefined;
}

/** Options of {@link paginate}. */
export interface PaginateOptions {
  /** The backend's id, for messages. */
  readonly backend: string;
  /** `the deployments`: completes the sentence "the listing of ...". */
  readonly what: string;
  /** Most pages that are fetched before the listing counts as broken. @defaultValue 1_000 */
  readonly maxPages?: number;
}

/**
 * The items of all pages, fetched while they are consumed: leaving the loop early fetches no more. `fetchPage` gets `undefined` for
 * the first page, then each page's `next`, which may be a token or a number to skip.
 *
 * Guarded against services that never end: a `next` that came before, or more than `maxPages`, is a
 * BACKEND_RESPONSE_INVALID. A listing that was cut short silently would make leases look absent.
 */
export async function* paginate<T, C extends string | number = string>(
  fetchPage: (cursor: C | undefined) => Promise<Page<T, C>>,
  options: PaginateOptions,
): AsyncGenerator<T, void, undefined> {
  const maxPages = options.maxPages ?? 1_000;
  const seen = new Set<C>();
  let cursor: C | undefined;
  for (let pages = 0; ; pages++) {
    if (pages >= maxPages) throw broken(options, `has more than ${maxPages} pages`);
    const page = await fetchPage(cursor);
    yield* page.items;
    if (page.next === undefined || page.next === "") return;
    if (seen.has(page.next)) throw broken(options, "goes round in circles: a page points back to one before");
    seen.add(page.next);
    cursor = page.next;
  }
}

/** All items at once, for listings that are small by nature. @throws what the iterable throws. */
export async function collectAll<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Cuts a list into batches, for calls that take so many ids at most. @param size at least 1 */
export function batches<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const step = Math.max(1, Math.floor(size));
  return Array.from({ length: Math.ceil(items.length / step) }, (_, index) => items.slice(index * step, (index + 1) * step));
}

function broken(options: PaginateOptions, what: string): SchedulerError {
  return new SchedulerError("BACKEND_RESPONSE_INVALID", `${options.backend}: the listing of ${options.what} ${what}.`, {
    effect: "none",
    details: { backend: options.backend },
  });
}
