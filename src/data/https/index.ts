/** Inputs from `https:` addresses. */
export { type HttpsOptions, https } from "./https-store.js";
