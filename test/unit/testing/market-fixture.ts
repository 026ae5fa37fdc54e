import type { Artifact } from "../../../src/model/artifact.js";
import type { Lease, LeaseRef, LeaseReport } from "../../../src/model/lease.js";
import type { Demand, Offer } from "../../../src/model/offer.js";
import type { Backend } from "../../../src/spec/backend.js";
import type { CallContext } from "../../../src/spec/call-context.js";
import type { Bid, ByteSource, Launch, OutputPlan, Placement } from "../../../src/spec/launch.js";
import { type MarketplaceOptions, marketplace, type SimulatedMarketplace, testCallContext } from "../../../src/testing/index.js";
import { createVirtualHost, type VirtualHost } from "../../../src/testing/virtual-host.js";

export const HOUR_MS = 3_600_000;

export const DEMAND: Demand = { cpu: 1, memoryMiB: 1024, diskMiB: 1024, image: false, interruptible: true, maxLifetimeMs: HOUR_MS };

export function launchFor(key: string, overrides: Partial<Launch> = {}): Launch {
  return {
    key,
    argv: ["work", "--hard"],
    env: {},
    secrets: {},
    resources: { cpu: 1, memoryMiB: 1024, diskMiB: 1024 },
    inputs: [],
    outputs: [{ path: "out.txt", optional: false }],
    timeoutMs: HOUR_MS,
    maxLifetimeMs: 2 * HOUR_MS,
    nonce: `nonce-${key}`,
    labels: { run: "r1" },
    ...overrides,
  };
}

/** Cheapest first, nothing above the cap. */
export function rankBelow(capUsdPerHour: number): Placement["rank"] {
  return (bids: readonly Bid[]) =>
    bids
      .filter((bid) => bid.price.usdPerHour <= capUsdPerHour)
      .sort((a, b) => a.price.usdPerHour - b.price.usdPerHour)
      .map((bid) => ({ offerId: bid.id, totalUsd: bid.price.usdPerHour, price: bid.price }));
}

export function placementFor(key: string, offer: Offer, overrides: Partial<Placement> & { launch?: Launch } = {}): Placement {
  const priceCapUsdPerHour = overrides.priceCapUsdPerHour ?? 1_000;
  return { key, offer, launch: launchFor(key), priceCapUsdPerHour, rank: rankBelow(priceCapUsdPerHour), ...overrides };
}

/** Stores collected files in memory, digested as an artifact store would. */
export function outputPlan(host: VirtualHost, launch: Launch): OutputPlan & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  const put = async (path: string, member: string, body: ByteSource): Promise<Artifact> => {
    if (!("bytes" in body)) throw new Error("virtual jobs hand over bytes");
    const name = member === "" ? path : `${path}/${member}`;
    files.set(name, body.bytes);
    return { uri: `mem:${name}`, sha256: host.sha256(body.bytes), size: body.bytes.length };
  };
  return { outputs: launch.outputs, put, files };
}

/** The market with the optional verbs that it has unless it is one of bare containers. */
export function complete<M extends Backend>(market: M): M & Required<Pick<M, "start" | "collect">> {
  if (!market.start || !market.collect) throw new Error("The market has no `start` or no `collect`.");
  return market as M & Required<Pick<M, "start" | "collect">>;
}

/** One market on a virtual host, and short forms of what every test does with it. */
export class Stage {
  readonly host: VirtualHost;
  readonly market: SimulatedMarketplace;

  constructor(options: Partial<MarketplaceOptions> = {}, host: VirtualHost = createVirtualHost()) {
    this.host = host;
    this.market = marketplace({
      providers: [{ name: "solo", usdPerHour: 0.36, startMs: 1_000 }],
      virtualJob: () => ({ durationMs: 10_000, outputs: { "out.txt": "right result" } }),
      priceVolatility: 0,
      ...options,
    });
  }

  call(overrides: Partial<CallContext> = {}) {
    return testCallContext({ host: this.host, ...overrides });
  }

  /** Drives the host until the promise settles. */
  until<T>(promise: Promise<T>): Promise<T> {
    return this.host.waitFor(promise, { limitMs: HOUR_MS });
  }

  offers(demand: Demand = DEMAND): Promise<readonly Offer[]> {
    return this.until(this.market.listOffers(demand, this.call()));
  }

  async offer(node?: string): Promise<Offer> {
    const offers = await this.offers();
    const found = node === undefined ? offers[0] : offers.find((offer) => offer.id === node);
    if (found === undefined) throw new Error(`no offer of ${node ?? "any node"} among ${offers.map((offer) => offer.id).join(", ")}`);
    return found;
  }

  async bind(key: string, overrides: Partial<Placement> & { launch?: Launch; node?: string } = {}): Promise<Lease> {
    const { node, ...rest } = overrides;
    return this.until(this.market.bind(placementFor(key, await this.offer(node), rest), this.call()));
  }

  async report(key: string): Promise<LeaseReport> {
    const [report] = await this.until(this.market.inspect([this.ref(key)], this.call()));
    if (report === undefined) throw new Error("no report");
    return report;
  }

  /** Phase, or kind where there is no phase. */
  async phase(key: string): Promise<string> {
    const report = await this.report(key);
    return report.kind === "status" ? report.phase : report.kind;
  }

  ref(key: string): LeaseRef {
    return { backend: this.market.id, key, data: {} };
  }

  release(key: string): Promise<"released" | "pending"> {
    return this.until(this.market.release(this.ref(key), { graceMs: 0 }, this.call()));
  }

  async collect(key: string, launch: Launch = launchFor(key)) {
    const plan = outputPlan(this.host, launch);
    const manifest = await this.until(complete(this.market).collect(this.ref(key), plan, this.call()));
    const text = (name: string) => new TextDecoder().decode(plan.files.get(name));
    return { manifest, files: plan.files, text };
  }
}

/** The coded error a promise rejects with. */
export async function failure(
  promise: Promise<unknown>,
): Promise<{ code: string; effect: string; message: string; details: Record<string, unknown> }> {
  try {
    await promise;
  } catch (error) {
    return error as { code: string; effect: string; message: string; details: Record<string, unknown> };
  }
  throw new Error("expected a rejection");
}
