import { describe, expect, test, vi } from "vitest";
import { toUsd } from "../../../../src/model/money.js";
import { DEMAND } from "../support/placement.js";
import { onVirtualTime } from "./fixture.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

const HOUR_MS = 3_600_000;

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
    await on.standsStill();
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
    await on.standsStill();
  });

  test("the final charge is what the escrow paid, and the rest came back", async () => {
    const on = await onVirtualTime();
    const { ref, price } = await on.bind();
    await on.untilPhase(ref, "running");
    await on.advance(HOUR_MS);
    await on.released(ref);
    const report = await on.report(ref);
    const [account] = on.simulator.ledger().values();
    expect(report).toMatchObject({ kind: "status", phase: "ended", charge: { amount: account?.charged, final: true } });
    expect(toUsd(account?.charged ?? 0n)).toBeGreaterThan((price?.usdPerHour ?? 0) * 0.95);
    expect(toUsd(account?.charged ?? 0n)).toBeLessThan((price?.usdPerHour ?? 0) * 1.2);
    expect(on.simulator.creditsUsd).toBeCloseTo(1_000 - toUsd(account?.charged ?? 0n), 5);
    await on.standsStill();
  });
});

describe("the runtime limit", () => {
  test("ends a lease, its bill included, though every scheduler is gone", async () => {
    const on = await onVirtualTime({}, { runtimeLimit: "require" });
    const { ref } = await on.bind({ maxLifetimeMs: 1.5 * HOUR_MS });
    await on.advance(1.9 * HOUR_MS);
    expect(on.simulator.openDeployments()).toHaveLength(1);
    await on.advance(0.3 * HOUR_MS);
    await on.standsStill();
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
    await on.standsStill();
  });

  test("is not asked for beyond what can be asked for", async () => {
    const on = await onVirtualTime({}, { runtimeLimit: "require", mostHours: 2 });
    expect(await on.offers({ ...DEMAND, maxLifetimeMs: 3 * HOUR_MS })).toEqual([]);
  });
});
