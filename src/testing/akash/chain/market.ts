import type { MarketProvider } from "../provider/market-provider.js";
import type { GroupSpec } from "../sdl/read-sdl.js";
import type { Dec } from "../sdl/units.js";

/** States of the chain, in its own words. */
export type GroupState = "open" | "paused" | "insufficient_funds" | "closed";
export type OrderState = "open" | "active" | "closed";
export type BidState = "open" | "active" | "lost" | "closed";
export type LeaseState = "active" | "reclaiming" | "insufficient_funds" | "closed";

/** A provider's answer to an order. */
export interface Bid {
  readonly gseq: number;
  readonly oseq: number;
  readonly bseq: number;
  readonly provider: MarketProvider;
  readonly price: Dec;
  readonly height: number;
  readonly spec: GroupSpec;
  state: BidState;
}

/** One order of a group. */
export interface Order {
  readonly oseq: number;
  state: OrderState;
  readonly bids: Bid[];
}

/** One placement of a deployment. */
export interface Group {
  readonly gseq: number;
  readonly spec: GroupSpec;
  state: GroupState;
  readonly order: Order;
}

/** Why the Console's key may be refused a group. */
export const maxPrice = ({ resources }: GroupSpec): Dec => resources.reduce((sum, { ceiling, count }) => sum + ceiling * BigInt(count), 0n);
