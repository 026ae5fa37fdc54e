import type { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";

/** A provider's machines, and the right to one thing there. */
export interface GatewayTarget {
  /** `https://host:8443`, as the market tells it. */
  readonly hostUri: string;
  /** The provider's address, which its certificate has to be of. */
  readonly provider: string;
  readonly token: Secret;
}

/** What comes over a stream: text, or its end. */
export type GatewayFrame =
  | { readonly kind: "text"; readonly text: string }
  /** 1006 is how a log ends by itself; 4000 to 4002 are the provider's own. */
  | { readonly kind: "closed"; readonly code: number };

/**
 * The way to what a provider says of a lease. Two ways lead there: through the Console's proxy, or directly.
 *
 * Both throw BACKEND_UNAVAILABLE, with `details.reason` `token-refused` where a new token may help.
 */
export interface ProviderGateway {
  /** A page as parsed JSON; nothing when the provider knows of no such lease. */
  page(call: CallContext, target: GatewayTarget, path: string): Promise<unknown>;
  /** A stream of texts. Ends with its `closed`; ends without one after a silence of `idleMs`. */
  stream(call: CallContext, target: GatewayTarget, path: string, idleMs: number): AsyncIterable<GatewayFrame>;
}
