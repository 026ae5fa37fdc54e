import { z } from "zod";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Redactor } from "../redact.js";
import { isSecret } from "../validation.js";

/** Text, a credential, or a function that gives one for each try (a token that is renewed). `undefined` leaves the header out. */
export type HeaderValue = HeaderText | ((call: CallContext) => HeaderText | Promise<HeaderText>);
type HeaderText = string | Secret | undefined;

/** A value in a query: `undefined` leaves the key out, an array repeats it. */
export type QueryValue = string | number | boolean | Secret | undefined | readonly (string | number | boolean)[];

/** A part of a body that is sent as it is, instead of as JSON. */
export interface RawBody {
  readonly contentType: string;
  readonly data: string | Uint8Array;
}

/**
 * Builds a path from fixed text and values, each encoded so that it stays one segment: an id that came from somewhere
 * else cannot climb to another endpoint.
 *
 * @example
 * path`/v1/deployments/${dseq}/leases`
 * @throws INVARIANT_BROKEN for an empty value, `.` or `..`.
 */
export function path(texts: TemplateStringsArray, ...values: readonly (string | number | bigint)[]): string {
  return texts.reduce((whole, text, index) => {
    const value = String(values[index - 1]);
    if (value === "" || value === "." || value === "..") {
      throw new SchedulerError("INVARIANT_BROKEN", `A path segment must not be empty, "." or ".." (in ${texts.join("{}")}).`, {
        effect: "none",
      });
    }
    return whole + encodeURIComponent(value) + text;
  });
}

/** The full address. Secrets in the query are revealed here and remembered by the redactor. */
export function encodeUrl(base: URL, requestPath: string, query: Readonly<Record<string, QueryValue>>, redactor: Redactor): URL {
  if (!requestPath.startsWith("/")) {
    throw new SchedulerError("INVARIANT_BROKEN", "A request path begins with a slash; the host comes from `baseUrl`.", { effect: "none" });
  }
  const url = new URL(base.href.replace(/\/$/, "") + requestPath);
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (isSecret(value)) url.searchParams.append(key, redactor.add(value.reveal()));
    else
      for (const item of Array.isArray(value) ? (value as readonly (string | number | boolean)[]) : [value])
        url.searchParams.append(key, String(item));
  }
  return url;
}

/**
 * JSON text in which each {@link Secret} stands with its value: authors put the wrapped secret into the body, and it is
 * opened only here. BigInts become numbers' digits only as text, as JSON has no exact form for them.
 */
export function encodeJson(body: unknown, redactor: Redactor): string {
  // A function, not an arrow: JSON.stringify calls toJSON before the replacer, so the secret itself is only found on `this`.
  return JSON.stringify(body, function (this: unknown, key: string, value: unknown) {
    const original: unknown = (this as Readonly<Record<string, unknown>>)[key];
    if (isSecret(original)) return redactor.add(original.reveal());
    return typeof value === "bigint" ? value.toString() : value;
  });
}

/** Headers whose presence in `headers` says nothing about a right: they may follow a redirect to another origin. */
const HARMLESS = new Set(["accept", "accept-language", "content-type", "user-agent"]);

/** True when a client's own headers may hold a credential. */
export const carriesCredentials = (headers: Readonly<Record<string, HeaderValue>>): boolean =>
  Object.keys(headers).some((name) => !HARMLESS.has(name.toLowerCase()));

/**
 * Resolves header functions and opens secrets, lower-casing the names.
 *
 * @throws INVALID_CONFIG for a value that HTTP does not allow, typically a key with a line break at its end; the value is not shown.
 */
export async function encodeHeaders(
  headers: Readonly<Record<string, HeaderValue>>,
  call: CallContext,
  redactor: Redactor,
): Promise<Record<string, string>> {
  const encoded: Record<string, string> = {};
  for (const [name, source] of Object.entries(headers)) {
    const value = typeof source === "function" ? await source(call) : source;
    if (value === undefined) continue;
    const text = isSecret(value) ? redactor.add(value.reveal()) : value;
    // Values of functions are tokens as a rule; `Bearer x` is remembered without its scheme too.
    if (typeof source === "function") redactor.add(text);
    if (isSecret(value) || typeof source === "function") redactor.add(text.replace(/^[A-Za-z]+ +/, ""));
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) {
      throw new SchedulerError(
        "INVALID_CONFIG",
        `The value of the header ${name} holds a character that HTTP does not allow, perhaps a line break at its end.`,
        {
          details: { field: name },
        },
      );
    }
    encoded[name.toLowerCase()] = text.trim();
  }
  return encoded;
}

/** `bearer(token)`: an `authorization` header that stays wrapped. */
export function bearer(token: Secret | (() => Secret | Promise<Secret>)): HeaderValue {
  return async () => `Bearer ${(typeof token === "function" ? await token() : token).reveal()}`;
}

/** Schema of the option by which a backend takes another fetch, for tests, proxies and recordings: hand it on to `createHttp`. */
export function fetchOption(): z.ZodType<typeof globalThis.fetch, typeof globalThis.fetch> {
  return z.custom<typeof globalThis.fetch>((value) => typeof value === "function", "must be a function like the platform's fetch");
}
