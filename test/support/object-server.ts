import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What may go wrong with one request. */
export type Trouble =
  | { readonly kind: "status"; readonly status: number }
  /** The connection breaks: before anything is answered, or in the middle of the bytes. */
  | { readonly kind: "reset" }
  | { readonly kind: "cut" }
  /** A PUT is carried out, but the answer never arrives. */
  | { readonly kind: "done-then-reset" }
  /** Nothing happens until the client goes away. */
  | { readonly kind: "silence" }
  /** Other bytes than those stored. */
  | { readonly kind: "wrong-bytes" };

/** One request, in the order of arrival. */
export interface SeenRequest {
  readonly method: string;
  readonly name: string;
  /** How many requests of this method and name came before. */
  readonly earlier: number;
}

/** Objects behind URLs that each allow one method on one object for a while, as presigned ones do. */
export interface ObjectServer {
  readonly objects: Map<string, Buffer>;
  readonly requests: SeenRequest[];
  /** A URL for one method on one object. `once`: the PUT needs {@link ONCE_HEADERS}, and finds nothing there or is refused with 412. */
  url(method: "GET" | "PUT", name: string, state?: "valid" | "expired" | "once"): string;
  /** Asked about each allowed request; nothing means that it goes well. */
  trouble: (request: SeenRequest) => Trouble | undefined;
  count(method: string, name: string): number;
  /** Breaks the connections that are kept in silence, and answers how many there were. */
  hangUp(): number;
}

/** What a PUT to a URL of state `once` has to say. */
export const ONCE_HEADERS = {
  "content-type": "application/octet-stream",
  "if-none-match": "*",
  "x-amz-server-side-encryption": "aws:kms",
} as const;

const signatureOf = (method: string, name: string, state: string): string =>
  createHash("sha256").update(`${method} ${name} ${state} secret`).digest("hex");

/** Starts an object server on loopback for one test. */
export async function objectServer(): Promise<ObjectServer> {
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;

  const silent: IncomingMessage[] = [];
  const store: ObjectServer = {
    objects: new Map(),
    requests: [],
    trouble: () => undefined,
    url: (method, name, state = "valid") =>
      `http://127.0.0.1:${port}/${name}?method=${method}&state=${state}&signature=${signatureOf(method, name, state)}`,
    count: (method, name) => store.requests.filter((seen) => seen.method === method && seen.name === name).length,
    hangUp: () => silent.splice(0).map((request) => request.socket.resetAndDestroy()).length,
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const name = decodeURIComponent(url.pathname.slice(1));
    const method = request.method ?? "";
    const seen = { method, name, earlier: store.count(method, name) };
    store.requests.push(seen);
    const { searchParams } = url;
    const state = searchParams.get("state") ?? "";
    const allowed = searchParams.get("method") === method && searchParams.get("signature") === signatureOf(method, name, state);
    if (!allowed || state === "expired") return answer(request, response, 403);
    const isOnce = state === "once";
    if (isOnce && Object.entries(ONCE_HEADERS).some(([header, value]) => request.headers[header] !== value))
      return answer(request, response, 403);
    const trouble = store.trouble(seen);
    if (trouble?.kind === "silence") return void silent.push(request);
    if (trouble?.kind === "reset") return void request.socket.resetAndDestroy();
    if (trouble?.kind === "status") return answer(request, response, trouble.status);
    if (isOnce && store.objects.has(name)) return answer(request, response, 412);
    if (method === "PUT") return put(request, response, name, trouble);
    return get(request, response, name, trouble);
  }

  async function put(request: IncomingMessage, response: ServerResponse, name: string, trouble: Trouble | undefined): Promise<void> {
    // Presigned URLs take no chunked bodies: the length must be known.
    const length = request.headers["content-length"];
    if (length === undefined) return answer(request, response, 411);
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) {
      pieces.push(piece);
      if (trouble?.kind === "cut") return void request.socket.resetAndDestroy();
    }
    const body = Buffer.concat(pieces);
    if (body.length !== Number(length)) return;
    store.objects.set(name, body);
    if (trouble?.kind === "done-then-reset") return void request.socket.resetAndDestroy();
    response.writeHead(200).end();
  }

  async function get(request: IncomingMessage, response: ServerResponse, name: string, trouble: Trouble | undefined): Promise<void> {
    const body = store.objects.get(name);
    if (body === undefined) return answer(request, response, 404);
    response.writeHead(200, { "content-length": body.length });
    if (trouble?.kind === "cut") {
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => request.socket.resetAndDestroy());
      return;
    }
    response.end(trouble?.kind === "wrong-bytes" ? Buffer.alloc(body.length, "x") : body);
  }

  return store;
}

async function answer(request: IncomingMessage, response: ServerResponse, status: number): Promise<void> {
  request.resume();
  response.writeHead(status, { "content-type": "text/plain" }).end(`status ${status}\n`);
}
