import { LRUCache } from "lru-cache";
import type { LeaseRef } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";

const REMEMBERED = 10_000;

/** Jobs that were submitted here and may not show yet. */
export interface RecentJobs {
  /** The one of this name, until it must show. */
  find(name: string, call: CallContext): LeaseRef | undefined;
  /** Remembers one that was submitted just now. */
  add(name: string, ref: LeaseRef, call: CallContext): void;
}

/** Makes the memory of one backend. @param visibilityMs how long a new job may be missing from answers */
export function createRecentJobs(visibilityMs: number): RecentJobs {
  const all = new LRUCache<string, { readonly ref: LeaseRef; readonly untilMs: number }>({ max: REMEMBERED });
  return {
    find(name, call) {
      const found = all.get(name);
      return found !== undefined && call.host.monotonic() < found.untilMs ? found.ref : undefined;
    },
    add(name, ref, call) {
      all.set(name, { ref, untilMs: call.host.monotonic() + visibilityMs });
    },
  };
}
