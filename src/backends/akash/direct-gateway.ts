import { z } from "zod";
import { createHttp } from "../../kit/http/create-http.js";
import { bearer } from "../../kit/http/encode.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import type { ProviderGateway } from "./gateway.js";
import type { ResolvedOptions } from "./options.js";
import { openSocket } from "./socket.js";
import { tokenVerdict } from "./token-verdict.js";

/**
 * Straight to the provider. Works only where it has a certificate that the platform trusts: many have one of their own, which only the chain can
 * vouch for.
 */
export function directGateway(backend: string, options: ResolvedOptions): ProviderGateway {
  return {
    page: (call, { hostUri, token }, path) =>
      createHttp({
        backend,
        baseUrl: hostUri,
        headers: { authorization: bearer(token) },
        mapError: tokenVerdict,
        timeoutMs: options.timeoutMs,
        ...omitUndefined({ fetch: options.fetch }),
      }).lookUp(call, path, z.unknown()),
    stream: (call, { hostUri, token }, path, idleMs) => {
      const headers = { authorization: `Bearer ${token.reveal()}` };
      return openSocket({ backend, url: socketUrl(hostUri, path), headers, openMs: options.timeoutMs, idleMs }, call);
    },
  };
}

/** `wss://host:8443/lease/...`, and `ws:` where the provider is spoken to in the clear. */
export const socketUrl = (hostUri: string, path: string): string => hostUri.replace(/^http/, "ws").replace(/\/+$/, "") + path;
