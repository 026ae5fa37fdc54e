/** A simulated market of unreliable machines. Everything in it is labelled as a simulation. */
export { defaultVirtualJob, VIRTUAL_JOB_VARIABLES } from "./default-virtual-job.js";
export type { OutageRequest } from "./gate.js";
export type { MarketEvent } from "./lease-book.js";
export { PRICE_SOURCE } from "./listing.js";
export {
  type MarketClient,
  type MarketLeaseView,
  type MarketLedgerLine,
  marketplace,
  type NodeDeath,
  type SimulatedMarketplace,
} from "./marketplace.js";
export type { MarketNode } from "./node.js";
export type { MarketplaceFaults, MarketplaceOptions, ProviderSpec, VirtualJob } from "./options.js";
export { flakyMarket, type PresetOptions, steadyMarket } from "./presets.js";
