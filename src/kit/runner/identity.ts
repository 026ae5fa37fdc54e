import type { Namespace } from "../../spec/call-context.js";
import type { Host } from "../../spec/host.js";

/**
 * Lets a manifest prove that it belongs to an attempt: HMAC(namespace secret, attempt key), lower-case hex. Any process of the
 * namespace can derive it again after a crash. The node that runs the attempt knows it, other nodes do not.
 */
export const runnerNonce = (namespace: Pick<Namespace, "secret">, key: string, host: Pick<Host, "hmacSha256">): string =>
  host.hmacSha256(namespace.secret, key);

/**
 * Bearer token of an attempt's status page, lower-case hex. Derived like the nonce, but not equal to it: it travels with
 * every question and must not let whoever overhears it write manifests. Keys hold no slash, so the two never meet.
 */
export const runnerToken = (namespace: Pick<Namespace, "secret">, key: string, host: Pick<Host, "hmacSha256">): string =>
  host.hmacSha256(namespace.secret, `${key}/status`);
