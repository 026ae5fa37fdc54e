import type { CallContext } from "../../../src/spec/call-context.js";
import type { Logger } from "../../../src/spec/host.js";
import { createVirtualHost, type VirtualHost } from "../../../src/testing/virtual-host.js";

/** A logger that remembers everything, so that tests can look for secrets in it. */
export function recordingLogger(): Logger & { readonly text: () => string } {
  const lines: string[] = [];
  const log = (facts: object, message: string): void => void lines.push(`${message} ${JSON.stringify(facts)}`);
  return { debug: log, info: log, warn: log, error: log, text: () => lines.join("\n") };
}

/** A call context on virtual time, due in an hour unless told otherwise. */
export function makeCall(
  overrides: Partial<CallContext> & { readonly host?: VirtualHost } = {},
): CallContext & { readonly host: VirtualHost } {
  const host = overrides.host ?? createVirtualHost();
  return {
    signal: new AbortController().signal,
    deadlineMs: host.now() + 3_600_000,
    namespace: { id: "testns", secret: "00".repeat(32) },
    logger: recordingLogger(),
    progress: async () => undefined,
    ...overrides,
    host,
  };
}

/** The error a promise rejects with, or a failure. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Expected a rejection, got ${typeof value}.`);
}
