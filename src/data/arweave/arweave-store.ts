import { type GatewayOptions, gatewayConfig, gatewayPath, gatewayStore, unusableUri } from "../../kit/objects/index.js";
import type { ArtifactStore } from "../../spec/artifact-store.js";

/** Options of {@link arweave}. Default gateway: `https://arweave.net`. */
export type ArweaveOptions = GatewayOptions;

const GATEWAYS = ["https://arweave.net"] as const;

/**
 * Reads `ar://<transaction>` and `ar://<transaction>/<path>` through gateways, tried in turn. A transaction's id does not hold the digest of its data, so
 * every input needs its sha256; the store refuses to read, or to give a URL, without one. To publish a result, hand its bytes to a
 * bundler after the run.
 *
 * @throws INVALID_CONFIG naming the option.
 */
export function arweave(options: ArweaveOptions = {}): ArtifactStore {
  return gatewayStore({
    ...gatewayConfig("ar", options, GATEWAYS),
    pathOf: (uri) => {
      // 32 bytes in base 64 for URLs.
      const [, id, path = ""] = /^ar:\/\/([A-Za-z0-9_-]{43})(\/.*)?$/is.exec(uri) ?? [];
      if (id === undefined) throw unusableUri(uri, "must have the form ar://<transaction>, whose id has 43 characters");
      return `/${id}${gatewayPath(uri, path === "/" ? "" : path)}`;
    },
    digestOf: () => undefined,
  });
}
