/** Inputs from IPFS, through gateways that need no trust. */
export type { GatewayOptions, StorePrices } from "../../kit/objects/index.js";
export { cidOfSha256, sha256OfCid } from "./cid.js";
export { type IpfsOptions, ipfs } from "./ipfs-store.js";
