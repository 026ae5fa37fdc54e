import { sleep } from "../kit/sleep.js";
import type { FetchLike } from "../kit/transfer/index.js";
import type { AbortSignalLike, Host } from "../spec/host.js";
import { identityRandom } from "./seeded-random.js";

/**
 * What happens to one HTTP request. "Sent" is about the other side: whether it did what was asked.
 *
 * - `refused`: the connection is refused; nothing was sent, and the caller can know it.
 * - `reset`: the connection breaks; `sent` says whether the other side did its work, which the caller cannot know.
 * - `timeout`: no answer, until the request is aborted or `afterMs` (default 300,000) have passed.
 * - `status`: an answer of this status instead of the real one. With `sent: false` the other side never saw the request.
 * - `slow`: the answer comes so much later.
 * - `duplicate`: the request is sent twice, one after the other; the second answer comes back.
 * - `truncated`: the answer's body breaks off after so many bytes. Default: half of it.
 * - `garbled`: the answer's body is replaced by this text, with the real status.
 */
export type FetchFault =
  | { readonly kind: "refused" }
  | { readonly kind: "reset"; readonly sent: boolean }
  | { readonly kind: "timeout"; readonly sent: boolean; readonly afterMs?: number }
  | {
      readonly kind: "status";
      readonly status: number;
      readonly sent: boolean;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "duplicate" }
  | { readonly kind: "truncated"; readonly afterBytes?: number }
  | { readonly kind: "garbled"; readonly body: string };

/** A scripted fault of requests. Rules are tried in order; the first that matches and is not used up applies. */
export interface FetchRule {
  /** Upper case. Default: any. */
  readonly method?: string;
  /** The URL contains it, or matches it. Default: any. */
  readonly url?: string | RegExp;
  /** Matching requests that pass first. Default 0. */
  readonly skip?: number;
  /** How many requests it applies to after those. Default 1. */
  readonly times?: number;
  readonly fault: FetchFault;
}

/** A fault that is drawn for a share of all requests. */
export interface FetchRate {
  /** Probability in [0, 1]; those of all rates together must not exceed 1. */
  readonly share: number;
  readonly fault: FetchFault;
}

/** A request as it was made. */
export interface FetchRecord {
  readonly method: string;
  readonly url: string;
  /** Kind of the fault that struck it. */
  readonly fault?: FetchFault["kind"];
  /** How often the other side saw it: 0, 1 or 2. */
  sent: number;
}

/** Options of {@link faultInjectingFetch}. */
export interface FaultInjectingFetchOptions {
  /** What really answers: a fake server's handler, or the platform's `fetch`. */
  readonly fetch: FetchLike;
  /** For waiting. */
  readonly host: Host;
  readonly rules?: readonly FetchRule[];
  /** Drawn by (seed, method, URL, how often it was asked), when no rule applies. */
  readonly rates?: readonly FetchRate[];
  /** Default `"0"`. */
  readonly seed?: string;
}

/** A `fetch` between an adapter and its service that fails to order. Errors look like those of Node's own `fetch`. */
export interface FaultInjectingFetch {
  /** To be handed to the adapter. */
  readonly fetch: FetchLike;
  /** Every request so far. */
  readonly requests: readonly FetchRecord[];
  /** Adds a rule for requests to come. */
  script(rule: FetchRule): void;
}

/** Node's `fetch` gives up on an answer's headers after this time, ms (undici's `headersTimeout`). */
const HEADERS_TIMEOUT_MS = 300_000;

/** Wraps a `fetch` with scripted and drawn faults. */
export function faultInjectingFetch(options: FaultInjectingFetchOptions): FaultInjectingFetch {
  const rules = (options.rules ?? []).map(counted);
  const requests: FetchRecord[] = [];
  const counts = new Map<string, number>();

  const decide = (method: string, url: string): FetchFault | undefined => {
    for (const entry of rules) {
      const { rule } = entry;
      if (entry.left === 0 || (rule.method !== undefined && rule.method !== method) || !urlMatches(rule.url, url)) continue;
      if (entry.skip > 0) {
        entry.skip--;
        continue;
      }
      entry.left--;
      return rule.fault;
    }
    const identity = `${method} ${url}`;
    const count = counts.get(identity) ?? 0;
    counts.set(identity, count + 1);
    let left = identityRandom(options.seed ?? "0", "fetch", identity, count).next();
    return options.rates?.find(({ share }) => {
      left -= share;
      return left < 0;
    })?.fault;
  };

  const faultyFetch: FetchLike = async (input, init) => {
    const request = new Request(input, init);
    const { method, url, signal } = request;
    const fault = decide(method, url);
    const record: FetchRecord = { method, url, ...(fault === undefined ? {} : { fault: fault.kind }), sent: 0 };
    requests.push(record);
    const send = (copy: Request): Promise<Response> => {
      record.sent++;
      return options.fetch(copy);
    };
    return fault === undefined ? send(request) : strike(fault, request, send, { host: options.host, signal });
  };

  return { fetch: faultyFetch, requests, script: (rule) => void rules.push(counted(rule)) };
}

interface Waiting {
  readonly host: Host;
  readonly signal: AbortSignalLike;
}

async function strike(
  fault: FetchFault,
  request: Request,
  send: (copy: Request) => Promise<Response>,
  waiting: Waiting,
): Promise<Response> {
  const perform = async (): Promise<void> => {
    const response = await send(request);
    await response.body?.cancel();
  };
  switch (fault.kind) {
    case "refused":
      throw networkError("connect ECONNREFUSED", { code: "ECONNREFUSED", syscall: "connect" });
    case "reset":
      if (fault.sent) await perform();
      throw networkError("read ECONNRESET", { code: "ECONNRESET", syscall: "read" });
    case "timeout":
      if (fault.sent) await perform();
      await sleep(fault.afterMs ?? HEADERS_TIMEOUT_MS, waiting);
      throw networkError("Headers Timeout Error", { code: "UND_ERR_HEADERS_TIMEOUT" });
    case "status":
      if (fault.sent) await perform();
      return new Response(fault.body ?? "simulated fault", {
        status: fault.status,
        ...(fault.headers === undefined ? {} : { headers: fault.headers }),
      });
    case "slow": {
      const response = await send(request);
      await sleep(fault.ms, waiting);
      return response;
    }
    case "duplicate": {
      const copy = request.clone();
      const first = await send(request);
      await first.body?.cancel();
      return send(copy);
    }
    case "truncated":
      return truncated(await send(request), fault.afterBytes);
    case "garbled": {
      const response = await send(request);
      await response.body?.cancel();
      return new Response(fault.body, { status: response.status, headers: response.headers });
    }
  }
}

async function truncated(response: Response, afterBytes: number | undefined): Promise<Response> {
  const whole = new Uint8Array(await response.arrayBuffer());
  const begin = whole.slice(0, afterBytes ?? Math.floor(whole.length / 2));
  let given = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      // The beginning first, the break with the next read: an error at once would discard what is queued.
      if (given || begin.length === 0) controller.error(networkError("terminated", { code: "UND_ERR_SOCKET" }));
      else controller.enqueue(begin);
      given = true;
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}

function networkError(message: string, facts: { readonly code: string; readonly syscall?: string }): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(message), facts) });
}

function counted(rule: FetchRule): { readonly rule: FetchRule; skip: number; left: number } {
  return { rule, skip: rule.skip ?? 0, left: rule.times ?? 1 };
}

function urlMatches(wanted: string | RegExp | undefined, url: string): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === "string" ? url.includes(wanted) : wanted.test(url);
}
