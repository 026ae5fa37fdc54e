import type { IncomingMessage } from "node:http";
import type { Host } from "../../spec/host.js";
import { FaultBook } from "../http/fault-book.js";
import { HeldRequests } from "../http/held-requests.js";
import { type Range, within } from "../range.js";
import { seededRandom } from "../seeded-random.js";
import { ChainClock } from "./chain/clock.js";
import type { DeploymentWorld, SimulatedDeployment } from "./chain/deployment.js";
import type { Lease } from "./chain/lease.js";
import { Troubles } from "./chain/troubles.js";
import { akashVirtualContainers } from "./containers.js";
import { type AkashFault, type AkashOperation, isOfConsole } from "./faults.js";
import { Tokens } from "./gateway/token.js";
import { IDENTITIES, OWNER } from "./identities.js";
import type { AkashRequestEntry, SimulatedAkashOptions } from "./options.js";
import { DEFAULT_PROVIDERS, MarketProvider } from "./provider/market-provider.js";
import { usdToUact } from "./sdl/units.js";

/** The Console's constants of automatic funding. */
export const FUNDING = { targetRunwayHours: 48, lowRunwayHours: 24, balanceHeadroomUsd: 5, defaultDepositUsd: 0.5 } as const;

const HOUR_MS = 3_600_000;

/** Everything that the servers share. */
export class World {
  readonly host: Host;
  readonly options: SimulatedAkashOptions;
  readonly contract: "aug" | "sep";
  readonly clock: ChainClock;
  readonly providers: readonly MarketProvider[];
  readonly troubles = new Troubles();
  readonly faults = new FaultBook<AkashFault, AkashOperation>(isOfConsole);
  readonly held = new HeldRequests();
  readonly tokens: Tokens;
  readonly deployments: SimulatedDeployment[] = [];
  readonly requests: AkashRequestEntry[] = [];
  readonly runtime;
  creditsUact: bigint;
  openStreams = 0;
  /** Ends streams of a deployment, or all. */
  readonly streams = new Set<{ readonly dseq: string; cut(): void }>();
  readonly #random;
  #closed = false;
  readonly #funding = new Map<SimulatedDeployment, { cancel(): void }>();

  constructor(options: SimulatedAkashOptions) {
    const { host } = options;
    this.options = options;
    this.host = host;
    this.contract = options.contract ?? "sep";
    this.clock = new ChainClock(host, options.blockMs ?? 6_000);
    this.creditsUact = usdToUact(options.creditsUsd ?? 1_000);
    this.tokens = new Tokens(host, OWNER);
    this.runtime = options.containers ?? akashVirtualContainers(host);
    this.#random = seededRandom(host.randomHex(8));
    const listed = options.providers ?? DEFAULT_PROVIDERS;
    this.providers = listed.map((provider, index) => {
      const identity = IDENTITIES[index];
      if (identity === undefined)
        throw new RangeError(`A simulated Akash has at most ${IDENTITIES.length} providers, not ${listed.length}.`);
      return new MarketProvider(provider, identity, host.now());
    });
  }

  /** A number of the range, at random. */
  draw(range: Range): number {
    return within(range, this.#random);
  }

  /** Holds the answer to a request back until so much time has passed. */
  wait(message: Pick<IncomingMessage, "headers">, ms: number): Promise<void> {
    const letGo = this.held.hold(message);
    return new Promise((resolve) => {
      this.host.setTimer(ms, () => {
        letGo();
        // What was under way when everything was closed never lands.
        if (!this.#closed) resolve();
      });
    });
  }

  deployment(dseq: string): SimulatedDeployment | undefined {
    return this.deployments.find((one) => one.dseq === dseq);
  }

  provider(nameOrAddress: string): MarketProvider | undefined {
    return this.providers.find(({ options, address }) => options.name === nameOrAddress || address === nameOrAddress);
  }

  lease(provider: MarketProvider, dseq: string, gseq: number, oseq: number): Lease | undefined {
    return this.deployment(dseq)?.leases.find(({ bid }) => bid.provider === provider && bid.gseq === gseq && bid.oseq === oseq);
  }

  /** What a provider says of a lease, or null when it does not answer or has nothing. */
  statusOf(lease: Lease): object | null {
    if (this.troubles.has("null-status") || !lease.bid.provider.isOnline || !lease.active || lease.lost) return null;
    return lease.workload?.status ?? null;
  }

  /** What deployments live by. */
  get deploymentWorld(): DeploymentWorld {
    const { options } = this;
    const monitor = { maxRetries: 40, everyMs: [4_000, 19_000] as const, ...options.monitor };
    return {
      host: this.host,
      clock: this.clock,
      runtime: this.runtime,
      troubles: this.troubles,
      providers: this.providers,
      scheduleMs: options.scheduleMs ?? 500,
      pullMs: options.pullMs ?? 10_000,
      restartMs: options.restartMs ?? 10_000,
      maxRetries: monitor.maxRetries,
      nextCheckMs: () => this.draw(monitor.everyMs),
      nextBidMs: () => this.draw(options.bidMs ?? [5_000, 30_000]),
      bidLifetimeMs: options.bidLifetimeMs ?? 300_000,
      manifestWaitMs: options.manifestWaitMs ?? 300_000,
      refund: (uact) => {
        this.creditsUact += uact;
      },
      leased: (deployment) => this.#fundSoon(deployment, options.fundingMs ?? 2_000),
    };
  }

  get isFunding(): boolean {
    return this.contract === "sep" || (this.options.managedFunding ?? true);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#funding.values()) timer.cancel();
    this.#funding.clear();
    await Promise.all(this.deployments.map((deployment) => deployment.discard()));
    await this.runtime.close?.();
  }

  #fundSoon(deployment: SimulatedDeployment, ms: number): void {
    if (!this.isFunding) return;
    this.#funding.get(deployment)?.cancel();
    const isFirst = ms !== (this.options.fundingEveryMs ?? HOUR_MS);
    this.#funding.set(
      deployment,
      this.host.setTimer(ms, () => {
        this.#funding.delete(deployment);
        if (deployment.state === "closed" || deployment.escrow.rate === 0n) return;
        this.#fund(deployment, isFirst);
        this.#fundSoon(deployment, this.options.fundingEveryMs ?? HOUR_MS);
      }),
    );
  }

  /** Up to two days of runway, as far as credits reach: the first time in any case, later when it is short. */
  #fund(deployment: SimulatedDeployment, isFirst: boolean): void {
    if (this.troubles.has("funding-missed")) return;
    const { escrow } = deployment;
    const blocksPerHour = HOUR_MS / this.clock.blockMs;
    const left = escrow.funds + escrow.transferred - escrow.used(this.clock.height);
    const runwayFor = (hours: number): bigint => escrow.rate * BigInt(Math.round(hours * blocksPerHour));
    if (!isFirst && left >= runwayFor(FUNDING.lowRunwayHours)) return;
    const missing = (runwayFor(FUNDING.targetRunwayHours) - left) / 10n ** 18n;
    const free = this.creditsUact - usdToUact(FUNDING.balanceHeadroomUsd);
    const uact = missing < free ? missing : free;
    if (uact <= 0n) return;
    this.creditsUact -= uact;
    deployment.deposit(uact);
  }
}
