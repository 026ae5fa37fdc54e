import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { LeaseRef } from "../../model/lease.js";
import type { NanoUsd } from "../../model/money.js";
import type { Backend } from "../../spec/backend.js";
import { FaultScript } from "../faults/fault-plan.js";
import { combineFaults } from "../faults/fault-port.js";
import { seededFaults } from "../faults/fault-rates.js";
import { withFaults } from "../faults/with-faults.js";
import { Binding } from "./binding.js";
import { containerExecutor } from "./container-execution.js";
import { defaultVirtualJob } from "./default-virtual-job.js";
import type { Executor } from "./execution.js";
import { Gate, type OutageRequest } from "./gate.js";
import { LeaseBook, type MarketEvent, type MarketOrder, refOf } from "./lease-book.js";
import { Listing } from "./listing.js";
import { MarketBackend } from "./market-backend.js";
import type { MarketLease } from "./market-lease.js";
import { type MarketNode, makeNodes } from "./node.js";
import type { MarketplaceOptions } from "./options.js";
import { Prices } from "./prices.js";
import { processExecutor } from "./process-execution.js";
import { type ResolvedMarketplace, resolveOptions } from "./resolve-options.js";
import { virtualExecutor } from "./virtual-execution.js";
import { Weather } from "./weather.js";
import { World } from "./world.js";

/** A lease as the simulated seller sees it now: the truth, whatever reports say. */
export interface MarketLeaseView {
  readonly key: string;
  readonly ref: LeaseRef;
  readonly node: string;
  /** `open`: it costs money. `releasing`: asked to end. `ended`: the node or seller ended it, nobody released it. `released`. */
  readonly state: "open" | "releasing" | "ended" | "released";
  /** The command, really. */
  readonly phase: "waiting" | "running" | "exited";
  /** Keys of the launches that ran on it. */
  readonly launches: readonly string[];
  /** Containers that were started after the first one, with `wrapper` staging. */
  readonly restarts: number;
}

/** One line of the bill that a user would have got. */
export interface MarketLedgerLine {
  readonly key: string;
  readonly node: string;
  readonly usdPerHour: number;
  /** ms since the market's first call. */
  readonly openedAtMs: number;
  readonly openMs: number;
  readonly billedMs: number;
  readonly amount: NanoUsd;
  readonly final: boolean;
}

/** How a test makes a node die. */
export interface NodeDeath {
  /** How long it stays away, ms. Default: for ever. */
  readonly downMs?: number;
  /** Nobody announces it; it is reported as before for so long. Default: announced. */
  readonly silentMs?: number;
}

/** A client of the market. It has the optional verbs that the market's capabilities declare, `collect` with `native` staging and `start` with `reuse`. */
export type MarketClient = Backend & Required<Pick<Backend, "logs" | "close">>;

/**
 * The simulated marketplace: a backend like any other, plus what only a simulation can offer: the truth about it, the
 * ledger, and faults to order. Nothing in it is real but, in `process` mode, the work.
 */
export interface SimulatedMarketplace extends MarketClient {
  /** Every node, with the truth about it. */
  readonly nodes: readonly MarketNode[];
  /** Faults for launches and calls to come. */
  readonly faults: Pick<FaultScript, "launch" | "call" | "clear">;
  /** The bill so far, one line per lease in the order of binding. */
  ledger(): readonly MarketLedgerLine[];
  /** Sum of the ledger. */
  charged(): NanoUsd;
  /** Every lease ever made, in the order of binding. */
  leases(): readonly MarketLeaseView[];
  /** Leases that still cost money or are not yet released (`open`, `releasing`). */
  openLeases(): readonly MarketLeaseView[];
  /** Orders that nobody closed. */
  openOrders(): readonly string[];
  /** What happened at the seller's side so far. The same seed and the same calls give the same history. */
  history(): readonly MarketEvent[];
  /** Closes the whole market, or some verbs of it, for a while. */
  injectOutage(outage: OutageRequest): void;
  /** From now on a node (by id) or all nodes of a provider (by name) cost so much. */
  setPrice(nodeOrProvider: string, usdPerHour: number): void;
  /** Ends a node's life now, with everything that runs on it. */
  killNode(nodeId: string, how?: NodeDeath): void;
  /**
   * Kills a lease's container, without a warning, and starts another on an empty disk, as `restartAfterMs` does. Only with `wrapper` staging; does nothing for
   * leases that are not open.
   */
  restartContainer(key: string): void;
  /** Another client of the same market, as another process would have one. Shares everything with this one. */
  connect(): MarketClient;
  /** Forgets leases, ledger, history, ordered faults and outages, and starts the market's time again. Running commands are ended. */
  reset(): Promise<void>;
}

/**
 * Makes a simulated marketplace. Everything that happens in it is drawn from `options.seed` by identity (which node,
 * which key, which call), so that the same seed gives the same history whatever runs at the same time.
 *
 * @throws INVALID_CONFIG when an option is out of range; the message names it.
 */
export function marketplace(options: MarketplaceOptions): SimulatedMarketplace {
  return new Marketplace(resolveOptions(options)).facade();
}

class Marketplace {
  readonly #market: ResolvedMarketplace;
  readonly #world = new World();
  readonly #book = new LeaseBook();
  readonly #script: FaultScript;
  readonly #gate: Gate;
  readonly #nodes: readonly MarketNode[];
  readonly #weather = new Map<string, Weather>();
  readonly #prices: Prices;
  readonly #connect: () => MarketClient;
  readonly #backend: MarketClient;

  constructor(market: ResolvedMarketplace) {
    const { seed, faults, options } = market;
    this.#market = market;
    this.#nodes = makeNodes(seed, options.providers);
    this.#makeWeather();
    this.#prices = new Prices(seed, options.priceVolatility ?? 0.1, options.priceEveryMs ?? 60_000);
    this.#script = new FaultScript(faults.plan);
    this.#gate = new Gate(this.#world, {
      seed,
      outagesPerHour: faults.outagesPerHour ?? 0,
      outageMs: faults.outageMs ?? 60_000,
      maxCallsPerSecond: options.maxCallsPerSecond ?? Number.POSITIVE_INFINITY,
    });
    const parts = { market, world: this.#world, book: this.#book };
    const listing = new Listing({ ...parts, prices: this.#prices, nodes: this.#nodes, weather: this.#weather });
    const binding = new Binding({
      ...parts,
      listing,
      weather: this.#weather,
      script: this.#script,
      executor: this.#makeExecutor(),
      terms: {
        billsDeadNodes: options.billsDeadNodes ?? false,
        enforcesLifetime: market.enforcesLifetime,
        finalChargeMs: options.finalChargeMs ?? 0,
      },
    });
    const port = combineFaults(
      this.#gate,
      this.#script,
      ...(faults.rates === undefined ? [] : [seededFaults({ seed, rates: faults.rates })]),
      ...(faults.port === undefined ? [] : [faults.port]),
    );
    this.#connect = () => {
      const { start, collect, ...always } = withFaults(new MarketBackend({ ...parts, listing, binding }), port);
      const { reuse, staging } = market.capabilities;
      return { ...always, ...(reuse ? { start } : {}), ...(staging === "native" ? { collect } : {}) };
    };
    this.#backend = this.#connect();
  }

  facade(): SimulatedMarketplace {
    return {
      ...this.#backend,
      nodes: this.#nodes,
      faults: this.#script,
      ledger: () => this.#leases().map((lease) => this.#line(lease)),
      charged: () => this.#leases().reduce((sum, lease) => sum + lease.chargeAt(this.#world.now()).amount, 0n),
      leases: () => this.#leases().map((lease) => this.#view(lease)),
      openLeases: () =>
        this.#leases()
          .map((lease) => this.#view(lease))
          .filter(({ state }) => state === "open" || state === "releasing"),
      openOrders: () => [...this.#book.orders.values()].filter(({ closed }: MarketOrder) => !closed).map(({ key }) => key),
      history: () => this.#book.history,
      injectOutage: (outage) => {
        this.#gate.order(outage);
        this.#book.note({ atMs: this.#world.now(), event: "outage", detail: outage.durationMs });
      },
      setPrice: (name, usdPerHour) => this.#setPrice(name, usdPerHour),
      killNode: (nodeId, how) => this.#killNode(nodeId, how ?? {}),
      restartContainer: (key) => this.#book.leases.get(key)?.stint.execution.restart?.(),
      connect: () => this.#connect(),
      reset: () => this.#reset(),
    };
  }

  #makeExecutor(): Executor {
    const { options } = this.#market;
    if (options.execute !== "process") return virtualExecutor(options.virtualJob ?? defaultVirtualJob);
    const where = options.workFolder === undefined ? {} : { workFolder: options.workFolder };
    if (options.staging !== "wrapper") return processExecutor(where);
    return containerExecutor({ ...where, ...(options.restartAfterMs === undefined ? {} : { restartAfterMs: options.restartAfterMs }) });
  }

  #makeWeather(): void {
    for (const { id, spec, hazardPerHour } of this.#nodes) {
      this.#weather.set(
        id,
        new Weather(this.#market.seed, id, {
          endsPerHour: hazardPerHour,
          lifetimes: spec.lifetimes ?? "exponential",
          downMs: spec.downMs ?? 600_000,
          silentShare: spec.silentDeathShare ?? 0,
          silentMs: spec.silentMs ?? 30_000,
        }),
      );
    }
  }

  #leases(): readonly MarketLease[] {
    return [...this.#book.leases.values()];
  }

  #line(lease: MarketLease): MarketLedgerLine {
    const nowMs = this.#world.now();
    return {
      key: lease.key,
      node: lease.node.id,
      usdPerHour: lease.price.usdPerHour,
      openedAtMs: lease.boundAtMs,
      openMs: lease.usageAt(nowMs).openMs,
      billedMs: lease.billedMsAt(nowMs),
      ...lease.chargeAt(nowMs),
    };
  }

  #view(lease: MarketLease): MarketLeaseView {
    const nowMs = this.#world.now();
    const asked = Number.isFinite(lease.releaseAskedAtMs);
    const over = lease.ending().atMs <= Math.min(nowMs, lease.releaseAskedAtMs);
    return {
      key: lease.key,
      ref: refOf(this.#market.id, lease.key, { node: lease.node.id }),
      node: lease.node.id,
      state: nowMs >= lease.releasedAtMs ? "released" : over ? "ended" : asked ? "releasing" : "open",
      phase: lease.stateAt(nowMs).phase,
      launches: lease.stints.map((stint) => stint.launch.key),
      restarts: lease.stints.reduce((sum, { execution }) => sum + (execution.restarts ?? 0), 0),
    };
  }

  #setPrice(name: string, usdPerHour: number): void {
    const nodes = this.#nodes.filter((node) => node.id === name || node.provider === name);
    if (nodes.length === 0) throw unknownNode(name);
    if (!(usdPerHour > 0) || !Number.isFinite(usdPerHour)) {
      throw new SchedulerError("INVALID_CONFIG", "setPrice needs a price above 0 USD per hour.", { details: { field: "usdPerHour" } });
    }
    for (const node of nodes) {
      this.#prices.set(node.id, this.#world.now(), usdPerHour);
      this.#book.note({ atMs: this.#world.now(), event: "price-set", node: node.id, detail: usdPerHour });
    }
  }

  #killNode(nodeId: string, { downMs = Number.POSITIVE_INFINITY, silentMs }: NodeDeath): void {
    const weather = this.#weather.get(nodeId);
    if (weather === undefined) throw unknownNode(nodeId);
    const nowMs = this.#world.now();
    const onNode = this.#book.on(nodeId, nowMs);
    weather.end(nowMs, downMs, silentMs);
    this.#book.note({ atMs: nowMs, event: "node-killed", node: nodeId });
    // In process mode the command of a dead node must really end; nobody waits for it.
    for (const lease of onNode) void lease.stint.execution.stop(0);
  }

  async #reset(): Promise<void> {
    await this.#backend.close();
    this.#book.clear();
    this.#script.clear();
    this.#gate.reset();
    this.#prices.clear();
    this.#makeWeather();
    this.#world.reset();
  }
}

function unknownNode(name: string): SchedulerError {
  return new SchedulerError("INVALID_CONFIG", `The simulated marketplace has no node or provider called ${name}; see its nodes.`, {
    details: { field: "node" },
  });
}
