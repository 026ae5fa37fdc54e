import { type IncomingMessage, request as plainRequest, type ServerResponse } from "node:http";
import { request as tlsRequest } from "node:https";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { WebSocketServer } from "ws";
import { z } from "zod";
import { REQUEST_ID_HEADER } from "../../http/held-requests.js";
import { type Listening, listen, type Reply } from "../../http/loopback-server.js";
import { type Incoming, json, serve } from "../http/faulty-server.js";
import type { World } from "../world.js";
import { VIA_PROXY_HEADER } from "./gateway.js";
import { nameOf, refusalOf } from "./proxy-rules.js";
import { ProxyStream } from "./proxy-stream.js";
import { passUpgrade, upgrade, type WsModule } from "./sockets.js";

const auth = z.discriminatedUnion("type", [
  z.object({ type: z.literal("jwt"), token: z.string().min(1) }),
  z.object({ type: z.literal("mtls"), certPem: z.string().min(1), keyPem: z.string().min(1) }),
]);

/** What the proxy is asked by HTTP. */
export const proxyBody = z.object({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
  url: z.string(),
  providerAddress: z.string().min(1),
  auth: auth.optional(),
  body: z.string().optional(),
  timeout: z.number().positive().optional(),
});

type Wish = z.infer<typeof proxyBody>;

const TIMEOUT_MS = 9_000;
const MOST_TIMEOUT_MS = 30_000;
const RETRIES = 3;

/** What became of one attempt. */
type Attempt = Reply | "not-tls" | "bad-certificate" | "unreachable";

/** The Console's proxy to gateways: pins certificates where a browser cannot. */
export class ProviderProxy {
  readonly #world: World;
  readonly #ws: WsModule;
  readonly #websockets: WebSocketServer;
  #listening: Listening | undefined;

  constructor(world: World, ws: WsModule) {
    this.#world = world;
    this.#ws = ws;
    this.#websockets = new ws.WebSocketServer({ noServer: true });
  }

  async listen(): Promise<string> {
    const listening = await listen((message, response) => void this.#handle(message, response));
    this.#listening = listening;
    listening.server.on("upgrade", (message, socket, head) => void this.#upgrade(message, socket, head));
    return `http://127.0.0.1:${listening.port}`;
  }

  async close(): Promise<void> {
    for (const client of this.#websockets.clients) client.terminate();
    this.#websockets.close();
    await this.#listening?.close();
  }

  #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    return serve(
      this.#world,
      message,
      response,
      () => "proxyHttp",
      (incoming) => this.#perform(incoming),
    );
  }

  async #upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const world = this.#world;
    socket.on("error", () => undefined);
    world.requests.push({
      atMs: world.host.now(),
      operation: "proxySocket",
      method: "GET",
      path: message.url ?? "/",
      query: "",
      body: "",
    });
    if (!(await passUpgrade(world, "proxySocket", message, socket))) return;
    new ProxyStream(await upgrade(this.#websockets, message, socket, head), world, this.#ws);
  }

  async #perform({ message, method, url, body }: Incoming): Promise<Reply> {
    if (method !== "POST" || url.pathname !== "/") return json(404, { message: "not found" });
    const wish = readWish(body);
    const refused = wish === undefined ? "invalid request" : refusalOf(this.#world, wish.url);
    if (wish === undefined || refused !== undefined) return json(400, { message: refused });
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.#attempt(wish, message.headers[REQUEST_ID_HEADER]);
      if (answer === "bad-certificate") return json(495, { message: "invalid certificate" });
      if (answer === "not-tls") return json(400, { message: "the provider does not speak TLS" });
      const isOver = answer !== "unreachable" && answer.status < 500;
      if (isOver || attempt === RETRIES) return answer === "unreachable" ? json(503, { message: "provider is unreachable" }) : answer;
    }
  }

  #attempt(wish: Wish, requestId: string | readonly string[] | undefined): Promise<Attempt> {
    const { host } = this.#world;
    const target = new URL(wish.url);
    const headers: Record<string, string> = { [VIA_PROXY_HEADER]: "1", connection: "close" };
    if (wish.auth?.type === "jwt") headers["authorization"] = `Bearer ${wish.auth.token}`;
    // Held back there, it is held back here.
    if (typeof requestId === "string") headers[REQUEST_ID_HEADER] = requestId;
    if (wish.body !== undefined) headers["content-type"] = "application/json";
    return new Promise((resolve) => {
      // The certificate is checked below, by the name that it must bear.
      const options = { method: wish.method, headers, rejectUnauthorized: false, agent: false as const };
      const request = target.protocol === "https:" ? tlsRequest(target, options) : plainRequest(target, options);
      const timer = host.setTimer(Math.min(wish.timeout ?? TIMEOUT_MS, MOST_TIMEOUT_MS), () => request.destroy(new Error("timed out")));
      const settle = (answer: Attempt): void => {
        timer.cancel();
        resolve(answer);
      };
      request.on("socket", (socket) => {
        socket.once("secureConnect", () => {
          if (nameOf(socket as TLSSocket) === wish.providerAddress) return;
          settle("bad-certificate");
          request.destroy();
        });
      });
      request.on("error", (error: NodeJS.ErrnoException) => settle(error.code === "EPROTO" ? "not-tls" : "unreachable"));
      request.on("response", (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", () => settle("unreachable"));
        response.on("end", () =>
          settle({
            status: response.statusCode ?? 502,
            text: Buffer.concat(pieces).toString("utf8"),
            headers: { "content-type": response.headers["content-type"] ?? "application/json" },
          }),
        );
      });
      request.end(wish.body);
    });
  }
}

function readWish(body: string): Wish | undefined {
  try {
    return proxyBody.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}
