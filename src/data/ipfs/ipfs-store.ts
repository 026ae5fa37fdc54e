import { type GatewayOptions, gatewayConfig, gatewayPath, gatewayStore, unusableUri } from "../../kit/objects/index.js";
import type { ArtifactStore } from "../../spec/artifact-store.js";
import { sha256OfCid } from "./cid.js";

/** Options of {@link ipfs}. Default gateways: `https://ipfs.io`, `https://dweb.link`. */
export type IpfsOptions = GatewayOptions;

/** Public gateways of the Interplanetary Shipyard. They limit rates and promise nothing; name your own for work that matters. */
const GATEWAYS = ["https://ipfs.io", "https://dweb.link"] as const;

/**
 * Reads `ipfs://<cid>` and `ipfs://<cid>/<path>` through gateways, tried in turn. No gateway is trusted: every input needs its sha256, unless its CID
 * holds it (a raw block, see {@link cidOfSha256}). A place there follows from the
 * content, so that nothing can be put at a URI chosen beforehand: to publish a result, hand its bytes to a pinning service after the run.
 *
 * @throws INVALID_CONFIG naming the option.
 */
export function ipfs(options: IpfsOptions = {}): ArtifactStore {
  return gatewayStore({
    ...gatewayConfig("ipfs", options, GATEWAYS),
    pathOf: (uri) => {
      const { cid, path } = split(uri);
      return `/ipfs/${cid}${gatewayPath(uri, path)}`;
    },
    digestOf: (uri) => {
      const { cid, path } = split(uri);
      return path === "" ? sha256OfCid(cid) : undefined;
    },
  });
}

/** Version 0 (base 58) or version 1 in base 32: the forms that gateways take in paths. */
const CID = /^(?:Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{20,})$/;

function split(uri: string): { readonly cid: string; readonly path: string } {
  const [, cid = "", path = ""] = /^ipfs:\/\/([^/]*)(\/.*)?$/is.exec(uri) ?? [];
  if (!CID.test(cid))
    throw unusableUri(uri, "must have the form ipfs://<cid>/<path>, with a CID that begins with Qm or, in base 32, with b");
  return { cid, path: path === "/" ? "" : path };
}
