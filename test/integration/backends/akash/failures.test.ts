import { describe, expect, test, vi } from "vitest";
import type { LeaseRef } from "../../../../src/model/lease.js";
import { toUsd } from "../../../../src/model/money.js";
import { DEMAND, onVirtualTime } from "./fixture.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

const MINUTE_MS = 60_000;

/** Nothing is open, nothing is locked, and what was charged stays as it is. */
async function standsStill({ simulator, advance }: Awaited<ReturnType<typeof onVirtualTime>>): Promise<void> {
  expect(simulator.openDeployments()).toEqual([]);
  const before = [...simulator.ledger().values()];
  expect(before.map(({ locked }) => locked)).toEqual(before.map(() => 0n));
  await advance(60 * MINUTE_MS);
  expect([...simulator.ledger().values()]).toEqual(before);
}

describe("the market", () => {
  test("an order without bids is closed again, and costs nothing", async () => {
    const on = await onVirtualTime();
    on.simulator.trouble({ kind: "no-bids" });
    await expect(on.bind()).rejects.toMatchObject({ code: "NO_BIDS", effect: "none" });
    expect(on.simulator.deployments()).toHaveLength(1);
    await standsStill(on);
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
    await standsStill(on);
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
    await standsStill(on);
  });

  test("when none of the bids can be taken the order is closed", async () => {
    const on = await onVirtualTime();
    on.simulator.trouble({ kind: "provider-unreachable" });
    await expect(on.bind()).rejects.toMatchObject({
      code: "NO_BIDS",
      effect: "none",
      message: expect.stringContaining("could not be taken"),
    });
    await standsStill(on);
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
    await standsStill(on);
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
    await standsStill(on);
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
      await standsStill(on);
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
    await standsStill(on);
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
    await standsStill(on);
  });

  test("a container that exits again and again has begun, and what the provider makes of it in the end is told", async () => {
    const on = await onVirtualTime({ monitor: { maxRetries: 3, everyMs: [4_000, 19_000] } });
    on.simulator.trouble({ kind: "crash-loop", exitCode: 3 });
    const { ref } = await on.bind();
    await on.untilPhase(ref, "running", 10 * MINUTE_MS);
    expect(await on.untilPhase(ref, "ended")).toMatchObject({ reason: "LEASE_LOST", message: expect.stringContaining("did not stay up") });
    await on.released(ref);
    await standsStill(on);
  });
});

describe("the provider", () => {
  const runs = async (on: Awaited<ReturnType<typeof onVirtualTime>>): Promise<{ ref: LeaseRef; provider: string }> => {
    const { ref } = await on.bind();
    await on.untilPhase(ref, "running");
    return { ref, provider: on.simulator.deployments()[0]?.leases[0]?.provider ?? "" };
  };

  test("one that goes offline is waited for, then the lease counts as lost", async () => {
    const on = await onVirtualTime();
    const { ref, provider } = await runs(on);
    on.simulator.setOnline(provider, false);
    expect(await on.report(ref)).toMatchObject({ kind: "unknown" });
    await on.advance(2 * MINUTE_MS);
    expect(await on.report(ref)).toMatchObject({ kind: "unknown" });
    expect(await on.untilPhase(ref, "ended", 5 * MINUTE_MS)).toMatchObject({ reason: "LEASE_LOST" });
    await on.released(ref);
    await standsStill(on);
  });

  test("one that comes back in time has lost nothing", async () => {
    const on = await onVirtualTime();
    const { ref, provider } = await runs(on);
    on.simulator.setOnline(provider, false);
    expect(await on.report(ref)).toMatchObject({ kind: "unknown" });
    await on.advance(2 * MINUTE_MS);
    on.simulator.setOnline(provider, true);
    await on.untilPhase(ref, "running", MINUTE_MS);
    await on.advance(4 * MINUTE_MS);
    expect(await on.report(ref)).toMatchObject({ phase: "running" });
    await on.released(ref);
  });

  test.each(["proxy", "direct"] as const)("null in the Console's answer is asked of the provider, by way of %s", async (gateway) => {
    const on = await onVirtualTime(gateway === "direct" ? { gatewayTls: "none" } : {}, { gateway });
    const { ref, provider } = await runs(on);
    on.simulator.trouble({ kind: "null-status" });
    expect(await on.report(ref)).toMatchObject({ phase: "running" });
    const tokens = () =>
      on.simulator.requests
        .filter(({ operation }) => operation === "jwt")
        .map(({ body }) => JSON.parse(body).data)
        .filter(({ leases }) => leases.permissions[0].deployments[0].scope.includes("status"));
    expect(tokens()).toHaveLength(1);
    const only = { provider: on.simulator.providers.find(({ name }) => name === provider)?.address, access: "granular" };
    const scope = [{ dseq: Number(on.dseq(ref)), gseq: 1, oseq: 1, scope: ["status"] }];
    expect(tokens()[0]).toEqual({ ttl: 300, leases: { access: "granular", permissions: [{ ...only, deployments: scope }] } });
    await on.report(ref);
    expect(tokens()).toHaveLength(1);
    await on.advance(6 * MINUTE_MS);
    expect(await on.report(ref)).toMatchObject({ phase: "running" });
    expect(tokens()).toHaveLength(2);
    await on.released(ref);
  });

  test("a workload that is gone while its lease stays open", async () => {
    const on = await onVirtualTime();
    const { ref } = await runs(on);
    on.simulator.loseWorkload(on.dseq(ref));
    expect(await on.untilPhase(ref, "ended", 10 * MINUTE_MS)).toMatchObject({ reason: "LEASE_LOST" });
    expect(on.simulator.openDeployments()).toHaveLength(1);
    await on.released(ref);
    await standsStill(on);
  });

  test.each([
    ["lease_closed_reason_unstable", "LEASE_LOST"],
    ["lease_closed_reason_decommission", "PREEMPTED"],
    ["lease_closed_reason_unspecified", "LEASE_LOST"],
    ["lease_closed_reason_manifest_timeout", "PROVISIONING_FAILED"],
  ])("a lease that it closes with %s is %s; the paused group is found and closed", async (reason, code) => {
    const on = await onVirtualTime();
    const { ref } = await runs(on);
    on.simulator.closeLease(on.dseq(ref), reason);
    expect(await on.report(ref)).toMatchObject({ phase: "ended", reason: code, message: expect.stringContaining("lie in escrow") });
    expect(on.simulator.openDeployments()).toHaveLength(1);
    expect(await on.find(ref.key)).toMatchObject({ kind: "bound", lease: { ref } });
    expect(await on.done(on.backend.listLeases(on.call()))).toEqual([ref]);
    await on.released(ref);
    await standsStill(on);
  });

  test("a machine that is taken back is told with its time, and its end is a preemption", async () => {
    const on = await onVirtualTime();
    const { ref } = await runs(on);
    on.simulator.reclaim(on.dseq(ref), 10 * MINUTE_MS);
    expect(await on.report(ref)).toMatchObject({
      phase: "running",
      message: expect.stringMatching(/takes the lease back at \d{4}-\d\d-\d\dT/),
    });
    expect(await on.untilPhase(ref, "ended", 15 * MINUTE_MS)).toMatchObject({ reason: expect.stringMatching(/PREEMPTED|LEASE_LOST/) });
    await on.released(ref);
    await standsStill(on);
  });
});

describe("money", () => {
  test("an account that cannot pay for the lease is told before an order is made", async () => {
    const on = await onVirtualTime({ creditsUsd: 0.6 });
    const offer = await on.offer();
    await expect(on.bind({}, { offer: { ...offer, price: { usdPerHour: 10 } } })).rejects.toMatchObject({
      code: "INSUFFICIENT_FUNDS",
      effect: "none",
      message: expect.stringContaining("10.00 USD have to be free"),
    });
    expect(on.simulator.deployments()).toEqual([]);
  });

  test("an escrow that is used up is told as such, and the rest is closed", async () => {
    const on = await onVirtualTime({ providers: [{ name: "dear", priceFactor: 4_000 }] }, { funding: { check: "off" } });
    on.simulator.trouble({ kind: "funding-missed" });
    const offer = await on.offer();
    const { ref } = await on.bind({}, { priceCapUsdPerHour: 1e6, offer });
    expect(await on.untilPhase(ref, "ended")).toMatchObject({ reason: "INSUFFICIENT_FUNDS" });
    await on.released(ref);
    await standsStill(on);
  });

  test.each([
    ["insufficient_balance", "INSUFFICIENT_FUNDS"],
    ["balance_top_up_pending", "INSUFFICIENT_FUNDS"],
    ["payment_required", "INSUFFICIENT_FUNDS"],
    ["trial", "QUOTA_EXCEEDED"],
    ["fair_use_policy_required", "QUOTA_EXCEEDED"],
    ["wallet_provisioning", "BACKEND_REJECTED"],
    ["rate_limited", "BACKEND_RATE_LIMITED"],
  ] as const)("a create that is refused with %s is %s, and nothing was done", async (as, code) => {
    const on = await onVirtualTime();
    on.simulator.inject({ fault: { kind: "refuse", as }, operation: "create" });
    await expect(on.bind()).rejects.toMatchObject({ code, effect: "none" });
    expect(on.simulator.deployments()).toEqual([]);
  });

  test("a trial account is told what ends its limits", async () => {
    const on = await onVirtualTime({ trial: true });
    const first = await on.bind();
    const refusal = on.bind();
    await expect(refusal).rejects.toMatchObject({ effect: "none", message: expect.stringMatching(/trial/i) });
    await on.released(first.ref);
    await standsStill(on);
  });

  test("the final charge is what the escrow paid, and the rest came back", async () => {
    const on = await onVirtualTime();
    const { ref, price } = await on.bind();
    await on.untilPhase(ref, "running");
    await on.advance(60 * MINUTE_MS);
    await on.released(ref);
    const report = await on.report(ref);
    const [account] = on.simulator.ledger().values();
    expect(report).toMatchObject({ kind: "status", phase: "ended", charge: { amount: account?.charged, final: true } });
    expect(toUsd(account?.charged ?? 0n)).toBeGreaterThan((price?.usdPerHour ?? 0) * 0.95);
    expect(toUsd(account?.charged ?? 0n)).toBeLessThan((price?.usdPerHour ?? 0) * 1.2);
    expect(on.simulator.creditsUsd).toBeCloseTo(1_000 - toUsd(account?.charged ?? 0n), 5);
    await standsStill(on);
  });
});

describe("the runtime limit", () => {
  const HOUR_MS = 60 * MINUTE_MS;

  test("ends a lease, its bill included, though every scheduler is gone", async () => {
    const on = await onVirtualTime({}, { runtimeLimit: "require" });
    const { ref } = await on.bind({ maxLifetimeMs: 1.5 * HOUR_MS });
    await on.advance(1.9 * HOUR_MS);
    expect(on.simulator.openDeployments()).toHaveLength(1);
    await on.advance(0.3 * HOUR_MS);
    await standsStill(on);
    expect(await on.report(ref)).toMatchObject({ phase: "ended", charge: { final: true } });
  });

  test("is insisted on: where the Console sets none there is no lease", async () => {
    // Says that it speaks the contract of September, and does not.
    const on = await onVirtualTime({ contract: "aug" }, { runtimeLimit: "require", contract: "2026-09" });
    await expect(on.bind()).rejects.toMatchObject({
      code: "BACKEND_REJECTED",
      effect: "none",
      message: expect.stringContaining("runtimeLimit"),
    });
    await standsStill(on);
  });

  test("is not asked for beyond what can be asked for", async () => {
    const on = await onVirtualTime({}, { runtimeLimit: "require", mostHours: 2 });
    expect(await on.offers({ ...DEMAND, maxLifetimeMs: 3 * HOUR_MS })).toEqual([]);
  });
});
