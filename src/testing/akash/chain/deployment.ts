import type { TimerHandle } from "../../../spec/host.js";
import { OWNER } from "../identities.js";
import type { MarketProvider } from "../provider/market-provider.js";
import { Workload, type WorkloadWorld } from "../provider/workload.js";
import { exposesOf, manifestHash } from "../sdl/manifest.js";
import type { DeployableSdl } from "../sdl/read-sdl.js";
import { type ChainClock, Timers } from "./clock.js";
import { Escrow } from "./escrow.js";
import { Lease, type LeaseReason } from "./lease.js";
import { type Bid, type Group, maxPrice } from "./market.js";
import type { Troubles } from "./troubles.js";

/** What a deployment lives by. */
export interface DeploymentWorld extends WorkloadWorld {
  readonly clock: ChainClock;
  readonly providers: readonly MarketProvider[];
  readonly troubles: Troubles;
  readonly nextBidMs: () => number;
  readonly bidLifetimeMs: number;
  readonly manifestWaitMs: number;
  /** Money that comes back. */
  readonly refund: (uact: bigint) => void;
  /** Told when a lease has begun. */
  readonly leased: (deployment: SimulatedDeployment) => void;
}

const DAY_MS = 86_400_000;
/** 10:30 and 22:30 UTC. */
const SWEEPS_MS = [10.5 * 3_600_000, 22.5 * 3_600_000] as const;
const SWEPT_FROM_MS = 600_000;

/** How a deployment was asked for. */
export interface DeploymentRequest {
  readonly dseq: string;
  readonly sdlText: string;
  readonly sdl: DeployableSdl;
  readonly name: string | undefined;
  readonly depositUact: bigint;
}

/** A deployment on the chain: groups, their orders and bids, leases and escrow. */
export class SimulatedDeployment {
  request: DeploymentRequest;
  hash: string;
  readonly createdAtMs: number;
  readonly createdAt: number;
  readonly groups: readonly Group[];
  readonly leases: Lease[] = [];
  readonly escrow: Escrow;
  readonly events: { readonly type: string; readonly atMs: number }[] = [];
  state: "active" | "closed" = "active";
  closedAtMs: number | undefined;
  /** From the request to close until the transaction is there. */
  closing = false;
  runtimeLimitHours: number | undefined;
  readonly #world: DeploymentWorld;
  readonly #timers: Timers;
  readonly #endings = new Set<Promise<void>>();
  #empty: TimerHandle | undefined;
  #limit: TimerHandle | undefined;

  constructor(request: DeploymentRequest, world: DeploymentWorld) {
    const { clock, host } = world;
    this.request = request;
    this.#world = world;
    this.#timers = new Timers(host);
    this.hash = manifestHash(request.sdl.manifest, host);
    this.createdAtMs = host.now();
    this.createdAt = clock.height;
    this.escrow = new Escrow(clock.height);
    this.escrow.deposit(request.depositUact, clock.height);
    this.groups = request.sdl.specs.map((spec, index) => ({
      gseq: index + 1,
      spec,
      state: "open",
      order: { oseq: 1, state: "open", bids: [] },
    }));
    this.#note("MsgCreateDeployment");
    this.#awaitSweep();
    for (const group of this.groups) for (const provider of world.providers) this.#askForBid(group, provider);
  }

  get dseq(): string {
    return this.request.dseq;
  }

  get bids(): readonly Bid[] {
    return this.groups.flatMap(({ order }) => order.bids);
  }

  /** Costs money, or holds some. */
  get open(): boolean {
    return this.state === "active";
  }

  get runtimeEndsAtMs(): number | undefined {
    const [first] = this.leases;
    return this.runtimeLimitHours === undefined || first === undefined ? undefined : first.atMs + this.runtimeLimitHours * 3_600_000;
  }

  /** Takes bids, all others of their orders are lost. */
  accept(chosen: readonly Bid[]): void {
    const { clock, host } = this.#world;
    for (const bid of chosen) {
      const group = this.groups.find(({ gseq }) => gseq === bid.gseq);
      if (group === undefined) continue;
      for (const other of group.order.bids) if (other.state === "open") other.state = other === bid ? "active" : "lost";
      group.order.state = "active";
      const lease = new Lease(bid, group, clock.height, host.now());
      this.leases.push(lease);
      bid.provider.occupy(lease, group.spec);
      lease.manifestTimer = this.#timers.after(this.#world.manifestWaitMs, () =>
        this.closeLease(lease, "lease_closed_reason_manifest_timeout" satisfies LeaseReason),
      );
    }
    this.#note("MsgCreateLease");
    this.#charge();
    this.#armLimit();
    this.#world.leased(this);
  }

  /** The provider gets the manifest; again means nothing. */
  deliver(lease: Lease): void {
    if (!lease.active || lease.workload !== undefined) return;
    const group = this.request.sdl.groups[lease.group.gseq - 1];
    if (group === undefined) return;
    lease.manifestTimer?.cancel();
    const { provider, gseq, oseq } = lease.bid;
    const place = { owner: OWNER, dseq: this.dseq, gseq, oseq, provider: provider.address, providerName: provider.options.name };
    lease.workload = new Workload(group, place, this.#world, () => this.closeLease(lease, "lease_closed_reason_unstable"));
  }

  /** Why the provider refuses a manifest, if it does. Undefined is the Console's own. */
  refusalOf(manifest: string | undefined): string | undefined {
    const { sdl } = this.request;
    if (manifest !== undefined && manifestHash(manifest, this.#world.host) !== this.hash) return "manifest version validation failed";
    const isGlobal = sdl.groups.some(({ services }) => services.some(({ service }) => exposesOf(service).some((expose) => expose.global)));
    return isGlobal ? undefined : "invalid manifest: zero global services";
  }

  /** Another manifest with the same resources: what runs is replaced. */
  update(sdlText: string, sdl: DeployableSdl): void {
    this.request = { ...this.request, sdlText, sdl };
    this.hash = manifestHash(sdl.manifest, this.#world.host);
    this.#note("MsgUpdateDeployment");
    for (const lease of this.leases.filter(({ active }) => active)) {
      this.#end(lease);
      lease.workload = undefined;
    }
  }

  deposit(uact: bigint): void {
    this.escrow.deposit(uact, this.#world.clock.height);
    this.#note("MsgAccountDeposit");
    this.#armEmpty();
  }

  setRuntimeLimit(hours: number | undefined): void {
    this.runtimeLimitHours = hours;
    this.#armLimit();
  }

  /** The provider gives a lease up: its group is paused, deployment and escrow stay open. */
  closeLease(lease: Lease, reason: string): void {
    if (!lease.active) return;
    const { clock, host } = this.#world;
    lease.close("closed", reason, clock.height, host.now());
    lease.group.state = "paused";
    lease.group.order.state = "closed";
    this.#note("MsgCloseBid");
    this.#charge();
    this.#end(lease);
  }

  reclaim(noticeMs: number): void {
    const nowMs = this.#world.host.now();
    for (const lease of this.leases.filter(({ state }) => state === "active")) {
      lease.state = "reclaiming";
      lease.reclamation = { startedAtMs: nowMs, deadlineMs: nowMs + noticeMs };
      this.#timers.after(noticeMs, () => this.closeLease(lease, "lease_closed_reason_decommission"));
    }
  }

  /** The workload is gone at the provider, and the chain knows nothing of it. */
  lose(): void {
    for (const lease of this.leases.filter(({ active }) => active)) {
      lease.lost = true;
      this.#end(lease);
    }
  }

  /** Ends everything; what is left of the escrow goes back. */
  close(): void {
    if (this.state === "closed") return;
    const { clock, host } = this.#world;
    this.#shut("closed", "lease_closed_owner");
    this.#world.refund(this.escrow.close(clock.height));
    this.closedAtMs = host.now();
    this.#note("MsgCloseDeployment");
  }

  /** Ends what runs of it, without a bill. Resolves when nothing does. */
  async discard(): Promise<void> {
    this.#timers.clear();
    for (const lease of this.leases) this.#end(lease);
    await Promise.all(this.#endings);
  }

  #overdrawn(): void {
    const { clock, host } = this.#world;
    this.escrow.overdraw(clock.height);
    this.#shut("insufficient_funds", "lease_closed_reason_insufficient_funds");
    this.closedAtMs = host.now();
  }

  #shut(state: "closed" | "insufficient_funds", reason: LeaseReason): void {
    const { clock, host } = this.#world;
    this.#timers.clear();
    this.state = "closed";
    for (const group of this.groups) {
      if (group.state !== "closed") group.state = state;
      group.order.state = "closed";
      for (const bid of group.order.bids) if (bid.state === "open") bid.state = "closed";
    }
    for (const lease of this.leases) {
      lease.close(state, reason, clock.height, host.now());
      this.#end(lease);
    }
  }

  #end(lease: Lease): void {
    const ending = lease.workload?.end();
    if (ending === undefined) return;
    this.#endings.add(ending);
    void ending.finally(() => this.#endings.delete(ending));
  }

  /** Twice a day the Console closes what is older than ten minutes and never had a lease. */
  #awaitSweep(): void {
    const { host } = this.#world;
    const ofDayMs = host.now() % DAY_MS;
    const nextMs = SWEEPS_MS.find((atMs) => atMs > ofDayMs) ?? DAY_MS + (SWEEPS_MS[0] ?? 0);
    this.#timers.after(nextMs - ofDayMs, () => {
      if (this.leases.length > 0) return;
      if (host.now() - this.createdAtMs > SWEPT_FROM_MS) this.close();
      else this.#awaitSweep();
    });
  }

  #askForBid(group: Group, provider: MarketProvider): void {
    this.#timers.after(this.#world.nextBidMs(), () => {
      const { troubles, clock, bidLifetimeMs } = this.#world;
      if (group.order.state !== "open" || !provider.isOnline || troubles.has("no-bids")) return;
      const { spec, order } = group;
      if (!provider.suits(spec) || provider.fit(spec) === undefined || provider.price(spec) > maxPrice(spec)) return;
      const { reclamationMs } = this.request.sdl;
      const offeredMs = (provider.options.reclamationWindowS ?? 0) * 1_000;
      if (reclamationMs !== undefined && offeredMs < reclamationMs) return;
      const price = provider.price(spec);
      const bid: Bid = { gseq: group.gseq, oseq: order.oseq, bseq: 1, provider, price, height: clock.height, spec, state: "open" };
      order.bids.push(bid);
      const lost = troubles.find("bids-lost");
      this.#timers.after(lost?.afterMs ?? bidLifetimeMs, () => {
        if (bid.state === "open") bid.state = "closed";
      });
    });
  }

  #charge(): void {
    const rate = this.leases.filter(({ active }) => active).reduce((sum, { bid }) => sum + bid.price, 0n);
    this.escrow.charge(rate, this.#world.clock.height);
    this.#armEmpty();
  }

  #armEmpty(): void {
    this.#empty?.cancel();
    const { emptyAt } = this.escrow;
    if (emptyAt === undefined || this.state === "closed") return;
    this.#empty = this.#timers.after(this.#world.clock.msUntil(emptyAt + 1), () => this.#overdrawn());
  }

  #armLimit(): void {
    this.#limit?.cancel();
    const endsAtMs = this.runtimeEndsAtMs;
    if (endsAtMs === undefined || this.state === "closed") return;
    this.#limit = this.#timers.after(Math.max(0, endsAtMs - this.#world.host.now()), () => this.close());
  }

  #note(type: string): void {
    this.events.push({ type, atMs: this.#world.host.now() });
  }
}
