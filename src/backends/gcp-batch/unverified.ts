// Numbers that the service does not document or that could not be verified. All of them, and nothing else; the docs page lists them too.

/** Jobs asked for on one page of a listing. The largest page is not documented; the service may give fewer, which costs more calls and nothing else. */
export const PAGE_SIZE = 500;

/** How long a new job may be missing from a listing. @unit ms */
export const VISIBILITY_MS = 30_000;

/** Reads of Cloud Logging that all followers of logs together make in a minute; the quota is said to be 60 a minute and project. */
export const LOG_READS_PER_MINUTE = 48;

/** Log entries are ingested late, by seconds, and not in order: so much is read again, and so long is waited for the last ones. @unit ms */
export const LOGS_LATE_MS = 10_000;

/** Compute Engine bills by the second and at least a minute. */
export const BILLING = { granularityMs: 1_000, minimumMs: 60_000, prepaid: false, refund: "none" } as const;

/** Wait after a refusal for too many calls that names no time: quotas are counted by the minute. @unit ms */
export const DEFAULT_RETRY_AFTER_MS = 15_000;
