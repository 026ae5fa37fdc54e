import { FAULTS, type Fault, type FaultControl, type FaultyVerb } from "../../../src/conformance/backend/fault-control.js";
import type { Host } from "../../../src/spec/host.js";

type Fetch = typeof globalThis.fetch;

/** A fetch that can go wrong on demand and knows when all I/O is at rest. */
export interface ObservedFetch {
  readonly fetch: Fetch;
  readonly faults: FaultControl;
  /** Resolves once no request is between here and the service. Requests that a fault holds back do not count. */
  readonly atRest: () => Promise<void>;
}

const SLOW_MS = 60_000;

/** Which verbs make a request like this one. */
function verbsOf(method: string, path: string): readonly FaultyVerb[] {
  if (path === "/v1/sizes") return ["listOffers"];
  if (path.endsWith("/log")) return ["logs"];
  if (path === "/v1/jobs") return method === "POST" ? ["bind"] : ["find", "listLeases"];
  return method === "DELETE" ? ["release"] : ["inspect"];
}

/** Wraps the platform's fetch. Delays of faults pass on the host's clock. */
export function observeFetch(host: Host): ObservedFetch {
  let order: { readonly fault: Fault; readonly verb: FaultyVerb | undefined; left: number } | undefined;
  let underWay = 0;
  const waiting = new Set<() => void>();

  /** Really asks. JSON is read to its end here, so that nothing of it is under way any more when the answer is handed on. */
  const ask: Fetch = async (input, init) => {
    underWay++;
    try {
      const response = await fetch(input, init);
      if (response.headers.get("content-type") !== "application/json") return response;
      return new Response(await response.text(), { status: response.status, headers: response.headers });
    } finally {
      if (--underWay === 0) for (const wake of waiting) wake();
    }
  };
  const never = (signal: AbortSignal | null | undefined): Promise<never> =>
    new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));

  const perform = async (fault: Fault, ...request: Parameters<Fetch>): Promise<Response> => {
    const signal = request[1]?.signal;
    switch (fault) {
      case "request-lost":
        return never(signal);
      case "answer-lost":
        await ask(...request);
        return never(signal);
      case "server-error":
        return new Response("oops", { status: 500 });
      case "server-error-after-effect":
        await ask(...request);
        return new Response("oops", { status: 502 });
      case "rate-limited":
        return new Response("{}", { status: 429, headers: { "retry-after": "2" } });
      case "malformed":
        await ask(...request);
        return new Response("<html>", { status: 200 });
      case "unauthorized":
        return new Response("{}", { status: 401 });
      case "slow": {
        const answer = await ask(...request);
        const late = new Promise<Response>((resolve) => host.setTimer(SLOW_MS, () => resolve(answer)));
        return Promise.race([late, never(signal)]);
      }
    }
  };

  return {
    fetch: async (input, init) => {
      const verbs = verbsOf(init?.method ?? "GET", new URL(String(input)).pathname);
      if (order === undefined || order.left <= 0 || (order.verb !== undefined && !verbs.includes(order.verb))) return ask(input, init);
      order.left--;
      return perform(order.fault, input, init);
    },
    faults: {
      supported: FAULTS,
      inject: (fault, verb, times = 1) => {
        order = { fault, verb, left: times };
      },
      clear: () => {
        order = undefined;
      },
    },
    atRest: async () => {
      // A turn lets what was just asked for begin, and streamed lines arrive.
      for (let turns = 0; turns < 4; turns++) await new Promise((resolve) => setImmediate(resolve));
      while (underWay > 0) {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
