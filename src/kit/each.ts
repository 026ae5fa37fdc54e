import type { ErrorCode } from "../model/errors/codes.js";
import { type SchedulerError, toSchedulerError } from "../model/errors/scheduler-error.js";
import type { Finding, Lease, LeaseRef, LeaseReport } from "../model/lease.js";
import type { CallContext } from "../spec/call-context.js";
import type { Intent } from "../spec/launch.js";

/** Failures that concern the whole backend: asking for the next lease would fail in the same way. */
const CONCERNS_ALL: ReadonlySet<ErrorCode> = new Set([
  "BACKEND_AUTH_FAILED",
  "BACKEND_RATE_LIMITED",
  "INVALID_CONFIG",
  "DEPENDENCY_MISSING",
]);

/** A report on one lease without its key. */
export type ReportBody = WithoutKey<Exclude<LeaseReport, { readonly kind: "unknown" }>>;
type WithoutKey<T> = T extends unknown ? Omit<T, "key"> : never;

/**
 * `inspect` for platforms that are asked lease by lease. `undefined` from `inspectOne` means `gone`. What it throws becomes an `unknown` report
 * of that lease, except failures that concern the whole backend (credentials, rate limit) and aborts, which end the call.
 *
 * All leases are asked at the same time: the client's own concurrency limit keeps the line.
 */
export async function inspectEach(
  leases: readonly LeaseRef[],
  call: CallContext,
  inspectOne: (lease: LeaseRef) => Promise<ReportBody | undefined>,
): Promise<readonly LeaseReport[]> {
  return Promise.all(
    leases.map(async (lease): Promise<LeaseReport> => {
      const { key } = lease;
      try {
        const body = await inspectOne(lease);
        return body === undefined ? { kind: "gone", key } : { ...body, key };
      } catch (error) {
        return { kind: "unknown", key, error: ofOneOnly(error, call, lease.backend).toJSON() };
      }
    }),
  );
}

/**
 * `find` for platforms that can be asked for a key. `undefined` from `findOne` means: certainly nothing there by that name; with a
 * partial reference stored, that reference is given back to be released. What it throws becomes `unknown`, with the exceptions of {@link inspectEach}.
 */
export async function findEach(
  intents: readonly Intent[],
  call: CallContext,
  findOne: (intent: Intent) => Promise<Lease | undefined>,
): Promise<readonly Finding[]> {
  return Promise.all(
    intents.map(async (intent): Promise<Finding> => {
      const { key, partial } = intent;
      try {
        const lease = await findOne(intent);
        if (lease !== undefined) return { kind: "bound", key, lease };
        return partial === undefined ? { kind: "absent", key } : { kind: "partial", key, ref: partial };
      } catch (error) {
        return { kind: "unknown", key, error: ofOneOnly(error, call, "the backend").toJSON() };
      }
    }),
  );
}

/** The error as ours if it concerns one lease only; else it is thrown on. */
function ofOneOnly(error: unknown, call: CallContext, backend: string): SchedulerError {
  if (call.signal.aborted) throw call.signal.reason;
  const ours = toSchedulerError(error, "BACKEND_UNAVAILABLE", `${backend} could not be asked`);
  if (CONCERNS_ALL.has(ours.code)) throw ours;
  return ours;
}
