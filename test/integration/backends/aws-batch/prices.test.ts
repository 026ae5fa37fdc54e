import { PricingClient } from "@aws-sdk/client-pricing";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AwsBatchOptions, AwsBatchPriceApi, AwsBatchQueue } from "../../../../src/backends/aws-batch/index.js";
import type { Offer } from "../../../../src/kit/index.js";
import { CREDENTIALS, DEMAND, FARGATE, type Stage, stages } from "./fixture.js";
import { denied, machine, type PriceServer, product, type SpotRow, startPricing, startSpotHistory, THROTTLED } from "./price-servers.js";

const stage = stages();
const servers: PriceServer[] = [];
afterEach(async () => {
  vi.doUnmock("@aws-sdk/client-pricing");
  await stage.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const REGION = "eu-west-1";
const ON_DEMAND: AwsBatchQueue = {
  queue: "ec2",
  platform: "ec2",
  purchase: "on-demand",
  instance: { type: "g6.xlarge", gpus: 0 },
  utilisation: 1,
};
const SPOT: AwsBatchQueue = { ...ON_DEMAND, purchase: "spot" };
/** A quarter of the machine's four vCPUs. */
const QUARTER = { ...DEMAND, cpu: 1, memoryMiB: 1_024 };

interface Setting {
  readonly products?: readonly string[];
  readonly spot?: readonly SpotRow[];
  readonly pageSize?: number;
  readonly prices?: AwsBatchPriceApi;
  readonly more?: Partial<AwsBatchOptions>;
}

async function open(queues: readonly AwsBatchQueue[], { products = [], spot = [], pageSize, prices, more }: Setting = {}) {
  const pricing = await startPricing(products, pageSize);
  const history = await startSpotHistory(spot, pageSize);
  servers.push(pricing, history);
  const platforms = {
    region: REGION,
    queues: [
      { name: "ec2", platform: "ec2" as const },
      { name: "fargate", platform: "fargate" as const },
    ],
  };
  const on = await stage.open(platforms, {
    region: REGION,
    queues,
    prices: { pricingEndpoint: pricing.endpoint, ec2Endpoint: history.endpoint, ...prices },
    ...more,
  });
  const backend = on.backend();
  const offers = (demand = QUARTER): Promise<readonly Offer[]> => withBackoffs(on, backend.listOffers(demand, on.call()));
  const priceOf = async () => (await offers())[0]?.price;
  return { on, backend, pricing, history, offers, priceOf };
}

/** Lets time pass while something backs off, and not while an answer is under way: then no timer is due within its 5 s. */
async function withBackoffs<T>(on: Stage, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const done = (): void => {
    isSettled = true;
  };
  promise.then(done, done);
  while (!isSettled) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const [next] = on.host.pendingTimers();
    if (next !== undefined && next.inMs < 4_000) await on.host.advance(next.inMs);
  }
  return promise;
}

const today = (on: Stage): string => new Date(on.host.now()).toISOString().slice(0, 10);

describe("the Pricing API", () => {
  it("gives the price of machines on demand in any region, with its days, signed for a region that has it", async () => {
    const { on, pricing, history, priceOf } = await open([ON_DEMAND], { products: [product(machine(), "0.8840000000")] });
    expect(await priceOf()).toEqual({
      usdPerHour: 0.221,
      source: `price list eu-west-1 in effect since 2026-11-01, read ${today(on)}`,
    });
    expect(pricing.arrived).toMatchObject([{ region: "us-east-1", input: { ServiceCode: "AmazonEC2", FormatVersion: "aws_v1" } }]);
    expect(history.arrived).toEqual([]);
  });

  it("can be asked in another of its regions", async () => {
    const prices = { pricingRegion: "ap-south-1" } as const;
    const { pricing, priceOf } = await open([ON_DEMAND], { products: [product(machine(), "0.8")], prices });
    expect(await priceOf()).toMatchObject({ usdPerHour: 0.2 });
    expect(pricing.arrived.map(({ region }) => region)).toEqual(["ap-south-1"]);
  });

  it("sells many things under one name, over several pages: the plain machine's price counts, and of two the dearer", async () => {
    const products = [
      product(machine({ marketoption: "CapacityBlock" }), "0.1"),
      product(machine(), "0.0000000000"),
      product(machine({ operation: "RunInstances:0002" }), "9"),
      product(machine(), "5", { unit: "Quantity" }),
      product(machine(), "7", { currency: "CNY" }),
      product(machine(), "0.8000000000"),
      product(machine(), "0.8400000000", { effectiveDate: "2026-10-01T00:00:00Z" }),
    ];
    const { pricing, priceOf } = await open([ON_DEMAND], { products, pageSize: 2 });
    expect(await priceOf()).toMatchObject({ usdPerHour: 0.21, source: expect.stringContaining("2026-10-01") });
    expect(pricing.arrived.map(({ input }) => input["NextToken"])).toEqual([undefined, "2", "4", "6"]);
  });

  it("filters: other systems, tenancies and reserved capacity are not even asked for", async () => {
    const others = [
      { operatingSystem: "Windows" },
      { tenancy: "Dedicated" },
      { capacitystatus: "UnusedCapacityReservation" },
      { preInstalledSw: "SQL Web" },
    ];
    const products = [...others.map((attributes) => product(machine(attributes), "3")), product(machine(), "0.8")];
    const { pricing, priceOf } = await open([ON_DEMAND], { products, pageSize: 1 });
    expect(await priceOf()).toMatchObject({ usdPerHour: 0.2 });
    expect(pricing.arrived).toHaveLength(1);
  });

  it.each(["x86_64", "arm64"] as const)("gives Fargate's rates for %s, and not those of spot or Windows", async (arch) => {
    const usage = (usagetype: string, usd: string) =>
      product({ servicecode: "AmazonECS", regionCode: REGION, usagetype }, usd, { unit: "hours" });
    const products = [
      usage("EUW1-SpotUsage-Fargate-vCPU-Hours:perCPU", "9"),
      usage("EUW1-Fargate-Windows-vCPU-Hours:perCPU", "9"),
      usage("EUW1-Fargate-vCPU-Hours:perCPU", "0.0500000000"),
      usage("EUW1-Fargate-GB-Hours", "0.0060000000"),
      usage("EUW1-Fargate-ARM-vCPU-Hours:perCPU", "0.0400000000"),
      usage("EUW1-Fargate-ARM-GB-Hours", "0.0050000000"),
      usage("EUW1-Fargate-EphemeralStorage-GB-Hours", "0.0002000000"),
    ];
    const { usdPerVcpuHour: _, usdPerGiBHour: __, ...unpriced } = FARGATE;
    const { offers } = await open([{ ...unpriced, arch }], { products, pageSize: 3 });
    const [offer] = await offers({ ...DEMAND, diskMiB: 30 * 1_024 });
    expect(offer?.price.usdPerHour).toBeCloseTo((arch === "arm64" ? 0.04 + 2 * 0.005 : 0.05 + 2 * 0.006) + 10 * 0.0002, 9);
  });
});

describe("the spot price history", () => {
  const rows: readonly SpotRow[] = [
    { zone: "eu-west-1a", usd: "0.300000", at: "2026-11-20T10:00:00.000Z" },
    { zone: "eu-west-1b", usd: "0.900000", at: "2026-11-01T10:00:00.000Z" },
    { zone: "eu-west-1b", usd: "0.500000", at: "2026-11-21T10:00:00.000Z" },
    { zone: "eu-west-1c", usd: "0.400000", at: "2026-11-21T10:00:00.000Z" },
    { zone: "eu-west-1c", usd: "8", at: "2026-11-22T10:00:00.000Z", product: "Windows" },
  ];

  it("gives the dearest zone's present price, over pages that end with an empty token", async () => {
    const { on, history, pricing, priceOf } = await open([SPOT], { spot: rows, pageSize: 2 });
    expect(await priceOf()).toEqual({ usdPerHour: 0.125, source: `spot price in eu-west-1b, read ${today(on)}` });
    expect(history.arrived.map(({ region, input }) => [region, input["NextToken"]])).toEqual([
      [REGION, undefined],
      [REGION, "2"],
      [REGION, "4"],
    ]);
    const [first] = history.arrived;
    expect(first?.input).toMatchObject({ "InstanceType.1": "g6.xlarge" });
    expect(Date.parse(String(first?.input["StartTime"]))).toBe(on.host.now());
    expect(pricing.arrived).toEqual([]);
  });

  it("counts the queue's own zones", async () => {
    const { priceOf } = await open([{ ...SPOT, zones: ["eu-west-1a", "eu-west-1c"] }], { spot: rows });
    expect(await priceOf()).toMatchObject({ usdPerHour: 0.1, source: expect.stringContaining("eu-west-1c") });
  });
});

describe("a price that cannot be looked up", () => {
  const configured = { ...SPOT, instance: { ...SPOT.instance, usdPerHour: 0.4 }, priceSource: "spot history 2026-11-20" } as const;

  it("is the configured one, which says why, and nobody is asked again for a while", async () => {
    const { on, history, priceOf } = await open([configured], { spot: [{ zone: "eu-west-1a", usd: "0.32" }] });
    history.refuse(THROTTLED);
    const fallback = { usdPerHour: 0.1, source: "spot history 2026-11-20; not looked up: BACKEND_RATE_LIMITED" };
    expect(await priceOf()).toEqual(fallback);
    const asked = history.arrived.length;
    history.refuse();
    expect(await priceOf()).toEqual(fallback);
    expect(history.arrived).toHaveLength(asked);
    await on.host.advance(300_000);
    expect(await priceOf()).toMatchObject({ usdPerHour: 0.08, source: expect.stringContaining("eu-west-1a") });
  });

  it("is found all the same when it is refused once for asking too often", async () => {
    const { pricing, priceOf } = await open([ON_DEMAND], { products: [product(machine(), "0.8")] });
    pricing.refuse(THROTTLED, 1);
    expect(await priceOf()).toMatchObject({ usdPerHour: 0.2 });
    expect(pricing.arrived).toHaveLength(2);
  });

  it.each([
    [ON_DEMAND, "pricing:GetProducts"],
    [SPOT, "ec2:DescribeSpotPriceHistory"],
  ])("and is not configured either: a permission that lacks is named, and nothing is submitted", async (queue, action) => {
    const { on, backend, pricing, history, offers } = await open([queue]);
    for (const server of [pricing, history]) server.refuse(denied(action));
    await expect(offers()).rejects.toMatchObject({
      code: "BACKEND_AUTH_FAILED",
      effect: "none",
      message: expect.stringMatching(
        new RegExp(`is not authorized to perform: ${action}.* Allow ${action}, or state \`instance.usdPerHour\``),
      ),
    });
    expect(await backend.listLeases(on.call())).toEqual([]);
    expect(on.simulator.jobs()).toEqual([]);
  });

  it("leaves the offers of other queues", async () => {
    const { pricing, offers } = await open([ON_DEMAND, FARGATE]);
    pricing.refuse(denied("pricing:GetProducts"));
    expect((await offers()).map(({ id, price }) => [id, price.source])).toEqual([
      ["fargate", "configured; not looked up: BACKEND_AUTH_FAILED"],
    ]);
  });

  it("because the list has none: PRICE_UNAVAILABLE", async () => {
    const { offers } = await open([ON_DEMAND], { products: [product(machine({ instanceType: "g5.xlarge" }), "1")] });
    await expect(offers()).rejects.toMatchObject({
      code: "PRICE_UNAVAILABLE",
      message: expect.stringContaining("g6.xlarge on demand in eu-west-1"),
    });
  });

  it.each(["{", '{"product":{}}'])("because the list holds %j: an invalid answer", async (text) => {
    const { offers } = await open([ON_DEMAND], { products: [text === "{" ? text : `${text} `] });
    await expect(offers()).rejects.toMatchObject({ code: "BACKEND_RESPONSE_INVALID", effect: "none" });
  });

  it("because the caller's own client is for a region without the API: says where it is", async () => {
    const pricing = await startPricing([product(machine(), "0.8")]);
    servers.push(pricing);
    const pricingClient = new PricingClient({
      region: REGION,
      endpoint: pricing.endpoint,
      credentials: { ...CREDENTIALS },
      maxAttempts: 1,
    });
    const { backend, offers } = await open([ON_DEMAND], { prices: { pricingClient } });
    await expect(offers()).rejects.toMatchObject({
      code: "BACKEND_AUTH_FAILED",
      message: expect.stringMatching(/us-east-1, eu-central-1 and ap-south-1/),
    });
    await backend.close?.();
    pricingClient.destroy();
  });

  it("because the SDK for it is not installed: a coded error whatever is configured", async () => {
    vi.doMock("@aws-sdk/client-pricing", () => {
      throw Object.assign(new Error("Cannot find package '@aws-sdk/client-pricing'"), { code: "ERR_MODULE_NOT_FOUND" });
    });
    const queue = { ...ON_DEMAND, instance: { ...ON_DEMAND.instance, usdPerHour: 1 } };
    const { offers } = await open([queue, FARGATE]);
    await expect(offers()).rejects.toMatchObject({
      code: "DEPENDENCY_MISSING",
      message: expect.stringContaining("npm install @aws-sdk/client-pricing"),
      details: { package: "@aws-sdk/client-pricing" },
    });
  });
});

describe("what was looked up", () => {
  it("is used until it is to be renewed, then while it cannot be, and then not any more", async () => {
    const prices = { refreshMs: 3_600_000, staleMs: 7_200_000 };
    const { on, pricing, offers, priceOf } = await open([ON_DEMAND], { products: [product(machine(), "0.8")], prices });
    const first = await priceOf();
    await on.host.advance(3_500_000);
    expect(await priceOf()).toEqual(first);
    expect(pricing.arrived).toHaveLength(1);
    pricing.refuse(denied("pricing:GetProducts"));
    await on.host.advance(200_000);
    expect(await priceOf()).toEqual({ usdPerHour: 0.2, source: `${first?.source}; not renewed: BACKEND_AUTH_FAILED` });
    expect(pricing.arrived).toHaveLength(2);
    await on.host.advance(3_600_000);
    await expect(offers()).rejects.toMatchObject({ code: "BACKEND_AUTH_FAILED" });
    pricing.refuse();
    await on.host.advance(300_000);
    expect(await priceOf()).toMatchObject({ usdPerHour: 0.2, source: expect.not.stringContaining("renewed") });
  });

  it("is asked for once by many at the same time, and by queues with the same machines", async () => {
    const queues = [ON_DEMAND, { ...ON_DEMAND, queue: "fargate" }];
    const { on, backend, pricing } = await open(queues, { products: [product(machine(), "0.8")], more: { checkQueues: false } });
    const lists = await withBackoffs(on, Promise.all([1, 2, 3].map(() => backend.listOffers(QUARTER, on.call()))));
    expect(lists.flat().map(({ price }) => price.usdPerHour)).toEqual([0.2, 0.2, 0.2, 0.2, 0.2, 0.2]);
    expect(pricing.arrived).toHaveLength(1);
  });

  it("does not end with the one who asked first", async () => {
    const { on, backend, offers } = await open([ON_DEMAND], { products: [product(machine(), "0.8")], more: { checkQueues: false } });
    const stopping = new AbortController();
    const first = backend.listOffers(QUARTER, { ...on.call(), signal: stopping.signal });
    const second = offers();
    stopping.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(await second).toMatchObject([{ price: { usdPerHour: 0.2 } }]);
  });

  it("binds: the job carries it, and above the cap there is no job", async () => {
    const { on, backend } = await open([ON_DEMAND], { products: [product(machine(), "0.8")] });
    const placement = await on.placement(backend, ["sleep", "1000"]);
    await expect(backend.bind({ ...placement, priceCapUsdPerHour: 0.1 }, on.call())).rejects.toMatchObject({ code: "OFFER_EXPIRED" });
    expect(on.simulator.jobs()).toEqual([]);
    const lease = await backend.bind(placement, on.call());
    expect(lease.price).toMatchObject({ usdPerHour: 0.2 });
    expect(on.simulator.jobs()).toMatchObject([{ tags: { "spillway-usd-per-hour": "0.2" } }]);
  });
});
