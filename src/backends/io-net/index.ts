/** io.net as a backend: {@link ioNet}. @module */
export { ioNet } from "./io-net.js";
export type { IoNetAssumptions, IoNetBilling, IoNetNodePool, IoNetOptions } from "./options.js";
