/** Inputs from `https:` addresses. */
export type { StorePrices } from "../../kit/objects/index.js";
export { type HttpsOptions, https } from "./https-store.js";
