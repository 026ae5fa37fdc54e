import { type Effect, ERROR_CODES, type ErrorCode, isErrorCode, type Retry } from "./codes.js";

/**
 * Marks our errors across module copies: the package is loaded once as ESM and once per CJS subpath, so
 * `instanceof` is unreliable. Use {@link SchedulerError.isInstance} and switch on `code`.
 */
const BRAND = Symbol.for("spillway.SchedulerError");

/** What an error may carry beside code and message. */
export interface SchedulerErrorOptions {
  /** What caused this error; kept for debugging, left out of `toJSON` except for its message. */
  readonly cause?: unknown;
  /** Facts a program can act on. Never put a secret or a whole foreign value in here. */
  readonly details?: ErrorDetails;
  /** Overrides the code's default. */
  readonly retry?: Retry;
  /** Overrides the code's default. */
  readonly effect?: Effect;
}

/** Machine-readable facts beside the message. All optional; which ones are set depends on the code (`docs/errors.md`). */
export interface ErrorDetails {
  /** The offending field of the caller's input, as a dotted path. */
  readonly field?: string;
  readonly backend?: string;
  readonly runId?: string;
  readonly attempt?: number;
  readonly exitCode?: number;
  /** The backend asked not to be called again before so many milliseconds have passed. */
  readonly retryAfterMs?: number;
  /** What the run has cost so far, in USD. */
  readonly spentUsd?: number;
  readonly [fact: string]: unknown;
}

/** The stored and transmitted form of an error. */
export interface SerializedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retry: Retry;
  readonly effect: Effect;
  readonly details?: ErrorDetails;
  readonly cause?: string;
}

/** Every error that spillway throws or rejects with. Switch on {@link SchedulerError.code}; codes are stable. */
export class SchedulerError extends Error {
  override readonly name = "SchedulerError";
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly effect: Effect;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: SchedulerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retry = options.retry ?? ERROR_CODES[code].retry;
    this.effect = options.effect ?? ERROR_CODES[code].effect;
    this.details = options.details ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** True for any spillway error, whichever copy of the package made it. */
  static isInstance(value: unknown): value is SchedulerError {
    return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
  }

  /** The stored form; the cause shrinks to its message. */
  toJSON(): SerializedError {
    return {
      code: this.code,
      message: this.message,
      retry: this.retry,
      effect: this.effect,
      ...(Object.keys(this.details).length > 0 ? { details: this.details } : {}),
      ...(this.cause instanceof Error ? { cause: this.cause.message } : {}),
    };
  }

  /** Restores a stored error. An unknown code (written by a newer version) becomes `INVARIANT_BROKEN` with the message kept. */
  static fromJSON(stored: SerializedError): SchedulerError {
    const code = isErrorCode(stored.code) ? stored.code : "INVARIANT_BROKEN";
    return new SchedulerError(code, stored.message, {
      retry: stored.retry,
      effect: stored.effect,
      ...(stored.details ? { details: stored.details } : {}),
      ...(stored.cause ? { cause: new Error(stored.cause) } : {}),
    });
  }
}

/** The stored form of an error without making one: for failures that are values, not exceptions. */
export function failureOf(code: ErrorCode, message: string, options: Omit<SchedulerErrorOptions, "cause"> = {}): SerializedError {
  const { retry = ERROR_CODES[code].retry, effect = ERROR_CODES[code].effect, details } = options;
  return { code, message, retry, effect, ...(details === undefined ? {} : { details }) };
}

/** Turns anything thrown into a {@link SchedulerError}; ours pass through unchanged. */
export function toSchedulerError(thrown: unknown, fallback: ErrorCode, context: string, details?: ErrorDetails): SchedulerError {
  if (SchedulerError.isInstance(thrown)) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new SchedulerError(fallback, `${context}: ${reason}`, { cause: thrown, ...(details ? { details } : {}) });
}
