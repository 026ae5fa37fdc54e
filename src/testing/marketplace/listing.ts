import type { Offer, Price } from "../../model/offer.js";
import { identityRandom } from "../seeded-random.js";
import type { LeaseBook } from "./lease-book.js";
import { fits, type MarketNode, type Needs } from "./node.js";
import type { Prices } from "./prices.js";
import type { ResolvedMarketplace } from "./resolve-options.js";
import type { Weather } from "./weather.js";
import type { World } from "./world.js";

/** What prices of the simulated market say about where they come from. */
export const PRICE_SOURCE = "simulated market";

/** How long somebody else keeps a node that is taken, ms. */
const BUSY_EPOCH_MS = 300_000;

/** Keeps the nodes of the market and says what they offer. */
export class Listing {
  readonly nodes: readonly MarketNode[];
  readonly #market: ResolvedMarketplace;
  readonly #world: World;
  readonly #book: LeaseBook;
  readonly #prices: Prices;
  readonly #weather: ReadonlyMap<string, Weather>;
  readonly #byId: ReadonlyMap<string, MarketNode>;

  constructor(parts: {
    market: ResolvedMarketplace;
    world: World;
    book: LeaseBook;
    prices: Prices;
    nodes: readonly MarketNode[];
    weather: ReadonlyMap<string, Weather>;
  }) {
    this.nodes = parts.nodes;
    this.#market = parts.market;
    this.#world = parts.world;
    this.#book = parts.book;
    this.#prices = parts.prices;
    this.#weather = parts.weather;
    this.#byId = new Map(parts.nodes.map((node) => [node.id, node]));
  }

  node(id: string): MarketNode | undefined {
    return this.#byId.get(id);
  }

  /** Nodes that take a launch now. */
  available(needs: Needs): readonly MarketNode[] {
    return this.nodes.filter((node) => fits(node, needs) && this.isFree(node));
  }

  /** Up, not taken by others, and with room for one more. */
  isFree(node: MarketNode): boolean {
    const nowMs = this.#world.now();
    if (this.#weather.get(node.id)?.upAt(nowMs) === undefined) return false;
    return !this.#isBusy(node, nowMs) && this.#book.freeOn(node, nowMs) > 0;
  }

  /** The node as an offer at today's price. In an indicative market also the form of a bid, then with a price of its own. */
  offer(node: MarketNode, usdPerHour: number): Offer {
    const market = this.#market;
    const { spec } = node;
    const startMs =
      spec.startMs === undefined ? undefined : typeof spec.startMs === "number" ? spec.startMs : (spec.startMs[0] + spec.startMs[1]) / 2;
    return {
      id: node.id,
      backend: market.id,
      provider: node.provider,
      ...(node.operator === undefined ? {} : { operator: node.operator }),
      ...(spec.showsNode === false ? {} : { node: node.id }),
      binding: market.binding,
      resources: node.resources,
      price: priceOf(node, usdPerHour),
      interruptible: spec.interruptible ?? false,
      trust: node.trust,
      place: node.place,
      ...(startMs === undefined ? {} : { setupMs: startMs }),
      ...(node.claimedHazardPerHour === undefined ? {} : { hazardPerHour: node.claimedHazardPerHour }),
      speed: node.claimedSpeed,
      capacity: this.#book.freeOn(node, this.#world.now()),
      expiresAtMs: this.#world.host.now() + market.offersTtlMs,
      data: { simulated: true, node: node.id, quotedAtMs: this.#world.now() },
    };
  }

  /** The listed price now. */
  priceNow(node: MarketNode): number {
    return this.#prices.at(node, this.#world.now());
  }

  /** Whether a price was really quoted for the node at that moment. */
  quoted(node: MarketNode, quotedAtMs: number, usdPerHour: number): boolean {
    return quotedAtMs <= this.#world.now() && this.#prices.at(node, quotedAtMs) === usdPerHour;
  }

  #isBusy(node: MarketNode, nowMs: number): boolean {
    const share = node.spec.busyShare ?? 0;
    return share > 0 && identityRandom(this.#market.seed, "busy", node.id, Math.floor(nowMs / BUSY_EPOCH_MS)).chance(share);
  }
}

/** A full price at this hourly rate. */
export function priceOf(node: MarketNode, usdPerHour: number): Price {
  const { usdPerLaunch, egressUsdPerGB } = node.spec;
  return {
    usdPerHour,
    ...(usdPerLaunch === undefined ? {} : { usdPerLaunch }),
    ...(egressUsdPerGB === undefined ? {} : { egressUsdPerGB }),
    source: PRICE_SOURCE,
  };
}
