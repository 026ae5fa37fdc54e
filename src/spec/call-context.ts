import type { LeaseRef } from "../model/lease.js";
import type { AbortSignalLike, Host, Logger } from "./host.js";

/**
 * Marks what is ours. Persisted by the store; two schedulers on one store share it, two stores never do. The id goes
 * into names, labels and tags at the backend; the secret never leaves the process.
 */
export interface Namespace {
  /** `[a-z][a-z0-9]{5,11}`. */
  readonly id: string;
  /** Hex; root of nonces and runner tokens: HMAC(secret, attempt key). */
  readonly secret: string;
}

/** Passed with every call to a backend. */
export interface CallContext {
  /** Aborted when the answer is no longer wanted. The call then rejects promptly with the signal's reason. */
  readonly signal: AbortSignalLike;
  /** Wall-clock time by which the answer is needed, ms since 1970. After it the runtime stops waiting. */
  readonly deadlineMs: number;
  readonly namespace: Namespace;
  readonly logger: Logger;
  readonly host: Host;
  /**
   * Only during `bind`: stores a reference durably *before* the next effect (an order id before a lease, or a content
   * hash before the order). Rejects once this process lost its claim on the run: then stop, do nothing more.
   */
  readonly progress: (partial: LeaseRef) => Promise<void>;
}
