import type { Host } from "./host.js";

/** A dollar price of a settlement asset. */
export interface Quote {
  readonly usd: number;
  readonly asOfMs: number;
  /** Half-width of the source's confidence interval, USD. */
  readonly confidence?: number;
}

/** Where dollar prices of tokens come from. @throws PRICE_UNAVAILABLE */
export interface PriceSource {
  /** The latest price of an asset. @throws PRICE_UNAVAILABLE */
  quote(asset: string, host: Host): Promise<Quote>;
}
