/** This machine as a backend. */
export { local } from "./local.js";
export type { LocalOptions } from "./options.js";
