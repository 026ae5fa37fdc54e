import type { NanoUsd } from "../../model/money.js";
import { type Listening, listen } from "../http/loopback-server.js";
import { ApiServer } from "./api-server.js";
import { Catalog, DEFAULT_HARDWARE } from "./catalog.js";
import { virtualContainers } from "./containers.js";
import type { SimulatedDeployment } from "./deployment.js";
import type { IoNetFaultRule } from "./faults.js";
import type { IoNetRequestEntry, IoNetSimulator, IoNetSimulatorOptions, SimulatedIoNetDeployment } from "./options.js";
import { IoNetService } from "./service.js";

/**
 * Starts io.net's API for containers on a free port of 127.0.0.1, with one account, its machines and the containers on them. Deployments are
 * requested, run, are paid for and end on the host's clock.
 *
 * It shares no code with the backend. What is modelled: strict bodies with their 422 answers, bare and wrapped answers, zero-based pages, times
 * without a zone, fields that nobody knows, odd and missing status texts, hours that are paid beforehand with several rules of refund, missing
 * credits, hardware that is listed but taken or has no price, late addresses, containers that are started again when they exit, machines
 * that are lost, dollars in arguments, logs that never end, slow destruction, a limit of requests, expired keys, and lost, cut, late, failed and
 * garbled answers.
 *
 * @example
 * const simulator = await startIoNetSimulator({ host });
 * const backend = ioNet({ apiKey: simulator.apiKey, baseUrl: simulator.url });
 */
export async function startIoNetSimulator(options: IoNetSimulatorOptions): Promise<IoNetSimulator> {
  const simulator = new Simulator(options);
  await simulator.listen();
  return simulator;
}

class Simulator implements IoNetSimulator {
  url = "";
  readonly apiKey: string;
  creditsUsd: number;
  readonly #service: IoNetService;
  readonly #api: ApiServer;
  readonly #brokenImages = new Set<string>();
  readonly #runtime;
  #listening: Listening | undefined;

  constructor(options: IoNetSimulatorOptions) {
    const { host } = options;
    this.apiKey = options.apiKey ?? "ionet-test-key";
    this.creditsUsd = options.creditsUsd ?? 1_000;
    this.#runtime = options.containers ?? virtualContainers(host);
    const taken = (hardwareId: number | string, placeId: number | string): number =>
      this.#service.all
        .filter(({ open, terms }) => open && terms.hardware.id === hardwareId && terms.place.id === placeId)
        .reduce((sum, { request }) => sum + request.container.replicaCount, 0);
    this.#service = new IoNetService(
      new Catalog(options.hardware ?? DEFAULT_HARDWARE, options.feePercent ?? 5, taken),
      {
        nodePools: options.nodePools ?? [],
        uniqueNames: options.uniqueNames ?? false,
        listLagMs: options.listLagMs ?? 0,
        pageSize: options.pageSize ?? 100,
        credits: () => this.creditsUsd,
      },
      {
        host,
        runtime: this.#runtime,
        requestMs: options.requestMs ?? 20_000,
        pullMs: options.pullMs ?? 10_000,
        urlMs: options.urlMs ?? 2_000,
        destroyMs: options.destroyMs ?? 8_000,
        restartMs: options.restartMs ?? 1_000,
        restart: options.restart ?? "always",
        refund: options.refund ?? "hour",
        minimumHours: options.minimumHours ?? 1,
        isBroken: (image) => this.#brokenImages.has(image),
        pay: (usd) => {
          this.creditsUsd -= usd;
        },
      },
    );
    this.#api = new ApiServer(this.#service, { ...options, apiKey: this.apiKey });
  }

  async listen(): Promise<void> {
    this.#listening = await listen((message, response) => void this.#api.handle(message, response));
    this.url = `http://127.0.0.1:${this.#listening.port}`;
  }

  get requests(): readonly IoNetRequestEntry[] {
    return this.#api.requests;
  }

  get heldRequests(): number {
    return this.#api.held.count;
  }

  isHeld(requestId: string): boolean {
    return this.#api.held.has(requestId);
  }

  deployments(): readonly SimulatedIoNetDeployment[] {
    return this.#service.all.map(show);
  }

  ledger(): ReadonlyMap<string, NanoUsd> {
    const sums = new Map<string, NanoUsd>();
    for (const { request, charged } of this.#service.all) sums.set(request.name, (sums.get(request.name) ?? 0n) + charged);
    return sums;
  }

  openCount(): number {
    return this.#service.all.filter(({ open }) => open).length;
  }

  inject(rule: IoNetFaultRule): void {
    this.#api.faults.add(rule);
  }

  clearFaults(): void {
    this.#api.faults.clear();
  }

  exhaust(hardwareId: number | string): void {
    this.#service.catalog.exhaust(hardwareId);
  }

  disguise(name: string, status: string | null | undefined): void {
    this.#named(name).disguise = status;
  }

  fail(name: string): void {
    this.#named(name).fail();
  }

  loseNode(name: string): void {
    for (const container of this.#named(name).containers) container.move();
  }

  breakImage(image: string): void {
    this.#brokenImages.add(image);
  }

  async close(): Promise<void> {
    await this.#listening?.close();
    await Promise.all(this.#service.all.map((deployment) => deployment.discard()));
    await this.#runtime.close?.();
  }

  #named(name: string): SimulatedDeployment {
    const found = this.#service.all.findLast(({ request }) => request.name === name);
    if (found === undefined) throw new Error(`The simulator has no deployment "${name}".`);
    return found;
  }
}

function show(deployment: SimulatedDeployment): SimulatedIoNetDeployment {
  const { id, request, terms, containers } = deployment;
  const { username } = request.registry;
  return {
    id,
    name: request.name,
    status: deployment.status,
    hardwareId: terms.hardware.id,
    locationId: terms.place.id,
    hours: deployment.hours,
    argv: deployment.argv,
    env: deployment.env,
    image: deployment.image,
    trafficPort: deployment.config.trafficPort,
    ...(username === undefined ? {} : { registryUsername: username }),
    starts: containers.reduce((sum, { starts }) => sum + starts, 0),
    started: containers.flatMap(({ started }) => started.map(({ argv, env }) => ({ argv, env }))),
    commandEnded: containers.some(({ commandEnded }) => commandEnded),
    open: deployment.open,
    charged: deployment.charged,
  };
}
