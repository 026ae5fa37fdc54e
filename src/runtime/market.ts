import { LRUCache } from "lru-cache";
import { admitBackends } from "../core/placement/admit-backends.js";
import type { BackendAdmission, BackendOffers } from "../core/placement/types.js";
import type { StagingStore } from "../data/staging/index.js";
import { toDemand } from "../model/demand.js";
import { toSchedulerError } from "../model/errors/scheduler-error.js";
import type { Offer } from "../model/offer.js";
import type { Workload } from "../model/workload.js";
import type { Host } from "../spec/host.js";
import { admitStaging } from "./admit-staging.js";
import { demandKey } from "./demand-key.js";
import type { GuardedBackend } from "./guard.js";

/** One backend's answer to one demand, with what has been taken from it since. */
interface Listing {
  readonly fetchedAtMs: number;
  readonly expiresAtMs: number;
  readonly error?: BackendOffers["error"];
  readonly all: readonly Offer[];
  /** `all` without used-up offers; the same array object until one more is used up. */
  free: readonly Offer[];
  /** Lease key -> id of the offer it takes a unit of. */
  readonly taken: Map<string, string>;
}

/** A failed listing is not repeated before this has passed, ms. */
const ERROR_TTL_MS = 5_000;
/** Demands remembered per backend. */
const MAX_LISTINGS = 200;

/**
 * What is on offer, fetched once for all the runs that want the same, kept until it expires, and reduced by what has
 * been taken since. Keyed by backend and demand.
 */
export class Market {
  readonly #host: Host;
  readonly #backends: ReadonlyMap<string, GuardedBackend>;
  readonly #stores: readonly StagingStore[];
  readonly #limits: Readonly<Record<string, number>>;
  /** Backend -> demand -> listing. */
  readonly #listings = new Map<string, LRUCache<string, Listing>>();
  readonly #underway = new Map<string, Promise<Listing>>();
  readonly #demandKeys = new WeakMap<Workload, Map<string, string>>();
  readonly #open = new Map<string, number>();
  readonly #admissions = new WeakMap<Workload, BackendAdmission>();

  constructor(
    host: Host,
    backends: ReadonlyMap<string, GuardedBackend>,
    limits: Readonly<Record<string, number>>,
    stores: readonly StagingStore[],
  ) {
    this.#stores = stores;
    this.#host = host;
    this.#backends = backends;
    this.#limits = limits;
  }

  /** Which backends may hear of a workload, and why the others not. Hangs on what is declared and configured alone, so it is worked out once. */
  admission(workload: Workload): BackendAdmission {
    let admission = this.#admissions.get(workload);
    if (admission === undefined) {
      const known = [...this.#backends.values()].map(({ backend }) => ({
        id: backend.id,
        kind: backend.kind,
        capabilities: backend.capabilities,
      }));
      admission = admitStaging(workload, admitBackends(workload, known), this.#backends, this.#stores);
      this.#admissions.set(workload, admission);
    }
    return admission;
  }

  /**
   * Offers of the admitted backends. Answers at once when everything is known and fresh, else a promise of it: the
   * caller saves a turn in the common case.
   */
  offers(
    workload: Workload,
    admitted: readonly string[],
    maxLifetimeMs: number,
  ): readonly BackendOffers[] | Promise<readonly BackendOffers[]> {
    const now = this.#host.now();
    const missing: Promise<unknown>[] = [];
    const known: BackendOffers[] = [];
    for (const id of admitted) {
      const guarded = this.#backends.get(id);
      if (guarded === undefined) continue;
      const key = this.#key(guarded, workload, maxLifetimeMs);
      const listing = this.#listings.get(id)?.get(key);
      if (listing !== undefined && now < listing.expiresAtMs) known.push(this.#view(guarded, listing));
      else missing.push(this.#fetch(guarded, key, workload, maxLifetimeMs));
    }
    if (missing.length === 0) return known;
    return Promise.all(missing).then(() =>
      admitted.flatMap((id) => {
        const guarded = this.#backends.get(id);
        const listing = guarded && this.#listings.get(id)?.get(this.#key(guarded, workload, maxLifetimeMs));
        return guarded && listing ? [this.#view(guarded, listing)] : [];
      }),
    );
  }

  /** Notes that a placement takes one unit of an offer, until it is given back or the listing is fetched anew. */
  take(offer: Offer, key: string): void {
    this.#open.set(offer.backend, this.openLeases(offer.backend) + 1);
    const { capacity } = offer;
    if (capacity === undefined) return;
    for (const listing of this.#listings.get(offer.backend)?.values() ?? []) {
      listing.taken.set(key, offer.id);
      if (unitsTaken(listing, offer.id) >= capacity) listing.free = listing.free.filter((free) => free.id !== offer.id);
    }
  }

  /**
   * A lease is over or never came to be. What was taken from a listing is free in it again. `outdated`: the backend has
   * shown that its listing is not true any more; so has the end of a lease that the listing never counted.
   */
  giveBack(backend: string, key: string, outdated: boolean): void {
    this.#open.set(backend, Math.max(0, this.openLeases(backend) - 1));
    if (outdated) {
      this.refresh(backend);
      return;
    }
    const listings = this.#listings.get(backend);
    for (const [demand, listing] of listings?.entries() ?? []) {
      const offerId = listing.taken.get(key);
      if (offerId !== undefined) {
        listing.taken.delete(key);
        listing.free = listing.all.filter((offer) => offer.capacity === undefined || unitsTaken(listing, offer.id) < offer.capacity);
      } else if (listing.all.some((offer) => offer.capacity !== undefined) || listing.all.length === 0) listings?.delete(demand);
    }
  }

  /** A lease goes over to another attempt: it takes what it took before. */
  passOn(backend: string, from: string, to: string): void {
    for (const { taken } of this.#listings.get(backend)?.values() ?? []) {
      const offerId = taken.get(from);
      if (offerId === undefined) continue;
      taken.delete(from);
      taken.set(to, offerId);
    }
  }

  /** Counts a lease that was open before this process started. */
  adopt(backend: string): void {
    this.#open.set(backend, this.openLeases(backend) + 1);
  }

  /** Forgets what a backend has said. */
  refresh(backend: string): void {
    this.#listings.delete(backend);
  }

  openLeases(backend: string): number {
    return this.#open.get(backend) ?? 0;
  }

  #view(guarded: GuardedBackend, listing: Listing): BackendOffers {
    const { backend } = guarded;
    const limit = this.#limits[backend.id];
    const full = limit !== undefined && this.openLeases(backend.id) >= limit;
    return {
      backend: backend.id,
      kind: backend.kind,
      capabilities: backend.capabilities,
      offers: full ? [] : listing.free,
      ...(listing.error === undefined ? {} : { error: listing.error }),
    };
  }

  #key(guarded: GuardedBackend, workload: Workload, maxLifetimeMs: number): string {
    const { kind, id } = guarded.backend;
    let keys = this.#demandKeys.get(workload);
    if (keys === undefined) {
      keys = new Map();
      this.#demandKeys.set(workload, keys);
    }
    let key = keys.get(id);
    if (key === undefined) {
      key = `${id} ${demandKey(toDemand(workload, maxLifetimeMs, kind))}`;
      keys.set(id, key);
    }
    return key;
  }

  #remember(backend: string, demand: string, listing: Listing): void {
    let listings = this.#listings.get(backend);
    if (listings === undefined) {
      listings = new LRUCache({ max: MAX_LISTINGS });
      this.#listings.set(backend, listings);
    }
    listings.set(demand, listing);
  }

  #fetch(guarded: GuardedBackend, key: string, workload: Workload, maxLifetimeMs: number): Promise<Listing> {
    const underway = this.#underway.get(key);
    if (underway !== undefined) return underway;
    const fetching = this.#list(guarded, workload, maxLifetimeMs).then((listing) => {
      this.#remember(guarded.id, key, listing);
      this.#underway.delete(key);
      return listing;
    });
    this.#underway.set(key, fetching);
    return fetching;
  }

  async #list(guarded: GuardedBackend, workload: Workload, maxLifetimeMs: number): Promise<Listing> {
    const fetchedAtMs = this.#host.now();
    try {
      const offers = await guarded.listOffers(toDemand(workload, maxLifetimeMs, guarded.backend.kind));
      const soonest = offers.reduce(
        (least, offer) => Math.min(least, offer.expiresAtMs),
        fetchedAtMs + guarded.backend.capabilities.offersTtlMs,
      );
      const free = offers.filter((offer) => offer.capacity !== 0);
      return { fetchedAtMs, expiresAtMs: soonest, all: offers, free, taken: new Map() };
    } catch (thrown) {
      const error = toSchedulerError(thrown, "BACKEND_UNAVAILABLE", `Backend "${guarded.id}" named no offers`).toJSON();
      const pause = Math.max(ERROR_TTL_MS, error.details?.retryAfterMs ?? 0);
      return { fetchedAtMs, expiresAtMs: fetchedAtMs + pause, error, all: [], free: [], taken: new Map() };
    }
  }
}

function unitsTaken(listing: Listing, offerId: string): number {
  let units = 0;
  for (const taken of listing.taken.values()) if (taken === offerId) units += 1;
  return units;
}
