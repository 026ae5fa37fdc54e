import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { WebSocketServer } from "ws";
import { importPeer } from "../../kit/lazy-import.js";
import { FaultBook } from "../http/fault-book.js";
import { HeldRequests } from "../http/held-requests.js";
import { readBody } from "../http/loopback-server.js";
import { YagnaFailure } from "./failure.js";
import type { GolemFault, GolemFaultRule } from "./faults.js";
import { type Outcome, parseBody, send } from "./http-messages.js";
import type { GolemOperation } from "./operations.js";
import type {
  AgreementLedger,
  GolemRequestEntry,
  RestartOptions,
  SimulatedActivity,
  SimulatedAgreement,
  SimulatedAllocation,
  SimulatedYagna,
  SimulatedYagnaOptions,
} from "./options.js";
import type { ProviderBreakCode, ProviderHabits } from "./provider-options.js";
import { type Route, routeOf } from "./routes.js";
import { YagnaService } from "./service.js";
import { streamBatch, streamOffers } from "./streams.js";
import { YagnaWorld } from "./world.js";

/**
 * Starts yagna's REST API on a free port of 127.0.0.1, with one account, a market with providers, and their machines. It is what
 * golem-js needs to run from end to end; it shares no code with golem-js, nor with the backend. Needs the package `ws`.
 *
 * What is modelled: long polls and their cursors, offers with properties and prices, negotiation with its rules, agreements and their
 * events, activities with batches of commands, results by long poll and as a stream, files over web sockets in flexbuffers, private
 * networks, usage counters, debit notes and their deadlines, invoices, allocations, and what is paid in the end. And what goes wrong:
 * requests that fail, hang or are cut, providers that refuse, are silent, fail, break agreements or ask for too much, and a daemon that
 * restarts.
 *
 * @throws DEPENDENCY_MISSING without `ws`.
 *
 * @example
 * const yagna = await startSimulatedYagna({ host });
 * const glm = new GolemNetwork({ api: { url: yagna.url, key: yagna.appKey }, payment: { network: "hoodi" } });
 */
export async function startSimulatedYagna(options: SimulatedYagnaOptions): Promise<SimulatedYagna> {
  const { WebSocketServer } = await importPeer("ws", () => import("ws"), { subject: "startSimulatedYagna" });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  const simulator = new Simulator(options, sockets);
  await simulator.listen(0);
  return simulator;
}

class Simulator implements SimulatedYagna {
  url = "";
  appKey: string;
  readonly requests: GolemRequestEntry[] = [];
  openRequests = 0;
  readonly #world: YagnaWorld;
  readonly #service: YagnaService;
  readonly #sockets: WebSocketServer;
  readonly #faults = new FaultBook<GolemFault, GolemOperation>();
  readonly #held = new HeldRequests();
  #server: Server;
  #port = 0;
  #closed = false;

  constructor(options: SimulatedYagnaOptions, sockets: WebSocketServer) {
    this.appKey = options.appKey ?? "yagna-test-key";
    this.#world = new YagnaWorld(options);
    this.#service = new YagnaService(this.#world, options);
    this.#sockets = sockets;
    this.#server = this.#createServer();
  }

  get identity(): string {
    return this.#world.identity;
  }

  get heldRequests(): number {
    return this.#held.count;
  }

  get heldIds(): readonly string[] {
    return this.#held.ids.map((id) => id ?? "");
  }

  get openSockets(): number {
    return this.#sockets.clients.size;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#server.once("error", reject).listen(port, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.#port}`;
  }

  openDemands(): number {
    return [...this.#service.market.demands.values()].filter(({ open }) => open).length;
  }

  openServices(): number {
    return this.#service.gsb.count;
  }

  agreements(): readonly SimulatedAgreement[] {
    return this.#service.agreements.all.map((agreement) => agreement.describe());
  }

  openAgreements(): readonly SimulatedAgreement[] {
    return this.#service.agreements.all.filter(({ isOpen }) => isOpen).map((agreement) => agreement.describe());
  }

  activities(): readonly SimulatedActivity[] {
    return this.#service.activities.describe();
  }

  allocations(): readonly SimulatedAllocation[] {
    return this.#service.allocations.describe();
  }

  ledger(): ReadonlyMap<string, AgreementLedger> {
    return this.#service.billing.ledger();
  }

  inject(rule: GolemFaultRule): void {
    this.#faults.add(rule);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  behave(provider: string, habits: ProviderHabits): void {
    const chosen = this.#service.providers.filter(({ name }) => provider === "*" || name === provider);
    if (chosen.length === 0) throw new Error(`The simulator has no provider "${provider}".`);
    for (const one of chosen) {
      one.habits = { ...one.habits, ...habits };
      if (habits.offers !== undefined || habits.priceFactor !== undefined) this.#service.market.republish(one);
    }
  }

  breakAgreement(agreementId: string, code: ProviderBreakCode, message?: string): void {
    this.#service.agreements.breakBy(this.#service.agreements.find(agreementId), code, message);
  }

  crashExeUnit(activityId: string, message = "exe-unit was killed"): void {
    this.#service.activities.crash(activityId, message);
  }

  changeAppKey(key: string): void {
    this.appKey = key;
  }

  async restart({ downMs = 0, until, state = "kept" }: RestartOptions = {}): Promise<void> {
    await this.#hangUp();
    if (state === "lost") this.#service.forget();
    await Promise.all([until, new Promise<void>((resolve) => this.#world.after(downMs, resolve))]);
    if (this.#closed) return;
    this.#server = this.#createServer();
    await this.listen(this.#port);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#hangUp();
    await this.#service.activities.close();
    this.#world.stop();
    this.#sockets.close();
  }

  async #hangUp(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #createServer(): Server {
    const server = createServer((message, response) => void this.#serve(message, response));
    // A connection that is ended after an idle time may be ended just when a client, late on a busy machine, sends its next request on it.
    server.keepAliveTimeout = 0;
    return server.on("upgrade", (message, socket, head) => this.#upgrade(message, socket, head));
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    // Errors of a socket that was cut, by either side, are no errors of the server.
    message.on("error", () => undefined);
    response.on("error", () => undefined);
    const gone = new AbortController();
    this.openRequests += 1;
    response.once("close", () => {
      this.openRequests -= 1;
      gone.abort();
    });
    const url = new URL(message.url ?? "/", this.url);
    const body = await readBody(message);
    const route = this.#note(message, url, body);
    const fault = this.#faults.strike(route.operation);
    const perform = (): Promise<Outcome> => this.#perform(route, message, url, body, gone.signal, fault);
    send(response, fault === undefined ? await perform() : await this.#spoil(fault, perform, message, response));
  }

  #note(message: IncomingMessage, url: URL, body: string): Route {
    const method = message.method ?? "GET";
    const route = routeOf(method, url.pathname, message.headers.accept ?? "");
    const query = new URLSearchParams(url.search);
    query.delete("authToken");
    const text = query.size === 0 ? "" : `?${query.toString()}`;
    this.requests.push({ operation: route.operation, method, path: url.pathname, query: text, body });
    return route;
  }

  async #perform(
    route: Route,
    message: IncomingMessage,
    url: URL,
    text: string,
    closed: AbortSignal,
    fault: GolemFault | undefined,
  ): Promise<Outcome> {
    const [id = "", second = ""] = route.ids;
    try {
      if (!OPEN_TO_ALL.has(route.operation)) this.#admit(message, url);
      if (route.operation === "batchStream") {
        const { batch } = this.#service.activities.batch(id, second);
        return (response) => streamBatch(response, batch, this.#world, fault?.kind === "cut");
      }
      if (route.operation === "scanEvents") {
        const offers = this.#service.market.scanned(this.#service.market.scan(id));
        return (response) => streamOffers(response, offers, this.#world);
      }
      return await this.#service.answer({ ...route, query: url.searchParams, body: parseBody(text), closed });
    } catch (error) {
      if (error instanceof YagnaFailure) return { status: error.status, body: error };
      throw error;
    }
  }

  /** The key in the header, or in the query of a web socket. */
  #admit({ headers }: IncomingMessage, url: URL): void {
    const given = headers.authorization?.replace(/^Bearer /, "") ?? url.searchParams.get("authToken");
    if (given !== this.appKey) throw new YagnaFailure(401, "Unauthorized", "text/plain");
  }

  async #spoil(fault: GolemFault, perform: () => Promise<Outcome>, message: IncomingMessage, response: ServerResponse): Promise<Outcome> {
    switch (fault.kind) {
      case "silence":
        if (fault.effect) await perform();
        response.once("close", this.#held.hold(message));
        return await new Promise<never>(() => undefined);
      case "status":
        if (fault.effect) await perform();
        return { status: fault.status, body: fault.body ?? { message: "simulated" } };
      case "garbage":
        await perform();
        return "garbage";
      case "cut": {
        const outcome = fault.effect ? await perform() : undefined;
        return typeof outcome === "function" ? outcome : "cut";
      }
      case "slow": {
        const letGo = this.#held.hold(message);
        response.once("close", letGo);
        const outcome = await perform();
        await new Promise<void>((resolve) => this.#world.after(fault.ms, resolve));
        letGo();
        return outcome;
      }
    }
  }

  #upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => undefined);
    const url = new URL(message.url ?? "/", this.url);
    const { operation, ids } = this.#note(message, url, "");
    const [id = "", ip = "", port = ""] = ids;
    const fault = this.#faults.strike(operation);
    try {
      this.#admit(message, url);
    } catch {
      socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    const { gsb, networks } = this.#service;
    const exists = operation === "serviceSocket" ? gsb.has(id) : operation === "networkSocket" && networks.has(id, ip);
    if (fault?.kind === "status") socket.end(`HTTP/1.1 ${fault.status} Simulated\r\ncontent-length: 0\r\n\r\n`);
    else if (fault?.kind === "cut") socket.destroy();
    else if (!exists) socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    else if (fault?.kind !== "silence") {
      this.#sockets.handleUpgrade(message, socket, head, (opened) => {
        if (operation === "serviceSocket") gsb.attach(id, opened);
        else networks.connect(Number(port), opened);
      });
    }
  }
}

/** Requests that need no key; the registry is another server in truth. */
const OPEN_TO_ALL: ReadonlySet<string> = new Set(["version", "imageInfo"]);
