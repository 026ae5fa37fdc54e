import { z } from "zod";
import { createHttp } from "../../kit/http/create-http.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { socketUrl } from "./direct-gateway.js";
import type { GatewayFrame, ProviderGateway } from "./gateway.js";
import type { ResolvedOptions } from "./options.js";
import { openSocket } from "./socket.js";
import { tokenVerdict } from "./token-verdict.js";

/** How long the proxy waits for a provider, ms; at most 30,000. */
const PROVIDER_MS = 9_000;

/** What the proxy sends over its websocket. */
const envelope = z.object({
  type: z.string().nullish(),
  /** Text, base64 of bytes, or a buffer as Node writes it. */
  message: z.unknown().optional(),
  isBase64: z.boolean().nullish(),
  closed: z.boolean().nullish(),
  code: z.number().nullish(),
  error: z.string().nullish(),
});

/** Through the Console's proxy, which compares a provider's certificate with the one on chain. No stability of it is promised. */
export function proxyGateway(backend: string, proxyUrl: string, options: ResolvedOptions): ProviderGateway {
  const http = createHttp({
    backend,
    baseUrl: proxyUrl,
    mapError: tokenVerdict,
    timeoutMs: options.timeoutMs,
    ...omitUndefined({ fetch: options.fetch }),
  });
  return {
    async page(call, { hostUri, provider, token }, path) {
      const url = hostUri.replace(/\/+$/, "") + path;
      const body = { method: "GET", url, providerAddress: provider, auth: { type: "jwt", token }, timeout: PROVIDER_MS };
      const answer = await http.post(call, "/", { body, safe: true, accept: [404] });
      return answer.status === 404 ? undefined : answer.json(z.unknown());
    },
    async *stream(call, { hostUri, provider, token }, path, idleMs) {
      const url = socketUrl(hostUri, path);
      const first = JSON.stringify({ type: "websocket", url, providerAddress: provider, auth: { type: "jwt", token: token.reveal() } });
      const proxy = socketUrl(proxyUrl, options.proxySocketPath);
      for await (const frame of openSocket({ backend, url: proxy, first, openMs: options.timeoutMs, idleMs }, call)) {
        const inner = frame.kind === "text" ? unwrapped(backend, frame.text) : frame;
        if (inner === undefined) continue;
        yield inner;
        if (inner.kind === "closed") return;
      }
    },
  };
}

/** What the provider sent, or nothing for what the proxy says of itself. @throws BACKEND_UNAVAILABLE for a token that has run out. */
function unwrapped(backend: string, text: string): GatewayFrame | undefined {
  const parsed = envelope.safeParse(parsedJson(text));
  if (!parsed.success) return undefined;
  const { closed, code, error, message, isBase64 } = parsed.data;
  if (error != null) {
    const reason = error === "tokenExpired" ? "token-refused" : "proxy-error";
    throw new SchedulerError("BACKEND_UNAVAILABLE", `${backend}: the provider proxy ended a stream (${reason}).`, {
      effect: "none",
      details: { backend, reason },
    });
  }
  if (closed === true) return { kind: "closed", code: code ?? 1_006 };
  const said = textOf(message, isBase64 === true);
  return said === undefined ? undefined : { kind: "text", text: said };
}

function textOf(message: unknown, isBase64: boolean): string | undefined {
  if (typeof message === "string") return isBase64 ? Buffer.from(message, "base64").toString("utf8") : message;
  if (typeof message !== "object" || message === null || !("data" in message) || !Array.isArray(message.data)) return undefined;
  return Buffer.from(message.data.filter((byte): byte is number => typeof byte === "number")).toString("utf8");
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
