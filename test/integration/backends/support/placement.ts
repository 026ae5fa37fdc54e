import type { Bid, Demand, Host, Launch, Offer, Placement } from "../../../../src/kit/index.js";

const HOUR_MS = 3_600_000;
const RESOURCES = { cpu: 2, memoryMiB: 4_096, diskMiB: 4_096 };

export const DEMAND: Demand = { ...RESOURCES, image: true, interruptible: true, maxLifetimeMs: HOUR_MS };

/** A launch of nothing in particular, with changes for one test. */
export const launchOf = (key: string, changes: Partial<Launch> = {}): Launch => ({
  key,
  image: "registry.example/work:1",
  argv: ["sleep", "86400000"],
  env: {},
  secrets: {},
  resources: RESOURCES,
  inputs: [],
  outputs: [],
  timeoutMs: HOUR_MS,
  maxLifetimeMs: HOUR_MS,
  nonce: "00",
  labels: {},
  ...changes,
});

/** Cheapest first, none above the cap. */
const rankUnder =
  (cap: number): Placement["rank"] =>
  (bids: readonly Bid[]) =>
    bids
      .filter(({ price }) => price.usdPerHour <= cap)
      .sort((a, b) => a.price.usdPerHour - b.price.usdPerHour)
      .map(({ id, price }) => ({ offerId: id, totalUsd: price.usdPerHour, price }));

/** A launch on an offer, at up to four times its price. */
export function placementOf(host: Host, offer: Offer, launch: Partial<Launch> = {}, more: Partial<Placement> = {}): Placement {
  const key = launch.key ?? `testns-${host.newId()}`;
  const cap = more.priceCapUsdPerHour ?? offer.price.usdPerHour * 4;
  return { key, offer, priceCapUsdPerHour: cap, rank: rankUnder(cap), launch: launchOf(key, launch), ...more };
}
