import type { NanoUsd } from "../../model/money.js";
import { type Listening, listen } from "../http/loopback-server.js";
import type { SimulatedDeployment } from "./chain/deployment.js";
import type { Lease } from "./chain/lease.js";
import { apiKeyOf, ConsoleServer } from "./console/console-server.js";
import type { AkashFaultRule } from "./faults.js";
import { Gateway } from "./gateway/gateway.js";
import { ProviderProxy } from "./gateway/proxy.js";
import { loadWs } from "./gateway/sockets.js";
import { OWNER } from "./identities.js";
import type {
  AkashRequestEntry,
  AkashTrouble,
  SimulatedAkash,
  SimulatedAkashAccount,
  SimulatedAkashDeployment,
  SimulatedAkashLease,
  SimulatedAkashOptions,
  SimulatedAkashProviderEntry,
} from "./options.js";
import { showDec, uactToNano, uactToUsd, usdToUact } from "./sdl/units.js";
import { World } from "./world.js";

/**
 * Starts Akash on free ports of loopback: the Console API with one account and its managed wallet, the market, its providers each with a gateway, and the
 * proxy to them. Orders get bids, leases bill by the block, containers are started again when they exit, all on the host's clock.
 *
 * It shares no code with the backend. What is modelled: both contracts (`contract`), SDL read strictly and hashed as the chain does, a dseq by the clock and no
 * key of idempotency, transactions that take their time, bids that trickle in and expire, a provider that waits for its manifest, escrow that is settled only
 * when touched, automatic funding of two days' runway, refunds at the close, prices with 18 decimals, the managed wallet's auditor and denom, trials, lists that pair leases
 * wrongly, live status that is null, fields that nobody knows, tokens with scope and end, gateways with certificates of their own, streams that end without
 * a close frame, crash loops and the monitor that gives up on them, and what {@link AkashTrouble} and {@link AkashFault} name.
 *
 * Two things are simpler than the real ones: a token's signature is a keyed digest, since who makes and who checks it is one; and a volume is no more than the
 * container's own directory.
 *
 * @throws DEPENDENCY_MISSING when the optional peer `ws` is not installed.
 * @example
 * const simulator = await startSimulatedAkash({ host });
 * const answer = await fetch(`${simulator.url}/v1/balances`, { headers: { "x-api-key": simulator.apiKey } });
 */
export async function startSimulatedAkash(options: SimulatedAkashOptions): Promise<SimulatedAkash> {
  const ws = await loadWs();
  const world = new World(options);
  const gateways = new Map(world.providers.map((provider) => [provider, new Gateway(world, provider, ws)]));
  for (const gateway of gateways.values()) await gateway.listen();
  const proxy = new ProviderProxy(world, ws);
  const providerProxyUrl = await proxy.listen();
  const console = new ConsoleServer(world);
  const listening = await listen((message, response) => void console.handle(message, response));
  return new Simulator(world, gateways, proxy, listening, providerProxyUrl);
}

class Simulator implements SimulatedAkash {
  readonly url: string;
  readonly providerProxyUrl: string;
  readonly apiKey: string;
  readonly owner = OWNER;
  readonly #world: World;
  readonly #gateways;
  readonly #proxy: ProviderProxy;
  readonly #listening: Listening;

  constructor(world: World, gateways: ReadonlyMap<object, Gateway>, proxy: ProviderProxy, listening: Listening, providerProxyUrl: string) {
    this.#world = world;
    this.#gateways = gateways;
    this.#proxy = proxy;
    this.#listening = listening;
    this.providerProxyUrl = providerProxyUrl;
    this.url = `http://127.0.0.1:${listening.port}`;
    this.apiKey = apiKeyOf(world.options.apiKey);
  }

  get providers(): readonly SimulatedAkashProviderEntry[] {
    return this.#world.providers.map(({ options, address, hostUri }) => ({ name: options.name, address, hostUri }));
  }

  get creditsUsd(): number {
    return uactToUsd(this.#world.creditsUact);
  }

  get requests(): readonly AkashRequestEntry[] {
    return this.#world.requests;
  }

  get heldRequests(): number {
    return this.#world.held.count;
  }

  isHeld(requestId: string): boolean {
    return this.#world.held.has(requestId);
  }

  get openStreams(): number {
    return this.#world.openStreams;
  }

  deployments(): readonly SimulatedAkashDeployment[] {
    return this.#world.deployments.map((one) => show(one, this.#world.clock.blockMs));
  }

  openDeployments(): readonly SimulatedAkashDeployment[] {
    return this.deployments().filter(({ open }) => open);
  }

  ledger(): ReadonlyMap<string, SimulatedAkashAccount> {
    const { deployments, clock } = this.#world;
    return new Map(deployments.map(({ dseq, escrow }) => [dseq, account(escrow, clock.height)]));
  }

  inject(rule: AkashFaultRule): void {
    this.#world.faults.add(rule);
  }

  clearFaults(): void {
    this.#world.faults.clear();
  }

  trouble(trouble: AkashTrouble): void {
    this.#world.troubles.add(trouble);
  }

  clearTroubles(): void {
    this.#world.troubles.clear();
  }

  setOnline(name: string, online: boolean): void {
    const provider = this.#world.provider(name);
    if (provider === undefined) throw new RangeError(`There is no provider ${name}.`);
    if (provider.isOnline && !online) {
      provider.lastOnlineMs = this.#world.host.now();
      provider.incidents.push(provider.lastOnlineMs);
    }
    provider.isOnline = online;
    if (!online) this.#gateways.get(provider)?.goOffline();
  }

  loseWorkload(dseq: string): void {
    this.#find(dseq).lose();
    this.cutStreams(dseq);
  }

  closeLease(dseq: string, reason = "lease_closed_reason_unstable"): void {
    const deployment = this.#find(dseq);
    for (const lease of deployment.leases) deployment.closeLease(lease, reason);
  }

  reclaim(dseq: string, noticeMs: number): void {
    this.#find(dseq).reclaim(noticeMs);
  }

  restart(dseq: string): void {
    for (const lease of this.#find(dseq).leases) for (const pod of lease.workload?.pods ?? []) void pod.restart();
  }

  cutStreams(dseq: string): void {
    for (const stream of [...this.#world.streams]) if (stream.dseq === dseq) stream.cut();
  }

  setCredits(usd: number): void {
    this.#world.creditsUact = usdToUact(usd);
  }

  async close(): Promise<void> {
    await this.#proxy.close();
    await Promise.all([...this.#gateways.values()].map((gateway) => gateway.close()));
    await this.#listening.close();
    await this.#world.close();
  }

  #find(dseq: string): SimulatedDeployment {
    const found = this.#world.deployment(dseq);
    if (found === undefined) throw new RangeError(`There is no deployment ${dseq}.`);
    return found;
  }
}

function account(escrow: SimulatedDeployment["escrow"], height: number): SimulatedAkashAccount {
  const charged = escrow.usedUact(height);
  const nano = (uact: bigint): NanoUsd => uactToNano(uact);
  return {
    deposited: nano(escrow.depositedUact),
    charged: nano(charged),
    refunded: nano(escrow.refunded),
    locked: nano(escrow.depositedUact - charged - escrow.refunded),
  };
}

function show(deployment: SimulatedDeployment, blockMs: number): SimulatedAkashDeployment {
  const { dseq, state, request, hash, leases, open } = deployment;
  return {
    dseq,
    state,
    ...(request.name === undefined ? {} : { name: request.name }),
    sdl: request.sdlText,
    hash,
    env: request.sdl.env,
    leases: leases.map((lease) => showLease(lease, blockMs)),
    containers: leases
      .flatMap(({ workload }) => workload?.pods ?? [])
      .map(({ request: { service, image, argv, env }, starts, commandEnded }) => ({ service, image, argv, env, starts, commandEnded })),
    open,
  };
}

const HOUR_MS = 3_600_000;

function showLease({ bid, state, reason, workload }: Lease, blockMs: number): SimulatedAkashLease {
  return {
    gseq: bid.gseq,
    oseq: bid.oseq,
    provider: bid.provider.options.name,
    state,
    ...(reason === undefined ? {} : { reason }),
    pricePerBlock: showDec(bid.price),
    usdPerHour: (Number(bid.price) / 1e18 / 1e6) * (HOUR_MS / blockMs),
    delivered: workload !== undefined,
  };
}
