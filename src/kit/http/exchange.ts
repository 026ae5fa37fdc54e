import type { CallLimit } from "../call-limit.js";
import { discard } from "./read-body.js";

/** Most redirects that are followed. */
const MOST_REDIRECTS = 5;

/** A request ready to go: everything resolved, secrets in the clear. Lives as short as one try. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Headers may hold a credential, so other origins are not to see them. */
  readonly credentials: boolean;
}

/** A redirect that is not followed. Internal to kit/http. */
export class RedirectRefused extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/**
 * Sends a request and follows redirects by these rules: never from https to http; to another origin only for GET and HEAD of a
 * client without credentials; a request with an effect only for 307 and 308, which say that nothing was done yet.
 *
 * `onSend` is called right before each request leaves.
 */
export async function exchange(
  fetch: typeof globalThis.fetch,
  request: OutgoingRequest,
  limit: CallLimit,
  onSend: () => void,
): Promise<Response> {
  let url = request.url;
  for (let hops = 0; ; hops++) {
    onSend();
    const sending = fetch(url.href, {
      method: request.method,
      headers: { ...request.headers },
      redirect: "manual",
      signal: limit.signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const response = await limit.race(sending).catch((error: unknown) => {
      // A fetch that does not heed the signal may still answer; its connection must not be kept.
      if (limit.signal.aborted) sending.then(discard, () => undefined);
      throw error;
    });
    const target = redirectTarget(response, url);
    if (target === undefined) return response;
    discard(response);
    if (hops >= MOST_REDIRECTS) throw new RedirectRefused(response.status, `more than ${MOST_REDIRECTS} redirects`);
    const refusal = refuse(request, response.status, url, target);
    if (refusal !== undefined) throw new RedirectRefused(response.status, refusal);
    url = target;
  }
}

function redirectTarget(response: Response, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get("location");
  return location !== null && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}

function refuse(request: OutgoingRequest, status: number, from: URL, to: URL): string | undefined {
  const reading = request.method === "GET" || request.method === "HEAD";
  if (to.protocol !== "https:" && to.protocol !== from.protocol) return "a redirect from https to something less safe";
  if (to.username !== "" || to.password !== "") return "a redirect to an address with a login in it";
  if (to.origin !== from.origin && request.credentials) return `a redirect to ${to.origin}, which must not see the credentials`;
  if (to.origin !== from.origin && !reading) return `a redirect of a ${request.method} to ${to.origin}`;
  if (!reading && status !== 307 && status !== 308) return `a redirect with status ${status} after a ${request.method}`;
  return undefined;
}
