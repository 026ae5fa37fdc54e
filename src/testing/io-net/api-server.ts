import type { IncomingMessage, ServerResponse } from "node:http";
import { FaultBook } from "../http/fault-book.js";
import { HeldRequests } from "../http/held-requests.js";
import { type Reply, readBody } from "../http/loopback-server.js";
import { IoNetFailure, refused } from "./failure.js";
import type { IoNetFault, IoNetOperation } from "./faults.js";
import { streamLog } from "./log-stream.js";
import type { IoNetRequestEntry, IoNetSimulatorOptions } from "./options.js";
import { type Route, routeOf } from "./routes.js";
import type { IoNetService } from "./service.js";

/** `cut`: no answer is to be given. */
type Outcome = Reply | "cut" | ((response: ServerResponse) => void);

/** The API on a socket, with its limits and the faults that are to strike. */
export class ApiServer {
  readonly requests: IoNetRequestEntry[] = [];
  readonly faults = new FaultBook<IoNetFault, IoNetOperation>();
  readonly held = new HeldRequests();
  readonly #service: IoNetService;
  readonly #options: IoNetSimulatorOptions;
  #recent: number[] = [];

  constructor(service: IoNetService, options: IoNetSimulatorOptions & { readonly apiKey: string }) {
    this.#service = service;
    this.#options = options;
  }

  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
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
    const fault = this.faults.strike(route.operation);
    const outcome = fault === undefined ? perform() : await this.#spoil(fault, perform, message, response);
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
    const nowMs = this.#options.host.now();
    const { rateLimit, keyExpiresAtMs } = this.#options;
    if (headers["x-api-key"] !== this.#options.apiKey) throw refused(401, "Invalid API key");
    if (keyExpiresAtMs !== undefined && keyExpiresAtMs <= nowMs) throw new IoNetFailure(400, { key_set: true });
    if (rateLimit === undefined) return;
    this.#recent = this.#recent.filter((atMs) => atMs > nowMs - rateLimit.perMs);
    if (this.#recent.length >= rateLimit.requests) throw new IoNetFailure(429, { detail: "Too many requests" }, { "retry-after": "2" });
    this.#recent.push(nowMs);
  }

  async #spoil(fault: IoNetFault, perform: () => Outcome, message: IncomingMessage, response: ServerResponse): Promise<Outcome> {
    const happens = "effect" in fault ? fault.effect : true;
    const outcome = happens ? perform() : undefined;
    switch (fault.kind) {
      case "silence":
        this.#hold(message, response);
        return new Promise<never>(() => undefined);
      case "status":
        return { status: fault.status, text: JSON.stringify(fault.body ?? { detail: "simulated" }), headers: fault.headers ?? {} };
      case "garbage":
        return { status: 200, text: "<html>" };
      case "cut":
        return "cut";
      case "slow": {
        const letGo = this.#hold(message, response);
        await new Promise<void>((resolve) => this.#options.host.setTimer(fault.ms, resolve));
        letGo();
        return outcome ?? "cut";
      }
    }
  }

  /** Counts a request as held back until it is let go or its connection ends. */
  #hold(message: IncomingMessage, response: ServerResponse): () => void {
    const letGo = this.held.hold(message);
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
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new IoNetFailure(422, { detail: [{ loc: ["body"], msg: "JSON decode error", type: "json_invalid" }] });
  }
}
