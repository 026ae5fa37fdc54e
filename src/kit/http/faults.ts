import type { Effect, ErrorCode } from "../../model/errors/codes.js";

/** What an HTTP status means, before the backend's own table has had a say. */
export interface StatusVerdict {
  readonly code: ErrorCode;
  /** Of a call that could have an effect. */
  readonly effect: Effect;
}

/**
 * The default meaning of a status from 300 up. A request that was answered 4xx was refused and so did nothing, except
 * 408: some proxies send it after forwarding. After 5xx nobody knows.
 */
export function verdictOfStatus(status: number): StatusVerdict {
  if (status === 401 || status === 403 || status === 407) return { code: "BACKEND_AUTH_FAILED", effect: "none" };
  if (status === 402) return { code: "INSUFFICIENT_FUNDS", effect: "none" };
  if (status === 429) return { code: "BACKEND_RATE_LIMITED", effect: "none" };
  if (status === 408) return { code: "BACKEND_TIMEOUT", effect: "unknown" };
  if (status === 504) return { code: "BACKEND_TIMEOUT", effect: "unknown" };
  if (status >= 500) return { code: "BACKEND_UNAVAILABLE", effect: "unknown" };
  return { code: "BACKEND_REJECTED", effect: "none" };
}

/** A failure below HTTP. */
export interface NetworkFault {
  readonly code: string;
  /** False when the connection was never made, so that nothing can have arrived. */
  readonly sent: boolean;
  readonly timeout: boolean;
  /** For people. */
  readonly what: string;
}

/** Failures before the first byte of the request was sent. */
const BEFORE_SENDING: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ENOTFOUND: "the host name is not known",
  EAI_AGAIN: "the host name could not be looked up",
  EAI_FAIL: "the host name could not be looked up",
  ENETUNREACH: "the network cannot be reached",
  EHOSTUNREACH: "the host cannot be reached",
  EADDRNOTAVAIL: "no local address was left to connect from",
  EMFILE: "this process has too many open files",
  UND_ERR_CONNECT_TIMEOUT: "the connection took too long",
};

/** Failures after which the request may have arrived. */
const AFTER_SENDING: Readonly<Record<string, string>> = {
  ECONNRESET: "the connection was reset",
  ECONNABORTED: "the connection was cut",
  EPIPE: "the connection was cut",
  ETIMEDOUT: "the connection timed out",
  UND_ERR_SOCKET: "the connection was closed",
  UND_ERR_HEADERS_TIMEOUT: "the answer took too long",
  UND_ERR_BODY_TIMEOUT: "the rest of the answer took too long",
  UND_ERR_ABORTED: "the request was cut off",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the answer was cut short",
  UND_ERR_INFO: "the connection failed",
  HPE_INVALID_CONSTANT: "the answer is not HTTP",
};

/** OpenSSL's and Node's codes for a certificate that does not hold; the handshake comes before any request. */
const CERTIFICATE = /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|HOSTNAME_MISMATCH|^EPROTO$/;

/** Finds the network failure behind an error by walking its causes, or nothing when there is none. */
export function networkFault(error: unknown): NetworkFault | undefined {
  for (const { code, syscall } of layersOf(error, 5)) {
    const before = BEFORE_SENDING[code] ?? (CERTIFICATE.test(code) ? "the server's TLS certificate or handshake failed" : undefined);
    if (before !== undefined) return { code, sent: false, timeout: code === "UND_ERR_CONNECT_TIMEOUT", what: before };
    const after = AFTER_SENDING[code];
    // A reset or time-out of the connect itself came before anything was sent.
    if (after !== undefined) return { code, sent: syscall !== "connect", timeout: /TIMEOUT|TIMEDOUT/.test(code), what: after };
  }
  return undefined;
}

interface Layer {
  readonly code: string;
  readonly syscall?: unknown;
}

/** An error, its causes and the members of an AggregateError (which a refused dual-stack connection gives), as far as they have codes. */
function layersOf(error: unknown, depth: number): readonly Layer[] {
  if (typeof error !== "object" || error === null || depth === 0) return [];
  const { code, syscall, cause, errors } = error as { readonly [key in "code" | "syscall" | "cause" | "errors"]?: unknown };
  const members = Array.isArray(errors) ? errors.flatMap((member: unknown) => layersOf(member, depth - 1)) : [];
  return [...(typeof code === "string" ? [{ code, syscall }] : []), ...layersOf(cause, depth - 1), ...members];
}
