import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocketServer } from "ws";
import { type Listening, listen, type Reply } from "../../http/loopback-server.js";
import type { Lease } from "../chain/lease.js";
import type { AkashOperation } from "../faults.js";
import { type Incoming, json, serve } from "../http/faulty-server.js";
import { GATEWAY_KEY } from "../identities.js";
import type { MarketProvider } from "../provider/market-provider.js";
import type { World } from "../world.js";
import { streamEvents } from "./event-stream.js";
import { streamLogs } from "./log-stream.js";
import { answerFalseZero, runShell } from "./shell.js";
import { passUpgrade, refuseUpgrade, Stream, upgrade, type WsModule } from "./sockets.js";
import { bearer, TokenRefusal, type Wish } from "./token.js";

/** Marks what the proxy asks on somebody's behalf. */
export const VIA_PROXY_HEADER = "x-simulated-via-proxy";

const LEASE = /^\/lease\/(\d+)\/(\d+)\/(\d+)\/(status|manifest|logs|kubeevents|shell|service\/([^/]+)\/status)$/;
const MANIFEST = /^\/deployment\/(\d+)\/manifest$/;

const STREAMS = {
  logs: { operation: "gatewayLogs", scope: "logs" },
  kubeevents: { operation: "gatewayEvents", scope: "events" },
  shell: { operation: "gatewayShell", scope: "shell" },
} as const;

function operationOf(_method: string, path: string): AkashOperation {
  if (MANIFEST.test(path)) return "gatewayManifest";
  const what = LEASE.exec(path)?.[4];
  if (what === undefined) return "gatewayVersion";
  return what in STREAMS ? STREAMS[what as keyof typeof STREAMS].operation : what === "manifest" ? "gatewayManifest" : "gatewayStatus";
}

/** A provider's gateway on a socket of its own. */
export class Gateway {
  readonly #world: World;
  readonly #provider: MarketProvider;
  readonly #websockets: WebSocketServer;
  #listening: Listening | undefined;

  constructor(world: World, provider: MarketProvider, ws: WsModule) {
    this.#world = world;
    this.#provider = provider;
    this.#websockets = new ws.WebSocketServer({ noServer: true });
  }

  async listen(): Promise<void> {
    const isTls = (this.#world.options.gatewayTls ?? "self-signed") === "self-signed";
    const tls = isTls ? { key: GATEWAY_KEY, cert: this.#provider.certificate } : undefined;
    const listening = await listen((message, response) => void this.#handle(message, response), tls);
    this.#listening = listening;
    listening.server.on("upgrade", (message, socket, head) => void this.#upgrade(message, socket, head));
    listening.server.on("connection", (socket) => {
      if (!this.#provider.isOnline) socket.destroy();
    });
    this.#provider.hostUri = `${isTls ? "https" : "http"}://localhost:${listening.port}`;
  }

  /** Whoever is connected is cut off. */
  goOffline(): void {
    this.#listening?.server.closeAllConnections();
    for (const client of this.#websockets.clients) client.terminate();
  }

  async close(): Promise<void> {
    for (const client of this.#websockets.clients) client.terminate();
    this.#websockets.close();
    await this.#listening?.close();
  }

  #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    return serve(this.#world, message, response, operationOf, (incoming) => this.#perform(incoming), this.#origin);
  }

  readonly #origin = (message: IncomingMessage) => ({
    provider: this.#provider.options.name,
    viaProxy: message.headers[VIA_PROXY_HEADER] !== undefined,
  });

  async #perform({ message, method, url, body }: Incoming): Promise<Reply> {
    const { pathname } = url;
    if (method === "GET" && pathname === "/version") return json(200, { akash: { version: "v0.10.5" }, kube: { major: "1", minor: "31" } });
    if (method === "GET" && pathname === "/address") return json(200, { address: this.#provider.address });
    if (method === "GET" && pathname === "/status")
      return json(200, { cluster: { leases: this.#leases.length }, bidengine: { orders: 0 } });
    try {
      const [, dseq] = MANIFEST.exec(pathname) ?? [];
      if (method === "PUT" && dseq !== undefined) return this.#putManifest(message, dseq, body);
      const asked = LEASE.exec(pathname);
      if (method !== "GET" || asked === null) return json(404, { message: "not found" });
      const [, id = "", gseq = "", oseq = "", what = "", service] = asked;
      if (what in STREAMS) return json(400, { message: "websocket upgrade required" });
      this.#authorize(message, {
        scope: what === "manifest" ? "get-manifest" : "status",
        dseq: id,
        gseq: Number(gseq),
        oseq: Number(oseq),
      });
      const lease = this.#served(id, Number(gseq), Number(oseq));
      if (lease?.workload === undefined) return json(404, { message: "lease not found" });
      if (what === "status") return json(200, lease.workload.status);
      if (what === "manifest") return json(200, JSON.parse(this.#world.deployment(id)?.request.sdl.manifest ?? "[]"));
      const found = (lease.workload.status.services as Readonly<Record<string, object>>)[service ?? ""];
      return found === undefined ? json(404, { message: "service not found" }) : json(200, found);
    } catch (error) {
      if (!(error instanceof TokenRefusal)) throw error;
      return json(error.status, { message: error.message });
    }
  }

  get #leases(): readonly Lease[] {
    return this.#world.deployments.flatMap(({ leases }) => leases).filter(({ active, bid }) => active && bid.provider === this.#provider);
  }

  #putManifest(message: IncomingMessage, dseq: string, body: string): Reply {
    this.#authorize(message, { scope: "send-manifest", dseq });
    const deployment = this.#world.deployment(dseq);
    const leases = deployment?.leases.filter(({ active, bid, lost }) => active && !lost && bid.provider === this.#provider) ?? [];
    if (deployment === undefined || leases.length === 0) return json(404, { message: "no lease for deployment" });
    try {
      JSON.parse(body);
    } catch {
      return json(422, { message: "manifest is no JSON" });
    }
    const refused = deployment.refusalOf(body);
    if (refused !== undefined) return json(422, { message: refused });
    for (const lease of leases) deployment.deliver(lease);
    return { status: 200, text: "" };
  }

  #authorize(message: IncomingMessage, wish: Omit<Wish, "provider">): number {
    return this.#world.tokens.check(bearer(message.headers.authorization), { ...wish, provider: this.#provider.address });
  }

  /** What the provider really has. */
  #served(dseq: string, gseq: number, oseq: number): Lease | undefined {
    const lease = this.#world.lease(this.#provider, dseq, gseq, oseq);
    return lease === undefined || !lease.active || lease.lost ? undefined : lease;
  }

  async #upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const world = this.#world;
    socket.on("error", () => undefined);
    const url = new URL(message.url ?? "/", "http://akash");
    const [, dseq = "", gseq = "", oseq = "", what = ""] = LEASE.exec(url.pathname) ?? [];
    const operation = operationOf("GET", url.pathname);
    const { searchParams: query } = url;
    world.requests.push({
      atMs: world.host.now(),
      operation,
      method: "GET",
      path: url.pathname,
      query: url.search.slice(1),
      body: "",
      ...this.#origin(message),
    });
    if (!(what in STREAMS)) return refuseUpgrade(socket, 404, "not found");
    if (!(await passUpgrade(world, operation, message, socket))) return;
    const { scope } = STREAMS[what as keyof typeof STREAMS];
    const services = (query.get("service") ?? "").split(",").filter((name) => name !== "");
    if (what === "shell" && (services.length !== 1 || query.get("cmd0") === null))
      return refuseUpgrade(socket, 400, "cmd0 and service are required");
    try {
      const expiresAtMs = this.#authorize(message, { scope, dseq, gseq: Number(gseq), oseq: Number(oseq), services });
      const stream = new Stream(await upgrade(this.#websockets, message, socket, head), world, dseq);
      stream.endAt(expiresAtMs);
      this.#stream(stream, what, dseq, this.#served(dseq, Number(gseq), Number(oseq)), query, services);
    } catch (error) {
      if (!(error instanceof TokenRefusal)) throw error;
      refuseUpgrade(socket, error.status, error.message);
    }
  }

  #stream(stream: Stream, what: string, dseq: string, lease: Lease | undefined, query: URLSearchParams, services: readonly string[]): void {
    if (what === "shell" && this.#world.troubles.has("exec-false-zero")) {
      answerFalseZero(stream);
      return;
    }
    const workload = lease?.workload;
    if (workload === undefined) {
      stream.close(4_001, "lease not found");
      return;
    }
    const isFollowing = query.get("follow") === "true";
    if (what === "kubeevents") streamEvents(stream, workload, isFollowing, services);
    else if (what === "shell") runShell(stream, workload, query, services[0] ?? "");
    else {
      const tail = Number(query.get("tail") ?? -1);
      const again = this.#seen.has(dseq) && (this.#world.options.duplicateLines ?? true);
      this.#seen.add(dseq);
      streamLogs(stream, workload, { isFollowing, services, tail: again && tail >= 0 ? Math.max(tail, DUPLICATED_LINES) : tail });
    }
  }

  /** Deployments whose logs have been read before. */
  readonly #seen = new Set<string>();
}

const DUPLICATED_LINES = 2;
