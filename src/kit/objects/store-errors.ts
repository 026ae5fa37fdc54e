import { SchedulerError } from "../../model/errors/scheduler-error.js";

/** A failure that may pass by itself, so that the same may be tried again. Never leaves the stores. */
export class PassingFailure extends Error {
  /** The other side asked to be left alone for so long, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(what: string, retryAfterMs?: number) {
    super(what);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Something an artifact store did or answered; `what` is a sentence for people, and must hold no query of a URL. */
export const unavailable = (subject: string, what: string, details: Readonly<Record<string, unknown>> = {}): SchedulerError =>
  new SchedulerError("ARTIFACT_STORE_UNAVAILABLE", `${subject}: ${what}`, { details: { store: subject, ...details } });

/** See {@link unavailable}. */
export const denied = (subject: string, what: string, details: Readonly<Record<string, unknown>> = {}): SchedulerError =>
  new SchedulerError("ARTIFACT_STORE_DENIED", `${subject}: ${what}`, { details: { store: subject, ...details } });

export const notFound = (uri: string): SchedulerError => new SchedulerError("ARTIFACT_NOT_FOUND", `There is nothing at ${uri}.`);

/** A URI that the caller wrote and that cannot be used. `uri` must be fit to be shown. */
export const unusableUri = (uri: string, what: string): SchedulerError =>
  new SchedulerError("INVALID_WORKLOAD", `The URI ${JSON.stringify(uri)} ${what}.`, { details: { field: "uri" } });

/** The bytes are not those that were promised. */
export const otherBytes = (what: string, expected: string, found: string): SchedulerError =>
  new SchedulerError(
    "INPUT_DIGEST_MISMATCH",
    `${what} has the digest ${found} where ${expected} was promised: it was changed, or what it came from lies.`,
  );

/** The object is not the one that was looked at before. */
export const otherVersion = (uri: string): SchedulerError =>
  new SchedulerError("OUTPUT_DIGEST_MISMATCH", `The object at ${uri} was changed after it was checked; what is there now is not used.`);

/** Refuses what is larger than a store takes. */
export const tooLarge = (subject: string, source: { readonly what: string; readonly maxBytes: number }): SchedulerError =>
  new SchedulerError(
    "UNSUPPORTED_WORKLOAD",
    `${subject}: ${source.what} has more than the ${source.maxBytes} bytes that are taken. Raise \`maxBytes\`.`,
    { details: { field: "maxBytes", store: subject } },
  );
