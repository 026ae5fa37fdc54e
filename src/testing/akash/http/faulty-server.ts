import type { IncomingMessage, ServerResponse } from "node:http";
import { type Reply, readBody } from "../../http/loopback-server.js";
import { AkashFailure, failureBody, refusal } from "../console/failure.js";
import type { AkashFault, AkashOperation } from "../faults.js";
import type { World } from "../world.js";

/** A request that was read. */
export interface Incoming {
  readonly message: IncomingMessage;
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  /** Lets time pass before it is answered. */
  readonly wait: Wait;
}

/** Resolves when so many ms have passed. */
export type Wait = (ms: number) => Promise<void>;

/** An answer in JSON. */
export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  text: JSON.stringify(value),
  headers: { "content-type": "application/json", ...headers },
});

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
  const wait: Wait = (ms) => world.wait(message, ms);
  const act = async (): Promise<Reply> => {
    try {
      return await perform({ message, method, url, body, wait });
    } catch (error) {
      if (!(error instanceof AkashFailure)) throw error;
      return json(error.status, failureBody(error, world.contract), error.headers);
    }
  };
  const fault = world.faults.strike(operation);
  const reply = fault === undefined ? await act() : await spoil(world, fault, act, wait, message, response);
  if (reply === "cut") message.socket.destroy();
  else if (!response.destroyed) response.writeHead(reply.status, reply.headers).end(reply.text);
}

async function spoil(
  world: World,
  fault: AkashFault,
  act: () => Promise<Reply>,
  wait: Wait,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<Reply | "cut"> {
  switch (fault.kind) {
    case "silence": {
      if (fault.effect) await act();
      const letGo = world.held.hold(message);
      await new Promise<void>((resolve) => {
        if (response.destroyed) resolve();
        else response.on("close", () => resolve());
      });
      letGo();
      return "cut";
    }
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
      await wait(fault.ms);
      return reply;
    }
    case "cut":
      if (fault.effect) await act();
      return "cut";
  }
}
