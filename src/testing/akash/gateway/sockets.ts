import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import { importPeer } from "../../../kit/lazy-import.js";
import type { AkashOperation } from "../faults.js";
import type { World } from "../world.js";

export type WsModule = typeof import("ws");

/** Loads the websockets. @throws DEPENDENCY_MISSING when `ws` is not installed. */
export const loadWs = (): Promise<WsModule> => importPeer("ws", () => import("ws"), { subject: "The Akash simulator" });

const PING_MS = 10_000;

/** One websocket of a client: sends in order, and can end with or without a close frame. */
export class Stream {
  readonly socket: WebSocket;
  readonly #world: World;
  readonly #left: (() => void)[] = [];
  #unsent = 0;
  #cutWhenSent = false;
  #gone = false;

  constructor(socket: WebSocket, world: World, dseq: string) {
    this.socket = socket;
    this.#world = world;
    world.openStreams += 1;
    const entry = { dseq, cut: () => this.cut() };
    world.streams.add(entry);
    const ping = (): { cancel(): void } =>
      world.host.setTimer(PING_MS, () => {
        socket.ping();
        pinging = ping();
      });
    let pinging = ping();
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#gone = true;
      pinging.cancel();
      world.openStreams -= 1;
      world.streams.delete(entry);
      for (const leave of this.#left.splice(0)) leave();
    });
  }

  /** Called when the client or the server has ended it. */
  onLeave(leave: () => void): void {
    if (this.#gone) leave();
    else this.#left.push(leave);
  }

  send(data: string | Uint8Array): void {
    if (this.#gone || this.#cutWhenSent) return;
    this.#unsent += 1;
    this.socket.send(data, () => {
      this.#unsent -= 1;
      if (this.#cutWhenSent && this.#unsent === 0) this.socket.terminate();
    });
  }

  /** Without a close frame (1006), once what was sent is out. */
  cut(): void {
    this.#cutWhenSent = true;
    if (this.#unsent === 0) this.socket.terminate();
  }

  close(code: number, reason: string): void {
    if (!this.#gone) this.socket.close(code, reason);
  }

  /** Cuts it when a token ends. */
  endAt(atMs: number): void {
    const timer = this.#world.host.setTimer(Math.max(0, atMs - this.#world.host.now()), () => this.cut());
    this.onLeave(() => timer.cancel());
  }
}

/** Refuses an upgrade as an ordinary HTTP answer. */
export function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  const body = JSON.stringify({ message });
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** Lets a fault strike an upgrade. False: it was dealt with. */
export async function passUpgrade(world: World, operation: AkashOperation, message: IncomingMessage, socket: Duplex): Promise<boolean> {
  const fault = world.faults.strike(operation);
  switch (fault?.kind) {
    case undefined:
      return true;
    case "slow":
      await world.wait(message, fault.ms);
      return true;
    case "status":
      refuseUpgrade(socket, fault.status, "refused");
      return false;
    case "refuse":
    case "garbage":
    case "cut":
      socket.destroy();
      return false;
    case "silence":
      // Only a socket that is read tells that the other side has gone.
      socket.resume();
      socket.on("end", () => socket.destroy());
      socket.on("close", world.held.hold(message));
      return false;
  }
}

/** Turns a connection into a websocket. */
export function upgrade(server: WebSocketServer, message: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket> {
  return new Promise((resolve) => server.handleUpgrade(message, socket, head, resolve));
}
