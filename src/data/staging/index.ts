/** How files get to machines and back: plans, places and prices. Pure. Shared by the runtime and the stores; not an entry of the package. */
export { type AttemptPlaces, attemptPlaces, keptUri, nameOf } from "./attempt-places.js";
export { type CopyQuestion, copyUri, isWorthCopying, sourceOf, withCopies } from "./copy-inputs.js";
export { type DataCost, dataCost } from "./data-cost.js";
export { planStaging, type StagedWorkload, type StagingMode, type StagingPlan } from "./plan-staging.js";
export { STORAGE_PRICES, type StoragePrice, type StorageService } from "./storage-prices.js";
export { cheapestFar, farWorkspace, nearWorkspace, type StagingStore, schemeOf, storeOf, type Workspace } from "./stores.js";
