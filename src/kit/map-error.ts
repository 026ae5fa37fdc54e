import { type Effect, ERROR_CODES, type ErrorCode, type Retry } from "../model/errors/codes.js";
import { type ErrorDetails, SchedulerError } from "../model/errors/scheduler-error.js";
import { networkFault, verdictOfStatus } from "./http/faults.js";

/** What is known of a foreign error, whatever SDK threw it. */
export interface ErrorFacts {
  readonly name?: string;
  /** The service's own code: a word, or a number such as a gRPC code. */
  readonly code?: string | number;
  /** HTTP status. */
  readonly status?: number;
  readonly message?: string;
  readonly retryAfterMs?: number;
}

/** What an error means to the engine. */
export interface ErrorVerdict {
  readonly code: ErrorCode;
  /** Overrides the code's default. */
  readonly retry?: Retry;
  /** Overrides what follows from the kind of failure. */
  readonly effect?: Effect;
  /** For people: what happened and what to do. Default: the foreign message's first 300 characters. Never put a secret in. */
  readonly message?: string;
  readonly details?: ErrorDetails;
}

/** One line of a table. All given conditions must hold; one that is absent always does. */
export interface ErrorRule {
  readonly name?: string | readonly string[];
  readonly code?: string | number | readonly (string | number)[];
  readonly status?: number | readonly number[];
  /** Text must contain it (case counts), or match it. */
  readonly message?: string | RegExp;
  readonly to: ErrorCode;
  readonly retry?: Retry;
  readonly effect?: Effect;
  /** Replaces the foreign message. */
  readonly say?: string;
}

/** What was being done when the error came. */
export interface ErrorContext {
  /** The backend's id. */
  readonly backend: string;
  /** `submit the job`: completes the sentence "could not ...". */
  readonly doing: string;
  /** True for calls that create and change nothing, and so never have an effect. */
  readonly safe: boolean;
  /** Takes secrets out of the foreign message. Default: the message is used as it is. */
  readonly clean?: (text: string) => string;
}

/** A table of foreign errors. */
export interface ErrorMap {
  /** The verdict of the first rule that fits, or nothing. Fits as `mapError` of `createHttp` once the facts are read from the body. */
  match(facts: ErrorFacts): ErrorVerdict | undefined;
  /**
   * Anything an SDK threw as a SchedulerError. In this order: our own errors pass as they are; the table; the HTTP status; the network code;
   * else BACKEND_UNAVAILABLE. The effect of what the table leaves open is `none` for safe calls, and otherwise `none` only where the request was
   * certainly refused or never sent.
   */
  toError(thrown: unknown, context: ErrorContext): SchedulerError;
}

/**
 * Makes a table-driven mapper for SDK errors.
 *
 * @example
 * const errors = defineErrorMap([
 *   { name: "ThrottlingException", to: "BACKEND_RATE_LIMITED" },
 *   { name: "ClientException", message: "queue", to: "BACKEND_REJECTED", say: "The job queue does not exist; check `queues`." },
 * ]);
 */
export function defineErrorMap(rules: readonly ErrorRule[]): ErrorMap {
  const match = (facts: ErrorFacts): ErrorVerdict | undefined => {
    const rule = rules.find((candidate) => fits(candidate, facts));
    if (rule === undefined) return undefined;
    return {
      code: rule.to,
      ...(rule.retry === undefined ? {} : { retry: rule.retry }),
      ...(rule.effect === undefined ? {} : { effect: rule.effect }),
      ...(rule.say === undefined ? {} : { message: rule.say }),
    };
  };
  return { match, toError: (thrown, context) => convert(thrown, context, match) };
}

function convert(thrown: unknown, context: ErrorContext, match: ErrorMap["match"]): SchedulerError {
  if (SchedulerError.isInstance(thrown)) return thrown;
  const facts = factsOf(thrown);
  const { code, retry, effect, message, details } = match(facts) ?? fallback(thrown, facts);
  const foreign = excerpt((context.clean ?? ((text: string) => text))(facts.message ?? String(thrown)));
  return new SchedulerError(code, `${context.backend} could not ${context.doing}: ${message ?? foreign}`, {
    ...(retry === undefined ? {} : { retry }),
    effect: context.safe ? "none" : (effect ?? ERROR_CODES[code].effect),
    details: {
      backend: context.backend,
      ...(facts.status === undefined ? {} : { status: facts.status }),
      ...(facts.retryAfterMs === undefined ? {} : { retryAfterMs: facts.retryAfterMs }),
      ...details,
    },
    // The name and code alone: a foreign error object may hold the request with its credentials.
    cause: new Error([facts.name, facts.code].filter((part) => part !== undefined).join(" ") || "foreign error"),
  });
}

function fallback(thrown: unknown, facts: ErrorFacts): ErrorVerdict {
  if (facts.status !== undefined && facts.status >= 400) return verdictOfStatus(facts.status);
  const network = networkFault(thrown);
  if (network === undefined) return { code: "BACKEND_UNAVAILABLE", effect: "unknown" };
  return { code: network.timeout ? "BACKEND_TIMEOUT" : "BACKEND_UNAVAILABLE", effect: network.sent ? "unknown" : "none" };
}

/**
 * Reads what SDKs agree on least: name, code, status and message. Looks at `status`, `statusCode`, `response.status` and AWS's
 * `$metadata.httpStatusCode`; a numeric `code` from 400 to 599 counts as a status too (Google's REST transport).
 */
export function factsOf(thrown: unknown): ErrorFacts {
  if (typeof thrown !== "object" || thrown === null) return { message: String(thrown) };
  const error = thrown as Readonly<Record<string, unknown>>;
  const inner = (key: string, field: string): unknown => {
    const value = error[key];
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[field] : undefined;
  };
  const code = [error["code"], error["errno"], inner("cause", "code")].find(
    (value) => typeof value === "string" || typeof value === "number",
  );
  const statuses = [error["status"], error["statusCode"], inner("response", "status"), inner("$metadata", "httpStatusCode"), code];
  const status = statuses.find((value): value is number => typeof value === "number" && value >= 400 && value <= 599);
  return {
    ...(typeof error["name"] === "string" ? { name: error["name"] } : {}),
    ...(code === undefined ? {} : { code: code as string | number }),
    ...(status === undefined ? {} : { status }),
    ...(typeof error["message"] === "string" ? { message: error["message"] } : {}),
  };
}

function fits(rule: ErrorRule, facts: ErrorFacts): boolean {
  return (
    among(rule.name, facts.name) && among(rule.code, facts.code) && among(rule.status, facts.status) && says(rule.message, facts.message)
  );
}

function among<T>(wanted: T | readonly T[] | undefined, found: T | undefined): boolean {
  if (wanted === undefined) return true;
  return found !== undefined && (Array.isArray(wanted) ? (wanted as readonly T[]).includes(found) : wanted === found);
}

function says(wanted: string | RegExp | undefined, found: string | undefined): boolean {
  if (wanted === undefined) return true;
  if (found === undefined) return false;
  return typeof wanted === "string" ? found.includes(wanted) : new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, "")).test(found);
}

const excerpt = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}...` : text);

/**
 * The first text that stands at one of the dotted paths of a parsed body: `textAt(body, "message", "error.message", "detail")`.
 * Array positions are numbers: `detail.0.msg`.
 */
export function textAt(body: unknown, ...paths: readonly string[]): string | undefined {
  for (const path of paths) {
    let value: unknown = body;
    for (const step of path.split(".")) {
      value = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
    }
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}
