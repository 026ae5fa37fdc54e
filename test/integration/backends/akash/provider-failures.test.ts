import { describe, expect, test, vi } from "vitest";
import type { LeaseRef } from "../../../../src/model/lease.js";
import { onVirtualTime } from "./fixture.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

const MINUTE_MS = 60_000;

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
    await on.standsStill();
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
    await on.standsStill();
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
    await on.standsStill();
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
    await on.standsStill();
  });
});
