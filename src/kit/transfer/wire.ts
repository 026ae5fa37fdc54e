import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { AbortSignalLike, Host } from "../../spec/host.js";
import { networkFault } from "../http/faults.js";
import { pause } from "../process/pause.js";

/** The platform's `fetch`, or whatever a caller puts in its place. */
export type FetchLike = typeof globalThis.fetch;

/** What every transfer needs. */
export interface TransferSetting {
  readonly host: Host;
  /** Default: the platform's. */
  readonly fetch?: FetchLike;
  readonly signal?: AbortSignalLike;
}

const TRIES = 3;
const FIRST_WAIT_MS = 250;

/** A failure that may pass by itself. Never leaves this folder. */
export class PassingFailure extends Error {}

/** A URL as it may appear in messages: without the query, which is where a presigned URL keeps its signature, and without a login. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return "a malformed URL";
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/**
 * Does something over HTTP that may be done again, up to three times, with growing waits. Failures below HTTP and answers
 * that pass by themselves (408, 429, 5xx) are tried again; the last one is reported.
 *
 * @throws STAGING_FAILED saying what was tried with which URL; aborts reject with the signal's reason; other errors pass.
 */
export async function withTries<T>(what: string, url: string, setting: TransferSetting, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (setting.signal?.aborted) throw setting.signal.reason;
      const passing = error instanceof PassingFailure ? error.message : networkFault(error)?.what;
      if (passing === undefined) throw error;
      if (tries === TRIES) throw stagingFailed(`${what} ${shownUrl(url)}: ${passing}, ${TRIES} times.`, error);
      await pause(setting.host, FIRST_WAIT_MS * 2 ** (tries - 1) * (0.5 + setting.host.random()), setting.signal);
    }
  }
}

/** Lets a good answer through. @throws PassingFailure or STAGING_FAILED */
export async function requireOk(response: Response, what: string, url: string): Promise<void> {
  if (response.ok) return;
  await response.body?.cancel().catch(() => undefined);
  const said = `the server answered ${response.status}`;
  if (response.status === 408 || response.status === 429 || response.status >= 500) throw new PassingFailure(said);
  throw stagingFailed(`${what} ${shownUrl(url)}: ${said}.`, undefined, response.status);
}

export function stagingFailed(message: string, cause?: unknown, status?: number): SchedulerError {
  return new SchedulerError("STAGING_FAILED", message, {
    ...(cause === undefined ? {} : { cause }),
    ...(status === undefined ? {} : { details: { status } }),
  });
}
