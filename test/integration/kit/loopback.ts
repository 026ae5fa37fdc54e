import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { afterEach } from "vitest";

/** A request as it arrived. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A real HTTP server on a free loopback port. */
export interface Loopback {
  readonly baseUrl: string;
  readonly arrived: readonly Arrived[];
  /** Resolves once so many requests have arrived completely. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

type Answer = (request: Arrived, response: ServerResponse) => void;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** Starts a server that is closed after the test. */
export async function loopback(answer: Answer): Promise<Loopback> {
  const arrived: Arrived[] = [];
  const waiting: { readonly count: number; readonly done: () => void }[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one = {
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      arrived.push(one);
      for (const { count, done } of waiting) if (arrived.length >= count) done();
      answer(one, response);
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const handle: Loopback = {
    baseUrl: `http://127.0.0.1:${port}`,
    arrived,
    received: (count) => new Promise((done) => (arrived.length >= count ? done() : waiting.push({ count, done }))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  open.push(handle);
  return handle;
}

/** Starts a bare TCP server, for answers that are no HTTP or never come. */
export async function loopbackTcp(onSocket: (socket: Socket) => void): Promise<{ readonly baseUrl: string }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  open.push({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
  return { baseUrl: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}` };
}

/** An address on which nobody listens. */
export async function refusedAddress(): Promise<string> {
  const server = await loopback(() => undefined);
  await server.close();
  return server.baseUrl;
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
