import type { LeaseRef } from "../model/lease.js";
import type { CallContext } from "../spec/call-context.js";
import type { Host, Logger } from "../spec/host.js";

/** A namespace for tests. Its secret is no secret. */
export const TEST_NAMESPACE = Object.freeze({ id: "testns", secret: "00".repeat(32) });

/** A logger that says nothing. */
export const silentLogger: Logger = Object.freeze({
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
});

/** How long a test's call may take unless it says otherwise, ms. */
const DEFAULT_DEADLINE_MS = 60_000;

/** A call context that remembers what `progress` was told. */
export interface TestCallContext extends CallContext {
  /** References in the order in which they were stored. */
  readonly progressed: readonly LeaseRef[];
}

/**
 * A call context for calling a backend directly: a signal that is never aborted, a deadline in a minute, the test
 * namespace, no logging. Anything can be overridden; the host must be given.
 */
export function testCallContext(overrides: Partial<CallContext> & { readonly host: Host }): TestCallContext {
  const progressed: LeaseRef[] = [];
  return {
    signal: new AbortController().signal,
    deadlineMs: overrides.host.now() + DEFAULT_DEADLINE_MS,
    namespace: TEST_NAMESPACE,
    logger: silentLogger,
    progress: async (partial) => {
      progressed.push(partial);
    },
    ...overrides,
    progressed,
  };
}
