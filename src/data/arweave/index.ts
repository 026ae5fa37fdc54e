/** Inputs from Arweave, through gateways that need no trust. */
export type { GatewayOptions, StorePrices } from "../../kit/objects/index.js";
export { type ArweaveOptions, arweave } from "./arweave-store.js";
