export type { CallerTransaction, StoreConformanceSetup, StoreUnderTest } from "./setup.js";
export { storeConformance } from "./store-conformance.js";
