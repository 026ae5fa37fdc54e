import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { WebSocket } from "ws";
import { z } from "zod";
import type { World } from "../world.js";
import { VIA_PROXY_HEADER } from "./gateway.js";
import { nameOf, refusalOf } from "./proxy-rules.js";
import { Stream, type WsModule } from "./sockets.js";

const wishSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ping") }),
  z.object({
    type: z.literal("websocket"),
    url: z.string(),
    providerAddress: z.string().min(1),
    auth: z.object({ type: z.literal("jwt"), token: z.string().min(1) }).optional(),
    data: z.string().optional(),
    isBase64: z.boolean().optional(),
  }),
]);

type Wish = Extract<z.infer<typeof wishSchema>, { readonly type: "websocket" }>;

/** One client of the proxy's websocket, and the gateway that it has been connected with. */
export class ProxyStream {
  readonly #world: World;
  readonly #ws: WsModule;
  readonly #stream: Stream;
  #upstream: { readonly url: string; readonly socket: WebSocket; readonly waiting: Buffer[] } | undefined;

  constructor(socket: WebSocket, world: World, ws: WsModule) {
    this.#world = world;
    this.#ws = ws;
    this.#stream = new Stream(socket, world, "");
    this.#stream.onLeave(() => this.#upstream?.socket.terminate());
    socket.on("message", (data) => this.#hear(String(data)));
  }

  #hear(text: string): void {
    const wish = read(text);
    if (wish === undefined) this.#tell({ type: "websocket", error: "invalid message" });
    else if (wish.type === "ping") this.#tell({ type: "pong" });
    else this.#forward(wish);
  }

  #forward(wish: Wish): void {
    const refused = refusalOf(this.#world, wish.url);
    if (refused !== undefined) {
      this.#tell({ type: "websocket", error: refused });
      return;
    }
    const upstream = this.#upstream?.url === wish.url ? this.#upstream : this.#connect(wish);
    if (wish.data === undefined) return;
    const data = Buffer.from(wish.data, wish.isBase64 === true ? "base64" : "utf8");
    if (upstream.socket.readyState === this.#ws.WebSocket.OPEN) upstream.socket.send(data);
    else upstream.waiting.push(data);
  }

  #connect({ url, providerAddress, auth, isBase64 = false }: Wish) {
    this.#upstream?.socket.terminate();
    const token = auth?.token;
    const socket = new this.#ws.WebSocket(url.replace(/^http/, "ws"), {
      rejectUnauthorized: false,
      headers: { [VIA_PROXY_HEADER]: "1", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    });
    const upstream = { url, socket, waiting: [] as Buffer[] };
    this.#upstream = upstream;
    const isExpired = (): boolean => {
      const endsAtMs = token === undefined ? undefined : this.#world.tokens.expiryMs(token);
      return endsAtMs !== undefined && this.#world.host.now() >= endsAtMs;
    };
    socket.on("upgrade", ({ socket: peer }: IncomingMessage) => {
      if (!url.startsWith("https") && !url.startsWith("wss")) return;
      if (nameOf(peer as TLSSocket) !== providerAddress) this.#stream.close(1_008, "invalidCertificate.CertSignatureMismatch");
    });
    socket.on("open", () => {
      for (const data of upstream.waiting.splice(0)) socket.send(data);
    });
    socket.on("message", (data: Buffer, isBinary) => {
      const message = isBinary ? (isBase64 ? data.toString("base64") : data.toJSON()) : data.toString();
      this.#tell({ type: "websocket", message });
    });
    let refusedWith: number | undefined;
    socket.on("unexpected-response", (_request, response) => {
      refusedWith = response.statusCode;
      response.resume();
      socket.terminate();
    });
    socket.on("error", () => undefined);
    socket.on("close", (code, reason) => {
      if (this.#upstream === upstream) this.#upstream = undefined;
      if (isExpired()) this.#tell({ type: "websocket", error: "tokenExpired" });
      else
        this.#tell({ type: "websocket", closed: true, code, reason: refusedWith === undefined ? String(reason) : `HTTP ${refusedWith}` });
    });
    return upstream;
  }

  #tell(value: object): void {
    this.#stream.send(JSON.stringify(value));
  }
}

function read(text: string): z.infer<typeof wishSchema> | undefined {
  try {
    return wishSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
