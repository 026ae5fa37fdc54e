import { connect } from "node:net";
import type { WebSocket } from "ws";
import { refused } from "./failure.js";
import type { YagnaWorld } from "./world.js";

interface Network {
  readonly id: string;
  readonly ip: string;
  readonly mask: string;
  readonly gateway: string;
  readonly nodes: Map<string, string>;
}

/** Private networks between the requestor and its providers' machines. */
export class Networks {
  readonly #world: YagnaWorld;
  readonly #networks = new Map<string, Network>();

  constructor(world: YagnaWorld) {
    this.#world = world;
  }

  create(body: unknown): object {
    const { ip, mask, gateway } = (typeof body === "object" && body !== null ? body : {}) as Partial<Record<string, unknown>>;
    if (typeof ip !== "string") throw refused(400, "Deserialize error: missing field `ip`");
    const network: Network = {
      id: this.#world.newId(),
      ip,
      mask: typeof mask === "string" ? mask : "255.255.255.0",
      gateway: typeof gateway === "string" ? gateway : ip.replace(/\d+$/, "1"),
      nodes: new Map(),
    };
    this.#networks.set(network.id, network);
    return show(network);
  }

  list(): readonly object[] {
    return [...this.#networks.values()].map(show);
  }

  get(id: string): object {
    return show(this.#find(id));
  }

  remove(id: string): void {
    this.#find(id);
    this.#networks.delete(id);
  }

  addNode(id: string, body: unknown): void {
    const { id: nodeId, ip } = (typeof body === "object" && body !== null ? body : {}) as Partial<Record<string, unknown>>;
    if (typeof nodeId !== "string" || typeof ip !== "string") throw refused(400, "Deserialize error: missing field `id` or `ip`");
    this.#find(id).nodes.set(nodeId, ip);
  }

  removeNode(id: string, nodeId: string): void {
    if (!this.#find(id).nodes.delete(nodeId)) throw refused(404, `Node ${nodeId} not found`);
  }

  has(id: string, ip: string): boolean {
    return [...(this.#networks.get(id)?.nodes.values() ?? [])].includes(ip);
  }

  /** A connection to a port of a node; its processes run on this machine, so it is a port of this machine. */
  connect(port: number, socket: WebSocket): void {
    const target = connect({ host: "127.0.0.1", port });
    target.on("data", (bytes) => socket.send(bytes));
    target.on("close", () => socket.close());
    target.on("error", () => socket.terminate());
    socket.on("message", (data) => target.write(Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)));
    socket.on("error", () => undefined);
    socket.on("close", () => target.destroy());
  }

  forget(): void {
    this.#networks.clear();
  }

  #find(id: string): Network {
    const found = this.#networks.get(id);
    if (found === undefined) throw refused(404, `Network ${id} not found`);
    return found;
  }
}

const show = ({ id, ip, mask, gateway }: Network): object => ({ id, ip, mask, gateway });
