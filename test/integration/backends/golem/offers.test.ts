import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test, vi } from "vitest";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { DEMAND, onSimulatedYagna, playedRuntime } from "./fixture.js";

vi.setConfig({ testTimeout: 120_000 });

const runtime = playedRuntime(systemHost());
const properties = {
  "golem.com.usage.vector": ["golem.usage.cpu_sec", "golem.usage.duration_sec"],
  "golem.com.pricing.model.linear.coeffs": [0.00001, 0.00002, 0],
  "golem.inf.cpu.threads": 4,
  "golem.inf.mem.gib": 8,
  "golem.inf.storage.gib": 20,
};

describe.concurrent("offers", () => {
  test("configured machines are priced in dollars, and tell of their token", async (context) => {
    const { backend, call } = await onSimulatedYagna(context, { runtime });
    const offers = await backend.listOffers(DEMAND, call());
    expect(offers).toMatchObject([
      {
        id: "small",
        binding: "indicative",
        price: { usdPerHour: 0.05, settlement: { asset: "GLM", annualVolatility: 1, spread: 0.01 } },
        trust: { operator: "permissionless", certifications: [] },
        place: { proof: "claimed" },
      },
    ]);
    expect(offers[0]?.place.country).toBeUndefined();
  });

  test("there are none for several GPUs, another architecture, no image, or a longer life than allowed", async (context) => {
    const { backend, call } = await onSimulatedYagna(context, { runtime });
    const impossible = [
      { gpu: { models: ["rtx3090"], count: 2 } },
      { arch: "arm64" as const },
      { image: false },
      { maxLifetimeMs: 90_000_000 },
    ];
    for (const parts of impossible) expect(await backend.listOffers({ ...DEMAND, ...parts }, call())).toEqual([]);
  });

  test("a scan shows who is there, cheapest first, by node and wallet", async (context) => {
    const { backend, call, yagna } = await onSimulatedYagna(context, { runtime }, { offers: "scan", scanMs: 2_000 });
    const offers = await backend.listOffers(DEMAND, call());
    expect(offers).toHaveLength(3);
    const prices = offers.map(({ price }) => price.usdPerHour);
    expect(prices).toEqual([...prices].sort((a, b) => a - b));
    expect(offers.every(({ id, node, operator, binding }) => id === node && operator !== undefined && binding === "indicative")).toBe(true);
    expect([yagna.agreements(), yagna.allocations(), yagna.openDemands()]).toEqual([[], [], 0]);
  });

  test("a GPU is one whole card of the GPU runtime", async (context) => {
    const providers = [{ name: "plain" }, { name: "card", gpu: { model: "NVIDIA GeForce RTX 3090", memoryGib: 24 } }];
    const { backend, call } = await onSimulatedYagna(context, { runtime, providers }, { offers: "scan", scanMs: 2_000 });
    const offers = await backend.listOffers({ ...DEMAND, gpu: { models: ["rtx3090"], count: 1 } }, call());
    expect(offers.map(({ resources }) => resources.gpu)).toEqual([{ label: "NVIDIA GeForce RTX 3090", count: 1, memoryGiB: 24 }]);
  });

  test("public statistics are asked only when told so, and records that make no sense are passed over", async (context) => {
    const node = (id: number, more: object = {}) => ({
      node_id: `0x${String(id).repeat(40)}`,
      online: true,
      runtimes: { vm: { properties } },
      ...more,
    });
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      const busy = node(2, { computing_now: true });
      const stale = node(3, { runtimes: { vm: { properties, data_fresh: false } } });
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify([
          node(1, { wallet: "0xAB" }),
          busy,
          stale,
          { odd: true },
          "odd",
          node(4, { runtimes: { "vm-nvidia": { properties } } }),
        ]),
      );
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    context.onTestFinished(() => void server.close());
    const statisticsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`;
    const { backend, another, call } = await onSimulatedYagna(context, { runtime }, { statisticsUrl });
    await backend.listOffers(DEMAND, call());
    expect(asked).toEqual([]);
    const offers = await another({ offers: "statistics" }).listOffers(DEMAND, call());
    expect(asked).toEqual(["/v2/network/online"]);
    expect(offers.map(({ node: id, operator }) => [id, operator])).toEqual([[`0x${"1".repeat(40)}`, "0xab"]]);
    expect(offers[0]?.price.usdPerHour).toBeCloseTo((0.00002 + 4 * 0.00001) * 3_600 * 0.25, 10);
  });

  test("of named nodes the place is what the user says", async (context) => {
    const nodes = { ids: [`0x${"b2".repeat(20)}`], operator: "self", country: "DE" } as const;
    const { backend, call } = await onSimulatedYagna(context, { runtime }, { nodes });
    expect(await backend.listOffers(DEMAND, call())).toMatchObject([
      { place: { country: "DE", proof: "contract" }, trust: { operator: "self" } },
    ]);
  });
});
