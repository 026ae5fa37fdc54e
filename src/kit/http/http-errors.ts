import type { Effect } from "../../model/errors/codes.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { LimitReached } from "../call-limit.js";
import type { ErrorVerdict } from "../map-error.js";
import type { Redactor } from "../redact.js";
import { httpDateToMs } from "../timestamp.js";
import { RedirectRefused } from "./exchange.js";
import { networkFault, verdictOfStatus } from "./faults.js";
import { BodyTooLong } from "./read-body.js";

/** A refusal or failure that the other side answered, as `mapError` sees it. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON body, else its text. May hold anything, secrets included. */
  readonly body: unknown;
  readonly method: string;
  readonly path: string;
  readonly safe: boolean;
}

/** What errors say about the request they belong to. */
export interface RequestFacts {
  readonly backend: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly safe: boolean;
  readonly redactor: Redactor;
  /** `apiKey or TINFOIL_API_KEY`. */
  readonly credential?: string;
}

export interface StatusErrorOptions {
  readonly mapError?: (answer: FailedAnswer) => ErrorVerdict | undefined;
  readonly errorText?: (body: unknown) => string | undefined;
  readonly nowMs: number;
}

/** What `mapError` and `isMissing` are shown. */
export function failedAnswer(request: RequestFacts, response: Pick<Response, "status" | "headers">, text: string): FailedAnswer {
  const { method, path, safe } = request;
  return { status: response.status, headers: response.headers, body: parseLeniently(text), method, path, safe };
}

/** The error for a 404 that somebody on the way gave, and not the service. */
export function strange404Error(request: RequestFacts): SchedulerError {
  const effect = request.safe ? "none" : "unknown";
  const message = `${request.backend}: ${request.method} ${request.path} was answered 404 in a form that is not the service's own.`;
  return new SchedulerError("BACKEND_UNAVAILABLE", message + consequence(request, effect), {
    effect,
    details: { ...facts(request), status: 404 },
  });
}

/** The error for an answer that was not expected. */
export function statusError(request: RequestFacts, answer: FailedAnswer, options: StatusErrorOptions): SchedulerError {
  const { status, headers, body } = answer;
  const fallback = verdictOfStatus(status);
  const verdict: ErrorVerdict = options.mapError?.(answer) ?? fallback;
  const retryAfterMs = readRetryAfter(headers.get("retry-after"), options.nowMs);
  const said = verdict.message ?? options.errorText?.(body);
  const effect = request.safe ? "none" : (verdict.effect ?? fallback.effect);
  const hint = verdict.code === "BACKEND_AUTH_FAILED" && request.credential !== undefined ? ` Check ${request.credential}.` : "";
  const excerpt = said === undefined ? "" : request.redactor.excerpt(said);
  const reason = excerpt === "" ? "." : `: ${excerpt}${/[.!?]$/.test(excerpt) ? "" : "."}`;
  return new SchedulerError(
    verdict.code,
    `${request.backend}: ${request.method} ${request.path} was answered ${status}${reason}${hint}${consequence(request, effect)}`,
    {
      ...(verdict.retry === undefined ? {} : { retry: verdict.retry }),
      effect,
      details: { ...facts(request), status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...verdict.details },
    },
  );
}

/**
 * The error for a request that got no usable answer. `sent`: whether a request had left by then.
 * Never keeps the foreign error as cause, since it may quote headers; its codes are kept.
 */
export function failureError(request: RequestFacts, error: unknown, sent: boolean): SchedulerError {
  if (SchedulerError.isInstance(error)) return error;
  const at = `${request.backend}: ${request.method} ${request.path}`;
  const effectIf = (happened: boolean): Effect => (request.safe || !happened ? "none" : "unknown");
  if (error instanceof LimitReached) {
    const effect = effectIf(sent);
    const when = sent
      ? `got no answer before ${error.by === "deadline" ? "the call's deadline" : "its time limit"}`
      : "was not sent before the call's deadline, since earlier calls were still under way";
    return new SchedulerError("BACKEND_TIMEOUT", `${at} ${when}.${consequence(request, effect)}`, {
      effect,
      details: { ...facts(request), by: error.by },
    });
  }
  if (error instanceof BodyTooLong) {
    const effect = effectIf(true);
    return new SchedulerError(
      "BACKEND_RESPONSE_INVALID",
      `${at} was answered with more than \`maxBytes\`.${consequence(request, effect)}`,
      { effect, details: facts(request) },
    );
  }
  if (error instanceof RedirectRefused) {
    // 307 and 308 promise that nothing was done yet; after the others that is not certain.
    const effect = effectIf(error.status !== 307 && error.status !== 308);
    return new SchedulerError(
      "BACKEND_REJECTED",
      `${at} was answered with ${error.message}; it is not followed. Set \`baseUrl\` to the final address.${consequence(request, effect)}`,
      {
        effect,
        details: { ...facts(request), status: error.status },
      },
    );
  }
  const fault = networkFault(error);
  const effect = effectIf(sent && (fault?.sent ?? true));
  const code = fault?.timeout ? "BACKEND_TIMEOUT" : "BACKEND_UNAVAILABLE";
  const what = fault === undefined ? "the request failed" : `${fault.what} (${fault.code})`;
  const name = error instanceof Error ? error.name : typeof error;
  return new SchedulerError(code, `${at} got no answer: ${what}.${consequence(request, effect)}`, {
    effect,
    details: { ...facts(request), ...(fault === undefined ? {} : { reason: fault.code }) },
    cause: new Error(
      fault === undefined ? `${name}: ${request.redactor.excerpt(error instanceof Error ? error.message : "")}` : fault.code,
    ),
  });
}

/** Retry-After (RFC 9110, 10.2.3): seconds or a date, as ms from now. */
export function readRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Math.ceil(Number(value) * 1000);
  const atMs = httpDateToMs(value);
  return atMs === undefined ? undefined : Math.max(0, atMs - nowMs);
}

const facts = (request: RequestFacts): { readonly backend: string; readonly method: string; readonly path: string } => ({
  backend: request.backend,
  method: request.method,
  path: request.path,
});

function consequence(request: RequestFacts, effect: Effect): string {
  if (request.safe) return "";
  return effect === "none" ? " Nothing was done." : " It is not known whether it was carried out.";
}

function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
