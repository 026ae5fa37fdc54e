import { sleep } from "../../kit/sleep.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Lease } from "../../model/lease.js";
import type { Offer, Price } from "../../model/offer.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Bid, Launch, Placement } from "../../spec/launch.js";
import type { FaultScript, LaunchFacts } from "../faults/fault-plan.js";
import { identityRandom } from "../seeded-random.js";
import type { Executor } from "./execution.js";
import { drawFate } from "./fate.js";
import { type LeaseBook, refOf } from "./lease-book.js";
import { type Listing, priceOf } from "./listing.js";
import { type LeaseTerms, MarketLease, type Stint } from "./market-lease.js";
import { fits, type MarketNode } from "./node.js";
import { identityOf } from "./report.js";
import type { ResolvedMarketplace } from "./resolve-options.js";
import type { Weather } from "./weather.js";
import type { World } from "./world.js";

/** How much dearer a bid may come than it was listed, when the price moves. */
const DEARER: readonly [number, number] = [1.2, 2];

/** Everything that binding needs of the market. */
export interface BindingParts {
  readonly market: ResolvedMarketplace;
  readonly world: World;
  readonly book: LeaseBook;
  readonly listing: Listing;
  readonly weather: ReadonlyMap<string, Weather>;
  readonly script: FaultScript;
  readonly executor: Executor;
  readonly terms: LeaseTerms;
}

/** Turns placements into leases. Whatever happens at one instant is one synchronous step, so that concurrent calls cannot mix. */
export class Binding {
  readonly #parts: BindingParts;

  constructor(parts: BindingParts) {
    this.#parts = parts;
  }

  /** Idempotent on the placement's key: a second call finds the first lease, whatever it has become. */
  async bind(placement: Placement, call: CallContext): Promise<Lease> {
    const { market, book } = this.#parts;
    if (placement.offer.backend !== market.id) throw rejected("The offer is one of another backend.");
    if (placement.launch.argv.length === 0) throw rejected("The launch has no command.");
    if (market.capabilities.staging === "wrapper" && placement.launch.inputs.length + placement.launch.outputs.length > 0) {
      throw rejected("The launch has files, which this market does not move.");
    }
    const existing = book.leases.get(placement.key);
    if (existing !== undefined) return this.leaseOf(existing);
    const lease = market.binding === "firm" ? this.#take(placement, call) : await this.#order(placement, call);
    return this.leaseOf(lease);
  }

  /** What `bind` and `find` answer about a lease. */
  leaseOf(lease: MarketLease): Lease {
    const { market } = this.#parts;
    const hidden = lease.node.spec.showsNode === false;
    return {
      ref: refOf(market.id, lease.key, { node: lease.node.id }),
      price: lease.price,
      ...(hidden ? {} : { node: identityOf(market.id, lease.node) }),
    };
  }

  /** Runs a launch on a lease, as the first or the next one. */
  begin(lease: MarketLease, launch: Launch): Stint {
    const { market, world, script, executor, book } = this.#parts;
    const { faults } = market;
    const fate = drawFate(
      market.seed,
      launch.key,
      lease.node,
      {
        lyingStatusShare: faults.lyingStatusShare ?? 0,
        reportLagMs: faults.reportLagMs ?? 0,
        releasePendingMs: faults.releasePendingMs ?? 0,
        visibilityMs: market.visibilityMs,
      },
      script.takeLaunch(factsOf(lease.node, launch)),
    );
    const begunAtMs = world.now();
    // The lease's own ending cannot be asked before it has a stint; the node's and the lifetime's are known already.
    const dieMs =
      fate.dieAfterMs === undefined
        ? Number.POSITIVE_INFINITY
        : begunAtMs + (Number.isFinite(fate.startMs) ? fate.startMs : 0) + fate.dieAfterMs;
    const startErrorMs = fate.startError === undefined ? Number.POSITIVE_INFINITY : begunAtMs + fate.startMs;
    const endsAtMs = Math.min(lease.up.endMs, lease.boundAtMs + lease.bookedMs, begunAtMs + fate.reclaimAfterMs, dieMs, startErrorMs);
    const execution = executor.begin(
      { launch, fate, speed: lease.node.speed, liar: lease.node.spec.collusion ?? lease.node.id, begunAtMs, endsAtMs },
      world,
    );
    const stint = { launch, fate, begunAtMs, execution };
    lease.stints.push(stint);
    book.note({ atMs: begunAtMs, event: "launch-started", key: launch.key, node: lease.node.id });
    return stint;
  }

  /** A firm offer is taken as it is, or not at all. */
  #take(placement: Placement, call: CallContext): MarketLease {
    const { market, world, listing, script } = this.#parts;
    const { offer, launch, key } = placement;
    const quote = quoteOf(offer);
    const node = quote === undefined ? undefined : listing.node(quote.node);
    if (quote === undefined || node === undefined) throw rejected("The offer's data is not what was listed.");
    if (!fits(node, launch.resources)) throw rejected("The launch asks for more than the offer has.");
    if (offer.price.usdPerHour > placement.priceCapUsdPerHour) throw rejected("The offer's price is above the placement's own cap.");
    if (world.host.now() >= offer.expiresAtMs) throw expired(offer, "it was no longer valid");
    if (!listing.quoted(node, quote.quotedAtMs, offer.price.usdPerHour))
      throw expired(offer, "its price was never quoted, or has been set since");
    const moved = identityRandom(market.seed, "price move", key, node.id).chance(market.faults.priceMoveShare ?? 0);
    const jump = script.peekLaunch(factsOf(node, launch)).priceJump;
    if (jump !== undefined && jump > 1) script.takeLaunch(factsOf(node, launch));
    if (moved || (jump !== undefined && jump > 1)) throw expired(offer, "the seller has raised the price");
    if (!listing.isFree(node)) throw new SchedulerError("NO_CAPACITY", `The simulated node ${node.id} is taken or down.`);
    return this.#open(placement, node, offer.price, call);
  }

  /** Orders, gathers bids for the window and takes the first that `rank` likes. */
  async #order(placement: Placement, call: CallContext): Promise<MarketLease> {
    const { market, world, book, listing } = this.#parts;
    const { key } = placement;
    await call.progress(refOf(market.id, key, { order: `order-${key}` }));
    if (call.signal.aborted) throw call.signal.reason;
    let order = book.orders.get(key);
    if (order === undefined) {
      order = { key, namespace: call.namespace.id, openedAtMs: world.now(), closed: false };
      book.orders.set(key, order);
      book.note({ atMs: world.now(), event: "order-opened", key });
    }
    await sleep(market.bidWindowMs, call);
    const existing = book.leases.get(key);
    if (existing !== undefined) return existing;
    if (order.closed) throw rejected("The order was closed while bids were gathered.");
    let bids: readonly Bid[] = this.#bids(placement);
    book.note({ atMs: world.now(), event: "bids", key, detail: bids.length });
    for (;;) {
      const [best] = placement.rank(bids);
      const bid = best === undefined ? undefined : bids.find((candidate) => candidate.id === best.offerId);
      if (bid === undefined) break;
      const node = listing.node(bid.id);
      if (node !== undefined && bid.price.usdPerHour <= placement.priceCapUsdPerHour && listing.isFree(node)) {
        this.closeOrder(key);
        return this.#open(placement, node, bid.price, call);
      }
      bids = bids.filter((candidate) => candidate !== bid);
    }
    this.closeOrder(key);
    throw new SchedulerError("NO_BIDS", `None of the simulated market's bids within ${market.bidWindowMs} ms was acceptable.`);
  }

  /** Closes an order, if it is open. */
  closeOrder(key: string): void {
    const { world, book } = this.#parts;
    const order = book.orders.get(key);
    if (order === undefined || order.closed) return;
    order.closed = true;
    book.note({ atMs: world.now(), event: "order-closed", key });
  }

  #bids({ key, launch }: Placement): readonly Bid[] {
    const { market, listing, script } = this.#parts;
    const bids: Bid[] = [];
    for (const node of listing.available(launch.resources)) {
      const random = identityRandom(market.seed, "bid", key, node.id);
      const answers = random.chance(market.bidShare);
      const moved = random.chance(market.faults.priceMoveShare ?? 0);
      const dearer = random.between(...DEARER);
      if (!answers) continue;
      const jump = script.peekLaunch(factsOf(node, launch)).priceJump ?? (moved ? dearer : 1);
      bids.push(listing.offer(node, Math.round(listing.priceNow(node) * jump * 1e6) / 1e6));
    }
    return bids;
  }

  #open(placement: Placement, node: MarketNode, price: Price, call: CallContext): MarketLease {
    const { market, world, book, weather, terms } = this.#parts;
    const nowMs = world.now();
    const up = weather.get(node.id)?.upAt(nowMs);
    if (up === undefined) throw new SchedulerError("NO_CAPACITY", `The simulated node ${node.id} is down.`);
    const lease = new MarketLease(
      {
        key: placement.key,
        namespace: call.namespace.id,
        node,
        up,
        price: priceOf(node, price.usdPerHour),
        billing: placement.offer.billing ?? market.billing,
        boundAtMs: nowMs,
        bookedMs: placement.launch.maxLifetimeMs,
      },
      terms,
    );
    this.begin(lease, placement.launch);
    book.add(lease);
    book.note({ atMs: nowMs, event: "lease-opened", key: placement.key, node: node.id, detail: price.usdPerHour });
    return lease;
  }
}

function factsOf(node: MarketNode, launch: Launch): LaunchFacts {
  return {
    key: launch.key,
    node: node.id,
    provider: node.provider,
    ...(node.operator === undefined ? {} : { operator: node.operator }),
    labels: launch.labels,
  };
}

function quoteOf(offer: Offer): { readonly node: string; readonly quotedAtMs: number } | undefined {
  const data = offer.data;
  if (typeof data !== "object" || data === null || !("node" in data) || !("quotedAtMs" in data)) return undefined;
  const { node, quotedAtMs } = data;
  return typeof node === "string" && typeof quotedAtMs === "number" ? { node, quotedAtMs } : undefined;
}

function rejected(why: string): SchedulerError {
  return new SchedulerError("BACKEND_REJECTED", `The simulated market refused: ${why}`);
}

function expired(offer: Offer, why: string): SchedulerError {
  return new SchedulerError("OFFER_EXPIRED", `The simulated market's offer ${offer.id} cannot be taken: ${why}. Ask for offers again.`);
}
