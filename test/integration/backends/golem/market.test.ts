import { describe, expect, test, vi } from "vitest";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { cheapest, LONG, onSimulatedYagna, playedRuntime } from "./fixture.js";

vi.setConfig({ testTimeout: 180_000 });

const host = systemHost();
const runtime = playedRuntime(host);
const NO_TIME = { firstBidMs: 1_500 };

describe.concurrent("bids", () => {
  test("no offers at all: nobody is there, and the funds come back", async (context) => {
    const { yagna, bind } = await onSimulatedYagna(context, { runtime }, NO_TIME);
    yagna.behave("*", { offers: "none" });
    await expect(bind()).rejects.toMatchObject({
      code: "NO_BIDS",
      effect: "none",
      message: expect.stringMatching(/no offer came at all.*`network`/),
    });
    expect(yagna.allocations().filter(({ open }) => open)).toEqual([]);
  });

  test("offers that are all too dear are told from an empty market", async (context) => {
    const { bind, yagna } = await onSimulatedYagna(context, { runtime }, NO_TIME);
    const failed = bind({}, { priceCapUsdPerHour: 0.000_01 });
    await expect(failed).rejects.toMatchObject({
      code: "NO_BIDS",
      effect: "none",
      message: expect.stringContaining("offers were too dear"),
    });
    expect(yagna.agreements()).toEqual([]);
  });

  test("another subnet has no offers", async (context) => {
    const { bind } = await onSimulatedYagna(context, { runtime, subnet: "elsewhere" }, NO_TIME);
    await expect(bind()).rejects.toMatchObject({ code: "NO_BIDS", effect: "none" });
  });

  test.each(["reject", "reject-without-reason"] as const)(
    "providers that %s the order are counted, and nothing dies of it",
    async (counter) => {
      const finishers: (() => unknown)[] = [];
      const context = { onTestFinished: (fn: () => unknown) => void finishers.push(fn) } as never;
      const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime }, NO_TIME);
      yagna.behave("*", { counter });
      await expect(bind()).rejects.toMatchObject({
        code: "NO_BIDS",
        effect: "none",
        message: expect.stringContaining("refused the order"),
      });
      yagna.behave("*", { counter: "draft" });
      const { ref } = await bind({ argv: LONG });
      await until(ref, "running");
      await released(ref);
    },
  );

  test("a provider that refuses the agreement is passed over for the next one", async (context) => {
    const { bind, yagna, released } = await onSimulatedYagna(context, { runtime });
    yagna.behave("alpha", { agreement: "reject" });
    const { ref, node } = await bind({ argv: LONG });
    expect(yagna.openAgreements().map(({ provider }) => provider)).toEqual(["beta"]);
    expect(node?.node).toBe(yagna.openAgreements()[0]?.providerId);
    await released(ref);
  });

  test("a provider that does not answer to the agreement is passed over as well", async (context) => {
    const { bind, yagna, released } = await onSimulatedYagna(context, { runtime });
    yagna.inject({ operation: "waitForApproval", fault: { kind: "status", status: 408, effect: false } });
    const { ref } = await bind({ argv: LONG });
    await released(ref);
    expect(yagna.openAgreements()).toEqual([]);
  });

  test("rank chooses, and sees every bid with its own price and operator", async (context) => {
    const { bind, yagna, released } = await onSimulatedYagna(context, { runtime }, { bidWindowMs: 3_000 });
    const seen = new Map<string, { readonly price: number; readonly operator: string | undefined }>();
    const { ref } = await bind(
      { argv: LONG },
      {
        rank: (bids) => {
          for (const { id, price, operator } of bids) seen.set(id, { price: price.usdPerHour, operator });
          return cheapest(bids, 1).reverse();
        },
      },
    );
    expect(seen.size).toBe(3);
    const dearest = Math.max(...[...seen.values()].map(({ price }) => price));
    expect(seen.get(yagna.openAgreements()[0]?.providerId ?? "")?.price).toBe(dearest);
    await released(ref);
  });

  test("named nodes are dealt with alone", async (context) => {
    const nodeId = `0x${"a1".repeat(20)}`;
    const providers = [{ name: "cheap" }, { name: "ours", nodeId, envGlmPerSecond: 0.00004 }];
    const { bind, yagna, released } = await onSimulatedYagna(
      context,
      { runtime, providers },
      { nodes: { ids: [nodeId], operator: "self", country: "DE" } },
    );
    const { ref } = await bind({ argv: LONG });
    expect(yagna.openAgreements().map(({ provider }) => provider)).toEqual(["ours"]);
    await released(ref);
  });
});

describe.concurrent("what kills the SDK does not kill us", () => {
  test("malformed offers of strangers are passed over", async (context) => {
    const providers = [{ name: "hostile" }, { name: "odd" }, { name: "honest" }];
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime, providers });
    yagna.behave("hostile", { offers: "no-usage-vector" });
    yagna.behave("odd", { offers: "no-prices" });
    const { ref } = await bind({ argv: LONG });
    await until(ref, "running");
    expect(yagna.openAgreements().map(({ provider }) => provider)).toEqual(["honest"]);
    await released(ref);
  });

  test.for(["subscribeDemand", "collectOffers"] as const)("server errors of %s are outlived", async (operation, context) => {
    const { bind, yagna, released } = await onSimulatedYagna(context, { runtime });
    yagna.inject({ operation, fault: { kind: "status", status: 500, effect: false }, times: 2 });
    const { ref } = await bind({ argv: LONG });
    await released(ref);
  });

  test("a demand that the daemon goes on refusing fails the bind with its status, and the funds come back", async (context) => {
    const { bind, yagna } = await onSimulatedYagna(context, { runtime });
    yagna.inject({ operation: "subscribeDemand", fault: { kind: "status", status: 500, effect: false }, times: Number.POSITIVE_INFINITY });
    await expect(bind()).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "none", details: { status: 500 } });
    expect(yagna.allocations().filter(({ open }) => open)).toEqual([]);
  });

  test("polls that fail are not repeated thousands of times a second", async (context) => {
    const { bind, yagna, released } = await onSimulatedYagna(context, { runtime });
    const { ref } = await bind({ argv: LONG });
    const count = () => yagna.requests.filter(({ operation }) => operation === "agreementEvents").length;
    const before = count();
    yagna.inject({ operation: "agreementEvents", fault: { kind: "status", status: 500, effect: false }, times: Number.POSITIVE_INFINITY });
    await new Promise((resolve) => host.setTimer(3_000, () => resolve(undefined), { keepAlive: true }));
    expect(count() - before).toBeLessThan(10);
    yagna.clearFaults();
    await released(ref);
  });
});

describe.concurrent("money before the market", () => {
  test("an empty wallet is named, and nothing is ordered", async (context) => {
    const { bind, yagna } = await onSimulatedYagna(context, { runtime, fundsGlm: 0.000_001 });
    await expect(bind()).rejects.toMatchObject({ code: "INSUFFICIENT_FUNDS", effect: "none" });
    expect(yagna.openDemands()).toBe(0);
  });

  test("an account that was never initialised on the network is named", async (context) => {
    const { bind } = await onSimulatedYagna(context, { runtime, platforms: ["erc20-polygon-glm"] });
    await expect(bind()).rejects.toMatchObject({ effect: "none", message: expect.stringContaining("network") });
  });

  test("a locked database is no answer: the effect is unknown, and what was made is found by its amount", async (context) => {
    const { backend, placement, call, yagna, released } = await onSimulatedYagna(context, { runtime });
    yagna.inject({
      operation: "createAllocation",
      fault: { kind: "status", status: 500, body: { message: "database is locked" }, effect: true },
    });
    const wanted = placement();
    await expect(backend.bind(wanted, call())).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "unknown" });
    const [finding] = await backend.find([{ key: wanted.key, intendedAtMs: 0 }], call());
    if (finding?.kind !== "partial") throw new Error(`The finding is ${finding?.kind}.`);
    await released(finding.ref);
    expect(yagna.allocations().filter(({ open }) => open)).toEqual([]);
  });

  test("no price of GLM, no bind", async (context) => {
    const glmUsd = { quote: async () => ({ usd: 0.25, asOfMs: host.now() - 600_000 }) };
    const { bind, yagna } = await onSimulatedYagna(context, { runtime }, { glmUsd });
    await expect(bind()).rejects.toMatchObject({ code: "PRICE_UNAVAILABLE", effect: "none" });
    expect(yagna.allocations()).toEqual([]);
  });
});
