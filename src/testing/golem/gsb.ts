import type { RawData, WebSocket } from "ws";
import { Bell } from "./bell.js";
import { refused } from "./failure.js";
import { type FlexValue, readFlexbuffer } from "./flexbuffer-reader.js";
import { writeFlexbuffer } from "./flexbuffer-writer.js";
import type { YagnaWorld } from "./world.js";

/** A message could not be answered. */
export class GsbError extends Error {}

/** A service of the requestor's, reached over a web socket: what serves or takes a file. */
interface Service {
  readonly id: string;
  readonly on: string;
  readonly components: readonly string[];
  readonly bell: Bell;
  readonly waiting: Map<string, { readonly resolve: (payload: FlexValue) => void; readonly reject: (error: GsbError) => void }>;
  socket: WebSocket | undefined;
}

/** A provider waits so long for the other side of a service, ms. */
const ATTACH_MS = 10_000;

/** Services that the requestor has bound. */
export class GsbServices {
  readonly #world: YagnaWorld;
  readonly #services = new Map<string, Service>();
  #messages = 0;

  constructor(world: YagnaWorld) {
    this.#world = world;
  }

  get count(): number {
    return this.#services.size;
  }

  bind(body: unknown): object {
    const { listen } = (typeof body === "object" && body !== null ? body : {}) as { readonly listen?: Partial<Record<string, unknown>> };
    const on = listen?.["on"];
    const components = listen?.["components"];
    if (typeof on !== "string" || !Array.isArray(components)) throw refused(400, "Deserialize error: missing field `listen`");
    const id = Buffer.from(on).toString("base64url");
    if (this.#services.has(id)) throw refused(409, `Service [${on}] is already bound.`);
    this.#services.set(id, {
      id,
      on,
      components: components.map(String),
      bell: new Bell(this.#world),
      waiting: new Map(),
      socket: undefined,
    });
    return { listen: { on, components }, servicesId: id };
  }

  has(id: string): boolean {
    return this.#services.has(id);
  }

  unbind(id: string): void {
    const service = this.#services.get(id);
    if (service === undefined) throw refused(404, `Service [${id}] not found.`);
    this.#services.delete(id);
    this.#drop(service, "the service was unbound");
    service.socket?.close(1000);
  }

  /** The requestor's socket for a service. */
  attach(id: string, socket: WebSocket): void {
    const service = this.#services.get(id);
    if (service === undefined) {
      socket.close(1008);
      return;
    }
    service.socket = socket;
    socket.on("message", (data) => this.#answered(service, data));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (service.socket === socket) service.socket = undefined;
      this.#drop(service, "the socket was closed");
    });
    service.bell.ring();
  }

  /** Sends a message to a service and waits for its answer. Rejects with a GsbError. */
  async call(on: string, component: string, payload: FlexValue): Promise<FlexValue> {
    const service = [...this.#services.values()].find((one) => one.on === on);
    if (service === undefined) throw new GsbError(`endpoint address not found: ${on}`);
    if (!service.components.includes(component)) throw new GsbError(`no component ${component} at ${on}`);
    const patience = { timeoutMs: ATTACH_MS, closed: new AbortController().signal };
    const socket = await service.bell.wait(() => service.socket, patience);
    if (socket === undefined) throw new GsbError(`no listener at ${on}`);
    this.#messages += 1;
    const id = String(this.#messages);
    return await new Promise<FlexValue>((resolve, reject) => {
      service.waiting.set(id, { resolve, reject });
      socket.send(writeFlexbuffer({ id, component, payload }));
    });
  }

  /** Every socket is cut; services stay. */
  cut(): void {
    for (const service of this.#services.values()) service.socket?.terminate();
  }

  forget(): void {
    for (const service of this.#services.values()) this.#drop(service, "the daemon has restarted");
    this.cut();
    this.#services.clear();
  }

  #answered(service: Service, data: RawData): void {
    try {
      const answer = readFlexbuffer(bytesOf(data)) as { readonly id: FlexValue; readonly payload?: FlexValue };
      service.waiting.get(String(answer.id))?.resolve(answer.payload ?? null);
      service.waiting.delete(String(answer.id));
    } catch {
      this.#drop(service, "an answer could not be read");
      service.socket?.close(1003);
    }
  }

  #drop(service: Service, why: string): void {
    for (const { reject } of service.waiting.values()) reject(new GsbError(why));
    service.waiting.clear();
  }
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
