import { describe, expect, test, vi } from "vitest";
import { onVirtualTime } from "./fixture.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

const MINUTE_MS = 60_000;

describe("the market", () => {
  test("an order without bids is closed again, and costs nothing", async () => {
    const on = await onVirtualTime();
    on.simulator.trouble({ kind: "no-bids" });
    await expect(on.bind()).rejects.toMatchObject({ code: "NO_BIDS", effect: "none" });
    expect(on.simulator.deployments()).toHaveLength(1);
    await on.standsStill();
    expect([...on.simulator.ledger().values()].map(({ charged }) => charged)).toEqual([0n]);
  });

  test("unaudited providers are not offered, since they cannot answer a managed wallet", async () => {
    const on = await onVirtualTime();
    const offers = await on.offers();
    const grey = on.simulator.providers.find(({ name }) => name === "grey-1");
    expect(offers.length).toBeGreaterThan(1);
    expect(offers.map(({ provider }) => provider)).not.toContain(grey?.address);
    expect(on.simulator.deployments()).toEqual([]);
  });

  test("bids that were lost by then are not taken, and the order is closed", async () => {
    const on = await onVirtualTime({ bidMs: [1_000, 5_000] });
    on.simulator.trouble({ kind: "bids-lost", afterMs: 10_000 });
    await expect(on.bind()).rejects.toMatchObject({ code: "NO_BIDS", effect: "none" });
    await on.standsStill();
  });

  test("a provider that cannot be reached gives way to the next bid of the same order", async () => {
    const on = await onVirtualTime();
    on.simulator.trouble({ kind: "provider-unreachable", times: 1 });
    const lease = await on.bind();
    expect(on.simulator.deployments()).toHaveLength(1);
    const asked = on.simulator.requests
      .filter(({ operation }) => operation === "lease")
      .map(({ body }) => JSON.parse(body).leases[0].provider);
    expect(asked).toHaveLength(2);
    expect(asked[0]).not.toBe(asked[1]);
    expect(lease.node?.provider).toBe(asked[1]);
    await on.released(lease.ref);
    await on.standsStill();
  });

  test("when none of the bids can be taken the order is closed", async () => {
    const on = await onVirtualTime();
    on.simulator.trouble({ kind: "provider-unreachable" });
    await expect(on.bind()).rejects.toMatchObject({
      code: "NO_BIDS",
      effect: "none",
      message: expect.stringContaining("could not be taken"),
    });
    await on.standsStill();
  });

  test("the cheapest bid that ranks first is taken, at its price per hour", async () => {
    const on = await onVirtualTime();
    const lease = await on.bind();
    const [made] = on.simulator.deployments();
    const [taken] = made?.leases ?? [];
    expect(lease.price?.usdPerHour).toBeCloseTo(taken?.usdPerHour ?? Number.NaN, 9);
    expect(lease.price?.source).toContain("held in escrow");
    expect(lease.node?.provider).toBe(on.simulator.providers.find(({ name }) => name === taken?.provider)?.address);
    await on.released(lease.ref);
    await on.standsStill();
  });

  test("a provider with a window for taking machines back says that it may", async () => {
    const providers = [{ name: "taker", reclamationWindowS: 3_600 }];
    const on = await onVirtualTime({ providers });
    const seen: boolean[] = [];
    const rank = (bids: readonly { readonly interruptible: boolean }[]) => {
      seen.push(...bids.map(({ interruptible }) => interruptible));
      return [];
    };
    await expect(on.bind({}, { rank })).rejects.toMatchObject({ code: "NO_BIDS" });
    expect(new Set(seen)).toEqual(new Set([true]));
  });
});

describe("the manifest", () => {
  test.each(["sep", "aug"] as const)("one that does not arrive at once is sent again, with the contract %s", async (contract) => {
    const on = await onVirtualTime({ contract });
    on.simulator.trouble({ kind: "manifest-not-delivered", times: 2 });
    const lease = await on.bind();
    expect(on.simulator.requests.filter(({ operation }) => operation === "lease")).toHaveLength(3);
    await on.untilPhase(lease.ref, "running");
    expect(on.simulator.deployments()).toHaveLength(1);
    await on.released(lease.ref);
    await on.standsStill();
  });

  test.each(["sep", "aug"] as const)(
    "one that never arrives ends a lease that exists, and its cost is known, with the contract %s",
    async (contract) => {
      const on = await onVirtualTime({ contract });
      on.simulator.trouble({ kind: "manifest-not-delivered" });
      const lease = await on.bind();
      expect(lease.report).toMatchObject({ phase: "ended", reason: "PROVISIONING_FAILED" });
      await on.released(lease.ref);
      const report = await on.report(lease.ref);
      expect(report).toMatchObject({ charge: { final: true } });
      const [account] = on.simulator.ledger().values();
      expect(report.kind === "status" && report.charge?.amount).toBe(account?.charged);
      await on.standsStill();
    },
  );
});

describe("the start", () => {
  test.each([
    ["missing", "IMAGE_PULL_FAILED"],
    ["unauthorized", "IMAGE_PULL_FAILED"],
    ["throttled", "PROVISIONING_FAILED"],
  ] as const)("an image that is %s is %s", async (why, reason) => {
    const on = await onVirtualTime();
    on.simulator.trouble({ kind: "image", image: "registry.example/work:1", why });
    const { ref } = await on.bind();
    expect(await on.untilPhase(ref, "ended", 10 * MINUTE_MS)).toMatchObject({ reason });
    await on.released(ref);
    await on.standsStill();
  });

  test("a provider without a node for what it bid for", async () => {
    const on = await onVirtualTime();
    on.simulator.trouble({ kind: "unschedulable" });
    const { ref } = await on.bind();
    expect(await on.untilPhase(ref, "ended", 10 * MINUTE_MS)).toMatchObject({
      reason: "PROVISIONING_FAILED",
      message: expect.stringContaining("no node"),
    });
    await on.released(ref);
    await on.standsStill();
  });

  test("a container that exits again and again has begun, and what the provider makes of it in the end is told", async () => {
    const on = await onVirtualTime({ monitor: { maxRetries: 3, everyMs: [4_000, 19_000] } });
    on.simulator.trouble({ kind: "crash-loop", exitCode: 3 });
    const { ref } = await on.bind();
    await on.untilPhase(ref, "running", 10 * MINUTE_MS);
    expect(await on.untilPhase(ref, "ended")).toMatchObject({ reason: "LEASE_LOST", message: expect.stringContaining("did not stay up") });
    await on.released(ref);
    await on.standsStill();
  });
});
