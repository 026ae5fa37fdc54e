import type { ClientOptions } from "ws";
import { LimitReached, limitCall } from "../../kit/call-limit.js";
import { importPeer } from "../../kit/lazy-import.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { GatewayFrame } from "./gateway.js";

/** Longest frame that is read, bytes. */
const MOST_BYTES = 10 * 1_024 * 1_024;

/** What a stream is opened with. */
export interface SocketOptions {
  /** The backend's id, for messages. */
  readonly backend: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as soon as it is open. */
  readonly first?: string;
  /** Longest time until it is open, ms. */
  readonly openMs: number;
  /** Longest silence, ms. */
  readonly idleMs: number;
}

/**
 * The frames of a websocket. Leaving it early cuts the connection, as does the call's abort.
 *
 * @throws BACKEND_UNAVAILABLE when it cannot be opened or breaks; DEPENDENCY_MISSING without the package `ws`.
 */
export async function* openSocket(options: SocketOptions, call: CallContext): AsyncGenerator<GatewayFrame, void, undefined> {
  const { WebSocket } = await importPeer("ws", () => import("ws"), { subject: options.backend });
  const settings: ClientOptions = { maxPayload: MOST_BYTES, perMessageDeflate: false, headers: { ...options.headers } };
  const socket = new WebSocket(options.url, settings);
  const arrived: (GatewayFrame | { readonly kind: "failed"; readonly error: SchedulerError } | { readonly kind: "open" })[] = [];
  let wake = (): void => undefined;
  const push = (item: (typeof arrived)[number]): void => {
    arrived.push(item);
    wake();
  };
  socket.on("open", () => {
    if (options.first !== undefined) socket.send(options.first);
    push({ kind: "open" });
  });
  socket.on("message", (data: Buffer) => push({ kind: "text", text: data.toString("utf8") }));
  socket.on("close", (code) => push({ kind: "closed", code }));
  socket.on("unexpected-response", (_request, { statusCode }) => {
    push({ kind: "failed", error: refused(options.backend, statusCode ?? 0) });
    socket.terminate();
  });
  socket.on("error", (error: Error & { readonly code?: unknown }) => push({ kind: "failed", error: broken(options.backend, error.code) }));
  try {
    let waitMs = options.openMs;
    for (;;) {
      const item = arrived.shift() ?? (await next(call, waitMs, arrived, (resume) => (wake = resume)));
      if (item === "silence") {
        if (waitMs === options.openMs && socket.readyState === WebSocket.CONNECTING) throw broken(options.backend, "time-out");
        return;
      }
      if (item.kind === "failed") throw item.error;
      waitMs = options.idleMs;
      if (item.kind === "open") continue;
      yield item;
      if (item.kind === "closed") return;
    }
  } finally {
    socket.terminate();
  }
}

/** The next of what arrives, or that nothing does for so long. */
async function next<T>(call: CallContext, waitMs: number, arrived: T[], onWake: (resume: () => void) => void): Promise<T | "silence"> {
  const limit = limitCall({ signal: call.signal, host: call.host, timeoutMs: waitMs });
  try {
    await limit.race(new Promise<void>(onWake));
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    if (error instanceof LimitReached) return arrived.shift() ?? "silence";
    throw error;
  } finally {
    limit.close();
  }
  return arrived.shift() ?? "silence";
}

function refused(backend: string, status: number): SchedulerError {
  const tokenRefused = status === 401 || status === 403;
  return new SchedulerError("BACKEND_UNAVAILABLE", `${backend}: the provider's gateway answered ${status} to a stream.`, {
    effect: "none",
    details: { backend, status, ...(tokenRefused ? { reason: "token-refused" } : {}) },
  });
}

function broken(backend: string, code: unknown): SchedulerError {
  const why = typeof code === "string" ? ` (${code})` : "";
  return new SchedulerError("BACKEND_UNAVAILABLE", `${backend}: the provider's gateway cannot be reached${why}.`, {
    effect: "none",
    details: { backend },
  });
}
