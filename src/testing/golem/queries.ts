import type { Patience } from "./bell.js";
import type { BillPage } from "./billing.js";
import type { EventQuery } from "./event-log.js";

const DEFAULT_TIMEOUT_SECONDS = 5;
/** The market hands out so many events at most. */
const MOST_EVENTS = 100;
const USUAL_EVENTS = 20;
const USUAL_ITEMS = 10;

/** How long a request is willing to wait. */
export function patienceOf({ query, closed }: { readonly query: URLSearchParams; readonly closed: AbortSignal }): Patience {
  const seconds = Number(query.get("timeout") ?? DEFAULT_TIMEOUT_SECONDS);
  return { timeoutMs: 1_000 * (Number.isFinite(seconds) ? Math.max(0, seconds) : DEFAULT_TIMEOUT_SECONDS), closed };
}

/** How many events are wanted. */
export function mostOf(query: URLSearchParams): number {
  const most = Number(query.get("maxEvents") ?? USUAL_EVENTS);
  return Number.isInteger(most) && most > 0 ? Math.min(most, MOST_EVENTS) : USUAL_EVENTS;
}

/** Lists are cut off after ten, if nothing else is said. */
export function pageOf(query: URLSearchParams): BillPage {
  const afterMs = Date.parse(query.get("afterTimestamp") ?? "");
  const most = Number(query.get("maxItems") ?? USUAL_ITEMS);
  return { afterMs: Number.isNaN(afterMs) ? 0 : afterMs, most: Number.isInteger(most) && most > 0 ? most : USUAL_ITEMS };
}

/** Which events are wanted. */
export function eventQueryOf(query: URLSearchParams): EventQuery {
  const afterMs = Date.parse(query.get("afterTimestamp") ?? "");
  const session = query.get("appSessionId");
  return { afterMs: Number.isNaN(afterMs) ? 0 : afterMs, most: mostOf(query), ...(session === null ? {} : { session }) };
}
