import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { NanoUsd } from "../../model/money.js";
import type { Host } from "../../spec/host.js";
import { Catalog, DEFAULT_HARDWARE } from "./catalog.js";
import { virtualContainers } from "./containers.js";
import type { SimulatedDeployment } from "./deployment.js";
import { IoNetFailure, refused } from "./failure.js";
import { FaultBook, type IoNetFault, type IoNetFaultRule } from "./fault-book.js";
import { streamLog } from "./log-stream.js";
import type { IoNetRequestEntry, IoNetSimulator, IoNetSimulatorOptions, SimulatedIoNetDeployment } from "./options.js";
import { type Route, routeOf } from "./routes.js";
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

/** What is answered. */
interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** No answer is to be given. */
type Outcome = Reply | "cut" | ((response: ServerResponse) => void);

class Simulator implements IoNetSimulator {
  url = "";
  readonly apiKey: string;
  readonly requests: IoNetRequestEntry[] = [];
  creditsUsd: number;
  readonly #options: IoNetSimulatorOptions;
  readonly #host: Host;
  readonly #service: IoNetService;
  readonly #faults = new FaultBook();
  readonly #brokenImages = new Set<string>();
  readonly #runtime;
  #recent: number[] = [];
  readonly #held = new Set<ServerResponse>();
  readonly #server = createServer((message, response) => void this.#serve(message, response));

  constructor(options: IoNetSimulatorOptions) {
    const { host } = options;
    this.#options = options;
    this.#host = host;
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
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#server.once("error", reject).listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
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
    this.#faults.add(rule);
  }

  clearFaults(): void {
    this.#faults.clear();
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
    if (this.#server.listening) {
      const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
      this.#server.closeAllConnections();
      await closed;
    }
    await Promise.all(this.#service.all.map((deployment) => deployment.discard()));
    await this.#runtime.close?.();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    // Errors of a socket that was cut, by either side, are no errors of the server.
    message.on("error", () => undefined);
    response.on("error", () => undefined);
    const { socket } = message;
    const url = new URL(message.url ?? "/", "http://io.net");
    const method = message.method ?? "GET";
    const route = routeOf(method, url.pathname);
    const body = await readBody(message);
    this.requests.push({ operation: route.operation, method, path: url.pathname, body });
    const perform = (): Outcome => this.#perform(route, message, url.searchParams, body);
    const fault = this.#faults.strike(route.operation);
    const outcome = fault === undefined ? perform() : await this.#spoil(fault, perform, response);
    if (outcome === "cut") socket.destroy();
    else if (typeof outcome === "function") outcome(response);
    else response.writeHead(outcome.status, { "content-type": "application/json", ...outcome.headers }).end(outcome.text);
  }

  #perform(route: Route, message: IncomingMessage, query: URLSearchParams, body: string): Outcome {
    try {
      this.#admit(message);
      if (route.operation === "log") {
        const container = this.#service.container(route.id, route.containerId);
        const stream = query.get("stream") === "stderr" ? "stderr" : "stdout";
        return (response) => streamLog(response, container, stream);
      }
      return { status: 200, text: this.#encode(this.#answer(route, query, parse(body))) };
    } catch (error) {
      if (!(error instanceof IoNetFailure)) throw error;
      return { status: error.status, text: this.#encode(error.body), headers: error.headers };
    }
  }

  #answer({ operation, id, containerId }: Route, query: URLSearchParams, body: unknown): object {
    const service = this.#service;
    switch (operation) {
      case "hardware":
        return service.hardware();
      case "replicas":
        return service.replicas(query);
      case "price":
        return service.price(query);
      case "deploy":
        return service.deploy(body);
      case "list":
        return service.list(query);
      case "details":
        return service.details(id);
      case "containers":
        return service.containers(id);
      case "containerJobs":
        return service.containerJobs(id, containerId);
      case "extend":
        return service.extend(id, body);
      case "update":
        return service.update(id, body);
      case "destroy":
        return service.destroy(id);
      case "nodePools":
        return service.nodePools();
      case "log":
      case "unknown":
        throw refused(404, "Not Found");
    }
  }

  #admit({ headers }: IncomingMessage): void {
    const nowMs = this.#host.now();
    const { rateLimit, keyExpiresAtMs } = this.#options;
    if (headers["x-api-key"] !== this.apiKey) throw refused(401, "Invalid API key");
    if (keyExpiresAtMs !== undefined && keyExpiresAtMs <= nowMs) throw new IoNetFailure(400, { key_set: true });
    if (rateLimit === undefined) return;
    this.#recent = this.#recent.filter((atMs) => atMs > nowMs - rateLimit.perMs);
    if (this.#recent.length >= rateLimit.requests) throw new IoNetFailure(429, { detail: "Too many requests" }, { "retry-after": "2" });
    this.#recent.push(nowMs);
  }

  async #spoil(fault: IoNetFault, perform: () => Outcome, response: ServerResponse): Promise<Outcome> {
    const happens = "effect" in fault ? fault.effect : true;
    const outcome = happens ? perform() : undefined;
    switch (fault.kind) {
      case "silence":
        this.#hold(response);
        return new Promise<never>(() => undefined);
      case "status":
        return { status: fault.status, text: JSON.stringify(fault.body ?? { detail: "simulated" }), headers: fault.headers ?? {} };
      case "garbage":
        return { status: 200, text: "<html>" };
      case "cut":
        return "cut";
      case "slow": {
        const letGo = this.#hold(response);
        await new Promise<void>((resolve) => this.#host.setTimer(fault.ms, resolve));
        letGo();
        return outcome ?? "cut";
      }
    }
  }

  get heldRequests(): number {
    return this.#held.size;
  }

  isHeld(requestId: string): boolean {
    return [...this.#held].some(({ req }) => req.headers["x-request-id"] === requestId);
  }

  /** Counts a request as held back until it is let go or its connection ends. */
  #hold(response: ServerResponse): () => void {
    const letGo = (): void => void this.#held.delete(response);
    this.#held.add(response);
    response.once("close", letGo);
    return letGo;
  }

  /** JSON in which every object has a field that came with the latest release. */
  #encode(body: unknown): string {
    if (this.#options.unknownFields === false) return JSON.stringify(body);
    return JSON.stringify(body, (key, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value) && key !== "env_variables" && key !== "x_release"
        ? { ...value, x_release: { channel: 7 } }
        : value,
    );
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

async function readBody(message: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of message.setEncoding("utf8")) text += String(chunk);
  return text;
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new IoNetFailure(422, { detail: [{ loc: ["body"], msg: "JSON decode error", type: "json_invalid" }] });
  }
}
