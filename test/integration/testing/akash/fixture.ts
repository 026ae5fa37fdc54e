import { Agent, request } from "node:https";
import { onTestFinished } from "vitest";
import WebSocket from "ws";
import { type SimulatedAkash, type SimulatedAkashOptions, startSimulatedAkash } from "../../../../src/testing/akash/index.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";

/** Whatever was answered. Tests look at it through schemas or by path. */
// biome-ignore lint/suspicious/noExplicitAny: answers of the simulated service are read as a client without types would.
type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** What a small job needs, with changes for one test. */
export function sdlOf(
  over: {
    readonly argv?: readonly string[];
    readonly env?: readonly string[];
    readonly ceiling?: number | string;
    readonly gpu?: object;
    readonly placement?: object;
    readonly service?: object;
    readonly image?: string;
    readonly top?: object;
  } = {},
): string {
  return JSON.stringify({
    version: "2.0",
    services: {
      job: {
        image: over.image ?? "registry.example/work:1",
        args: over.argv ?? ["sleep", "3600000"],
        env: over.env ?? ["NONCE=one"],
        expose: [{ port: 8080, as: 8080, to: [{ global: true }] }],
        ...over.service,
      },
    },
    profiles: {
      compute: {
        job: {
          resources: {
            cpu: { units: 2 },
            memory: { size: "4Gi" },
            storage: [{ size: "10Gi" }],
            ...(over.gpu === undefined ? {} : { gpu: over.gpu }),
          },
        },
      },
      placement: { dcloud: { pricing: { job: { denom: "uakt", amount: over.ceiling ?? 100_000 } }, ...over.placement } },
    },
    deployment: { job: { dcloud: { profile: "job", count: 1 } } },
    ...over.top,
  });
}

/** The simulator on virtual time; requests that wait for time drive it. */
export async function onVirtualTime(options: Partial<SimulatedAkashOptions> = {}) {
  const host = createVirtualHost();
  const simulator = await startSimulatedAkash({ host, unknownFields: false, ...options });
  onTestFinished(() => simulator.close());
  // One after another: two requests that wait would otherwise drive time both.
  let passing: Promise<void> = Promise.resolve();
  const advance = (ms: number): Promise<void> => {
    passing = passing.then(() => host.advance(ms));
    return passing;
  };
  return { host, simulator, ...clientOf(simulator, advance) };
}

/** Calls of a client; `advance` is used while answers wait for time to pass. */
export function clientOf(simulator: SimulatedAkash, advance: (ms: number) => Promise<void>) {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  const drive = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    while (!settled) {
      await turn();
      if (!settled && simulator.heldRequests > 0) await advance(500);
    }
    return watched;
  };

  const ask = async (url: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(url, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
  };

  const api = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Answer> =>
    drive(
      ask(simulator.url + path, {
        method,
        headers: {
          "x-api-key": simulator.apiKey,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      }),
    );

  /** A new deployment's dseq and manifest. */
  const create = async (sdl = sdlOf(), more: object = {}): Promise<{ dseq: string; manifest: string }> => {
    const { status, body } = await api("POST", "/v1/deployments", { data: { sdl, ...more } });
    if (status !== 201) throw new Error(`create answered ${status}: ${JSON.stringify(body)}`);
    return body.data;
  };

  const bids = async (dseq: string): Promise<Json[]> => (await api("GET", `/v1/bids/${dseq}`)).body.data;

  /** Takes the cheapest bid, or that of a provider, once all are there. */
  const lease = async ({ dseq, manifest }: { dseq: string; manifest: string }, provider?: string): Promise<Answer> => {
    await advance(30_000);
    const open = (await bids(dseq)).filter(({ bid }) => bid.state === "open");
    open.sort((a, b) => Number(a.bid.price.amount) - Number(b.bid.price.amount));
    const address = simulator.providers.find(({ name }) => name === provider)?.address;
    const chosen = address === undefined ? open[0] : open.find(({ bid }) => bid.id.provider === address);
    if (chosen === undefined) throw new Error("There is no such bid.");
    const { gseq, oseq, provider: owner } = chosen.bid.id;
    return api("POST", "/v1/leases", { manifest, leases: [{ dseq, gseq, oseq, provider: owner }] });
  };

  /** Leased, and its container started. */
  const running = async (sdl = sdlOf(), provider?: string): Promise<string> => {
    const created = await create(sdl);
    const { status, body } = await lease(created, provider);
    if (status !== 200) throw new Error(`lease answered ${status}: ${JSON.stringify(body)}`);
    await advance(60_000);
    return created.dseq;
  };

  const detail = async (dseq: string): Promise<Json> => (await api("GET", `/v1/deployments/${dseq}`)).body.data;
  const close = (dseq: string): Promise<Answer> => api("DELETE", `/v1/deployments/${dseq}`);
  const token = async (leases: object = { access: "full" }, ttl = 3_600): Promise<string> =>
    (await api("POST", "/v1/create-jwt-token", { data: { ttl, leases } })).body.data.token;

  /** Gateway of a deployment's first lease. */
  const gateway = async (dseq: string): Promise<{ provider: string; hostUri: string; base: string }> => {
    const { leases } = await detail(dseq);
    const { provider, gseq, oseq } = leases.at(-1).id;
    const hostUri = simulator.providers.find(({ address }) => address === provider)?.hostUri ?? "";
    return { provider, hostUri, base: `${hostUri}/lease/${dseq}/${gseq}/${oseq}` };
  };

  /** A request straight to a gateway, with its certificate's name. */
  const direct = (method: string, url: string, jwt?: string, body?: string) =>
    drive(
      new Promise<{ status: number; body: string; name: unknown; authorized: boolean }>((resolve, reject) => {
        const agent = new Agent({ rejectUnauthorized: false });
        const sent = request(url, { method, agent, headers: jwt === undefined ? {} : { authorization: `Bearer ${jwt}` } }, (response) => {
          const socket = response.socket as import("node:tls").TLSSocket;
          const [name, authorized] = [socket.getPeerCertificate().subject.CN, socket.authorized];
          let text = "";
          response.on("data", (piece) => {
            text += String(piece);
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text, name, authorized }));
          response.on("error", reject);
        });
        sent.on("error", reject);
        sent.end(body);
      }),
    );

  const proxied = (wish: object): Promise<Answer> =>
    drive(
      ask(`${simulator.providerProxyUrl}/`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(wish),
      }),
    );

  /** A websocket: what came so far, and how it ended. */
  const stream = (url: string, jwt?: string) => {
    const socket = new WebSocket(url.replace(/^http/, "ws"), {
      rejectUnauthorized: false,
      headers: jwt === undefined ? {} : { authorization: `Bearer ${jwt}` },
    });
    onTestFinished(() => socket.terminate());
    const frames: { readonly binary: boolean; readonly data: Buffer }[] = [];
    let refused: number | undefined;
    socket.on("message", (data: Buffer, binary) => frames.push({ binary, data }));
    socket.on("error", () => undefined);
    socket.on("unexpected-response", (_sent, response) => {
      refused = response.statusCode;
      response.resume();
      socket.terminate();
    });
    const opened = new Promise<void>((resolve) => socket.once("open", resolve));
    const ended = new Promise<{ code: number; reason: string; refused: number | undefined }>((resolve) =>
      socket.once("close", (code, reason) => resolve({ code, reason: String(reason), refused })),
    );
    return {
      socket,
      frames,
      opened: Promise.race([opened, ended.then(() => undefined)]),
      ended,
      texts: () => frames.map(({ data }) => String(data)),
    };
  };

  return { api, drive, create, bids, lease, running, detail, close, token, gateway, direct, proxied, stream, turn };
}

/** Waits for what sockets bring, without time passing. */
export async function arrived(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error("What was awaited did not arrive.");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
