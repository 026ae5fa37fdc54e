import type { IncomingMessage, ServerResponse } from "node:http";
import type { Reply } from "../../http/loopback-server.js";
import { type Incoming, json, serve, type Wait } from "../http/faulty-server.js";
import { OWNER } from "../identities.js";
import { FUNDING, type World } from "../world.js";
import { ConsoleService } from "./console-service.js";
import { Discovery } from "./discovery.js";
import { AkashFailure, badRequest, notFound } from "./failure.js";
import { type Route, routeOf } from "./routes.js";
import { withUnknownFields } from "./unknown-fields.js";
import { viewDurations, viewPublic } from "./views.js";

const MOST_BODY_BYTES = 512 * 1024;
const MOST_SCREENING_BYTES = 64 * 1024;
const MOST_PUBLIC_LIST = 100;

/** The Console API on a socket. */
export class ConsoleServer {
  readonly #world: World;
  readonly #service: ConsoleService;
  readonly #discovery: Discovery;
  readonly #cache = new Map<string, { readonly untilMs: number; readonly value: object }>();
  #recent: number[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#service = new ConsoleService(world);
    this.#discovery = new Discovery(world);
  }

  handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { contract } = this.#world;
    return serve(
      this.#world,
      message,
      response,
      (method, path) => routeOf(method, path, contract).operation,
      (incoming) => this.#perform(incoming),
    );
  }

  async #perform({ message, method, url, body, wait }: Incoming): Promise<Reply> {
    const route = routeOf(method, url.pathname, this.#world.contract);
    this.#limitRate();
    if (route.operation === "unknown") throw notFound("Resource");
    if (route.guarded) this.#authenticate(message);
    const parsed = this.#readBody(route, method, message, body);
    if (route.operation === "close") {
      const { status, value } = await this.#service.close(route.ids[0] ?? "", url.searchParams.get("async") === "true", wait);
      return json(status, this.#decorate(value));
    }
    const value = await this.#answer(route, method, url.searchParams, parsed, wait);
    const isCreated = route.operation === "create" || route.operation === "jwt" || (route.operation === "settings" && method === "POST");
    return json(isCreated ? 201 : 200, this.#decorate(value));
  }

  async #answer(
    { operation, ids: [id = "", second = "", third = ""] }: Route,
    method: string,
    query: URLSearchParams,
    body: unknown,
    wait: Wait,
  ) {
    const { contract, options, host, clock, deployments } = this.#world;
    const service = this.#service;
    switch (operation) {
      case "create":
        return service.create(body, wait);
      case "list":
        return service.list(query);
      case "detail":
        return service.detail(id);
      case "update":
        return service.update(id, body, wait);
      case "bids":
        return service.bids(id === "" ? (query.get("dseq") ?? undefined) : id);
      case "lease":
        return service.lease(body, wait);
      case "deposit":
        return service.deposit(body, wait);
      case "activity":
        return service.activity(id);
      case "jwt":
        return service.token(body);
      case "settings":
        return service.settings(method, id === "" ? undefined : id, body);
      case "balances":
        return service.balances();
      case "fundingConfig": {
        const { targetRunwayHours, balanceHeadroomUsd, defaultDepositUsd } = FUNDING;
        return { targetRunwayHours, balanceHeadroomUsd, defaultDepositUsd };
      }
      case "certificates":
        throw badRequest("Certificates are no longer supported. Use JWT instead.");
      case "publicDetail":
        return this.#cached(`detail ${second}`, options.publicCacheMs ?? 30_000, () => {
          const found = id === OWNER ? this.#world.deployment(second) : undefined;
          if (found === undefined) throw notFound("Deployment");
          return viewPublic(found, (text) => host.sha256(text));
        });
      case "publicList":
        return this.#cached(`list ${id} ${second} ${third} ${query}`, options.publicCacheMs ?? 30_000, () => {
          if (Number(third) > MOST_PUBLIC_LIST) throw badRequest("Limit must be at most 100");
          const status = query.get("status");
          const all = deployments.filter(({ state }) => id === OWNER && (status === null || state === status)).reverse();
          const page = all.slice(Number(second), Number(second) + Number(third));
          return { count: all.length, results: page.map((one) => viewPublic(one, (text) => host.sha256(text))) };
        });
      case "durations": {
        const dseq = query.get("dseq");
        const mine = deployments.filter((one) => id === OWNER && (dseq === null || one.dseq === dseq));
        return viewDurations(mine, clock.height, host.now());
      }
      case "providers":
        return this.#cached(`providers ${query}`, options.providersCacheMs ?? 60_000, () => this.#discovery.providers(query));
      case "provider":
        return this.#discovery.provider(id);
      case "gpuPrices":
        return this.#discovery.gpuPrices();
      case "gpu":
        return this.#discovery.gpu(query);
      case "bidScreening":
        return this.#discovery.screen(body);
      case "auditors":
        return this.#discovery.auditors();
      case "marketData":
        return this.#discovery.marketData();
      case "blocks":
        return this.#discovery.blocks(query);
      default:
        throw notFound(contract === "aug" ? "Resource" : "Route");
    }
  }

  #authenticate({ headers }: IncomingMessage): void {
    const { options, host } = this.#world;
    const key = headers["x-api-key"];
    if (headers.authorization !== undefined && key !== undefined) throw badRequest("Use either an API key or a bearer token, not both");
    if (key === undefined) throw new AkashFailure(401, "Unauthorized");
    const isExpired = options.keyExpiresAtMs !== undefined && host.now() >= options.keyExpiresAtMs;
    if (key !== apiKeyOf(options.apiKey) || isExpired) throw new AkashFailure(401, "Invalid API key");
  }

  #readBody({ operation }: Route, method: string, { headers }: IncomingMessage, body: string): unknown {
    if (method === "GET" || method === "DELETE") return undefined;
    if (!(headers["content-type"] ?? "").startsWith("application/json")) throw badRequest("Content-Type must be application/json");
    const most = operation === "bidScreening" ? MOST_SCREENING_BYTES : MOST_BODY_BYTES;
    if (Buffer.byteLength(body) > most) throw new AkashFailure(413, "Request body is too large");
    try {
      return JSON.parse(body);
    } catch {
      throw badRequest("Malformed JSON in request body");
    }
  }

  #limitRate(): void {
    const { rateLimit } = this.#world.options;
    if (rateLimit === undefined) return;
    const nowMs = this.#world.host.monotonic();
    this.#recent = this.#recent.filter((atMs) => nowMs - atMs < rateLimit.perMs);
    if (this.#recent.length >= rateLimit.requests) {
      const waitMs = rateLimit.perMs - (nowMs - (this.#recent[0] ?? nowMs));
      throw new AkashFailure(429, "Too many requests", { headers: { "retry-after": String(Math.max(1, Math.ceil(waitMs / 1_000))) } });
    }
    this.#recent.push(nowMs);
  }

  #cached(key: string, ms: number, make: () => object): object {
    const nowMs = this.#world.host.monotonic();
    const found = this.#cache.get(key);
    if (found !== undefined && nowMs < found.untilMs) return found.value;
    const value = make();
    this.#cache.set(key, { untilMs: nowMs + ms, value });
    return value;
  }

  #decorate(value: object): unknown {
    return (this.#world.options.unknownFields ?? true) ? withUnknownFields(value) : value;
  }
}

/** The key that is expected. */
export const apiKeyOf = (given: string | undefined): string => given ?? "ac.sk.simulated.test-key";
