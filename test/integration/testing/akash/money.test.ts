import { expect, test } from "vitest";
import { onVirtualTime, sdlOf } from "./fixture.js";

const HOUR_MS = 3_600_000;
const gpus = (units: number, model = "rtx4090") => sdlOf({ gpu: { units, attributes: { vendor: { nvidia: [{ model }] } } } });

test("billing is by the block from the lease to its close, manifest wait and image pull included; orders without lease cost nothing", async () => {
  const { create, lease, host, simulator, close, detail } = await onVirtualTime();
  const idle = await create();
  await host.advance(HOUR_MS);
  await close(idle.dseq);
  expect(simulator.ledger().get(idle.dseq)).toEqual({ deposited: 500_000_000n, charged: 0n, refunded: 500_000_000n, locked: 0n });

  const created = await create(gpus(1));
  await lease(created, "eu-1");
  const [{ price, created_at }] = (await detail(created.dseq)).leases;
  await host.advance(HOUR_MS);
  await close(created.dseq);
  const [{ closed_on }] = (await detail(created.dseq)).leases;
  const blocks = Number(closed_on) - Number(created_at);
  expect(blocks).toBeGreaterThanOrEqual(600);
  const account = simulator.ledger().get(created.dseq);
  expect(account?.charged).toBe(BigInt(Math.ceil(Number(price.amount) * blocks)) * 1_000n);
  expect(account?.deposited).toBe((account?.charged ?? 0n) + (account?.refunded ?? 0n));
  expect(simulator.creditsUsd).toBeCloseTo(1_000 - Number(account?.charged) / 1e9, 6);

  await host.advance(10 * HOUR_MS);
  expect(simulator.ledger().get(created.dseq)).toEqual(account);
});

test("escrow is settled only when it is touched", async () => {
  const { running, host, detail, api, simulator } = await onVirtualTime();
  const dseq = await running(gpus(1));
  const before = (await detail(dseq)).escrow_account.state;
  await host.advance(HOUR_MS / 2);
  const later = (await detail(dseq)).escrow_account.state;
  expect([later.funds, later.settled_at]).toEqual([before.funds, before.settled_at]);
  expect(simulator.ledger().get(dseq)?.charged).toBeGreaterThan(0n);
  await api("POST", "/v1/deposit-deployment", { data: { dseq, deposit: 1 } });
  const touched = (await detail(dseq)).escrow_account.state;
  expect(Number(touched.settled_at)).toBeGreaterThan(Number(before.settled_at));
  expect(Number(touched.transferred[0].amount)).toBeGreaterThan(0);
});

test("runway is funded to two days after the lease and again when it is short of one, with five dollars kept free", async () => {
  const { create, lease, host, detail, simulator } = await onVirtualTime({ creditsUsd: 2_000 });
  const created = await create(gpus(8));
  await lease(created);
  expect((await detail(created.dseq)).escrow_account.state.deposits).toHaveLength(1);
  await host.advance(2_000);
  const { leases, escrow_account } = await detail(created.dseq);
  const hourly = (Number(leases[0].price.amount) * 600) / 1e6;
  const locked = Number(simulator.ledger().get(created.dseq)?.locked) / 1e9;
  expect(locked).toBeGreaterThan(47.9 * hourly);
  expect(locked).toBeLessThanOrEqual(48 * hourly);
  expect(escrow_account.state.deposits).toHaveLength(2);
  await host.advance(23 * HOUR_MS);
  expect((await detail(created.dseq)).escrow_account.state.deposits).toHaveLength(2);
  await host.advance(3 * HOUR_MS);
  expect((await detail(created.dseq)).escrow_account.state.deposits).toHaveLength(3);

  simulator.setCredits(20);
  const second = await create(gpus(4, "h100"));
  await lease(second);
  await host.advance(2_000);
  expect(simulator.creditsUsd).toBeCloseTo(5, 5);
});

test("a funding step that is missed costs the lease: insufficient funds, escrow overdrawn, nothing refunded, nothing more charged", async () => {
  const { create, lease, host, detail, simulator, close } = await onVirtualTime();
  simulator.trouble({ kind: "funding-missed" });
  const created = await create(gpus(8, "h100"));
  await lease(created);
  const leasedAtMs = host.now();
  await host.advance(10_000);
  await host.runUntil(() => simulator.deployments()[0]?.leases[0]?.state !== "active", { limitMs: HOUR_MS });
  const lastedMs = host.now() - leasedAtMs;
  const { usdPerHour } = simulator.deployments()[0]?.leases[0] ?? { usdPerHour: 0 };
  expect(lastedMs / HOUR_MS).toBeCloseTo(0.5 / usdPerHour, 1);
  expect(await detail(created.dseq)).toMatchObject({
    leases: [{ state: "insufficient_funds", reason: "lease_closed_reason_insufficient_funds", status: null }],
    escrow_account: { state: { state: "overdrawn" } },
  });
  expect(simulator.openDeployments()).toHaveLength(0);
  const account = simulator.ledger().get(created.dseq);
  expect(account).toEqual({ deposited: 500_000_000n, charged: 500_000_000n, refunded: 0n, locked: 0n });
  expect((await close(created.dseq)).status).toBe(200);
  expect(simulator.ledger().get(created.dseq)).toEqual(account);
});

test("the runtime limit closes and refunds without us", async () => {
  const { create, lease, host, simulator } = await onVirtualTime();
  const created = await create(sdlOf(), { runtimeLimitHours: 2 });
  await lease(created);
  await host.advance(2 * HOUR_MS - 20_000);
  expect(simulator.openDeployments()).toHaveLength(1);
  await host.advance(20_000);
  expect(simulator.openDeployments()).toHaveLength(0);
  expect(simulator.ledger().get(created.dseq)?.locked).toBe(0n);
});

test("the older contract without automatic funding asks for a deposit and tops nothing up", async () => {
  const { api, lease, host, detail } = await onVirtualTime({ contract: "aug", managedFunding: false });
  expect((await api("POST", "/v1/deployments", { data: { sdl: sdlOf() } })).status).toBe(400);
  const { body } = await api("POST", "/v1/deployments", { data: { sdl: gpus(1), deposit: 3 } });
  await lease(body.data);
  await host.advance(2 * HOUR_MS);
  expect((await detail(body.data.dseq)).escrow_account.state.deposits).toMatchObject([
    { balance: { amount: "3000000.000000000000000000" } },
  ]);
});

test("what never had a lease is swept at 10:30 and 22:30 UTC, and nothing else is", async () => {
  const { create, running, host, simulator } = await onVirtualTime();
  const leased = await running();
  await host.advance(10.5 * HOUR_MS - host.elapsedMs - 60_000);
  const fresh = await create();
  await host.advance(HOUR_MS);
  expect(simulator.openDeployments().map(({ dseq }) => dseq)).toEqual([leased, fresh.dseq]);
  await host.advance(10.5 * HOUR_MS);
  expect(simulator.openDeployments()).toHaveLength(2);
  await host.advance(HOUR_MS);
  expect(simulator.openDeployments().map(({ dseq }) => dseq)).toEqual([leased]);
});
