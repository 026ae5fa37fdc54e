import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { AkashFailure, failureBody, refusal } from "../console/failure.js";
import type { AkashFault, AkashOperation } from "../fault-book.js";
import type { World } from "../world.js";

/** What is answered. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that was read. */
export interface Incoming {
  readonly message: IncomingMessage;
  readonly method: string;
  readonly url: URL;
  readonly body: string;
}

/** An answer in JSON. */
export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  text: JSON.stringify(value),
  headers: { "content-type": "application/json", ...headers },
});

/** A server of loopback, plain or with a certificate. */
export interface Listening {
  readonly server: Server;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a free port. */
export async function listen(listener: RequestListener, tls?: { readonly key: string; readonly cert: string }): Promise<Listening> {
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  // Of its own list the server forgets whatever was upgraded.
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    close: async () => {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Reads a request, lets a fault strike or performs it, and answers. */
export async function serve(
  world: World,
  message: IncomingMessage,
  response: ServerResponse,
  operationOf: (method: string, path: string) => AkashOperation,
  perform: (incoming: Incoming) => Promise<Reply>,
  extra: (message: IncomingMessage) => { readonly provider?: string; readonly viaProxy?: boolean } = () => ({}),
): Promise<void> {
  // Errors of a socket that was cut, by either side, are no errors of the server.
  message.on("error", () => undefined);
  response.on("error", () => undefined);
  const method = message.method ?? "GET";
  const url = new URL(message.url ?? "/", "http://akash");
  const body = await readBody(message);
  const operation = operationOf(method, url.pathname);
  world.requests.push({
    atMs: world.host.now(),
    operation,
    method,
    path: url.pathname,
    query: url.search.slice(1),
    body,
    ...extra(message),
  });
  const act = async (): Promise<Reply> => {
    try {
      return await perform({ message, method, url, body });
    } catch (error) {
      if (!(error instanceof AkashFailure)) throw error;
      return json(error.status, failureBody(error, world.contract), error.headers);
    }
  };
  const fault = world.faults.strike(operation);
  const reply = fault === undefined ? await act() : await spoil(world, fault, act, response);
  if (reply === "cut") message.socket.destroy();
  else if (!response.destroyed) response.writeHead(reply.status, reply.headers).end(reply.text);
}

async function spoil(world: World, fault: AkashFault, act: () => Promise<Reply>, response: ServerResponse): Promise<Reply | "cut"> {
  switch (fault.kind) {
    case "silence":
      if (fault.effect) await act();
      world.heldRequests += 1;
      await new Promise<void>((resolve) => {
        if (response.destroyed) resolve();
        else response.on("close", () => resolve());
      });
      world.heldRequests -= 1;
      return "cut";
    case "status": {
      if (fault.effect) await act();
      const { status, body, headers } = fault;
      return json(status, body ?? failureBody(new AkashFailure(status, "Something went wrong"), world.contract), headers);
    }
    case "refuse": {
      const failure = refusal(fault.as, fault.retryAfterS);
      return json(failure.status, failureBody(failure, world.contract), failure.headers);
    }
    case "garbage":
      return { ...(await act()), text: "<html>upstream" };
    case "slow": {
      const reply = await act();
      await world.wait(fault.ms);
      return reply;
    }
    case "cut":
      if (fault.effect) await act();
      return "cut";
  }
}

async function readBody(message: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of message) pieces.push(piece as Buffer);
  } catch {
    // The client went away; what it said is not complete, and nobody waits for an answer.
  }
  return Buffer.concat(pieces).toString("utf8");
}
