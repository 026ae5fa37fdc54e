import type { VirtualHost } from "../../../src/testing/virtual-host.js";

/** Requests between a backend and its simulator. */
export interface Traffic {
  /** Sends a request that carries this name as `x-request-id`. It is under way until it has settled here. */
  readonly watch: <T>(send: (requestId: string) => Promise<T>) => Promise<T>;
  /** Whether something moves that needs no time of the host to arrive. */
  readonly isOnItsWay: () => boolean;
}

/** Knows each request by a name of its own: a simulator may learn late that one was given up, so that numbers of requests say nothing. */
export function createTraffic(simulator: { isHeld(requestId: string): boolean }): Traffic {
  const underWay = new Set<string>();
  let made = 0;
  return {
    watch: async (send) => {
      made += 1;
      const id = String(made);
      underWay.add(id);
      try {
        return await send(id);
      } finally {
        underWay.delete(id);
      }
    },
    isOnItsWay: () => [...underWay].some((id) => !simulator.isHeld(id)),
  };
}

/** The platform's fetch, watched. Bodies are read to their end, but for streams of events. */
export const watchedFetch =
  (traffic: Traffic, onStream: () => void = () => undefined): typeof globalThis.fetch =>
  (input, init) =>
    traffic.watch(async (requestId) => {
      const sent = new Headers(init?.headers);
      sent.set("x-request-id", requestId);
      const response = await fetch(input, { ...init, headers: sent });
      const { status, headers } = response;
      if (headers.get("content-type") === "text/event-stream") {
        onStream();
        return response;
      }
      const text = await response.text();
      return new Response(status === 204 ? null : text, { status, headers });
    });

/** Asks a server anything: what was written to its streams before is there by the time that it answers. */
export const ping = async (url: string): Promise<void> => void (await fetch(url).then((answer) => answer.text()));

/** Turns of the event loop in a row without traffic: between the requests of one call there may be some that only compute. */
const CALM_TURNS = 6;

/** Lets virtual time pass only while the sockets are at rest. `settleStreams` waits for what does not count as a request. */
export function paced(
  host: Pick<VirtualHost, "advance">,
  traffic: Traffic,
  settleStreams: () => Promise<void> = async () => undefined,
): (ms: number) => Promise<void> {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const atRest = async (): Promise<void> => {
    await settleStreams();
    for (let calm = 0; calm < CALM_TURNS; calm = traffic.isOnItsWay() ? 0 : calm + 1) await turn();
  };
  let passing: Promise<void> = Promise.resolve();
  return (ms) => {
    // One after another: a case that makes a call while it waits for another drives time from both.
    const passed = passing.then(async () => {
      await atRest();
      await host.advance(ms);
      await atRest();
    });
    passing = passed.catch(() => undefined);
    return passed;
  };
}
