/** Inputs from Arweave, through gateways that need no trust. */
export { type ArweaveOptions, arweave } from "./arweave-store.js";
