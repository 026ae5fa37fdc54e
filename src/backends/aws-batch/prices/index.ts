import type { ResolvedOptions } from "../options.js";
import { createAmazonPrices } from "./amazon-prices.js";
import { configuredPrices, lookedUpPrices, type PriceBook } from "./price-book.js";

/** The prices of one backend, by its options. @throws INVALID_CONFIG for a queue that has none and whose price cannot be looked up. */
export function createPriceBook(id: string, options: ResolvedOptions, region: string): PriceBook {
  const { queues, prices } = options;
  if (prices === undefined) return configuredPrices(queues, region);
  return lookedUpPrices(id, { queues, region, ages: prices }, createAmazonPrices(id, options, prices, region));
}
