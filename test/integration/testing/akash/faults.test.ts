import { expect, test } from "vitest";
import { type AkashRefusal, akashVirtualContainers, startSimulatedAkash } from "../../../../src/testing/akash/index.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";
import { arrived, clientOf, onVirtualTime, sdlOf } from "./fixture.js";

const MINUTE_MS = 60_000;

test("ambiguous create: the transaction lands, the client sees nothing, and the hash tells whose it is", async () => {
  const { api, simulator, host, create } = await onVirtualTime();
  simulator.inject({ operation: "create", fault: { kind: "silence", effect: true } });
  const giveUp = new AbortController();
  const lost = api("POST", "/v1/deployments", { data: { sdl: sdlOf() } }, {}, giveUp.signal).catch((error: unknown) => error);
  await host.runUntil(() => simulator.deployments().length === 1, { limitMs: MINUTE_MS }).catch(() => undefined);
  await arrived(() => simulator.deployments().length === 1);
  giveUp.abort();
  expect(await lost).toBeInstanceOf(Error);
  const [orphan] = (await api("GET", "/v1/deployments")).body.data.deployments;
  const twin = await create();
  const { hash } = simulator.deployments().find(({ dseq }) => dseq === twin.dseq) ?? {};
  expect(orphan.deployment.hash).toBe(hash);
});

test("a create that is cut before it was carried out leaves nothing", async () => {
  const { api, simulator, host } = await onVirtualTime();
  simulator.inject({ operation: "create", fault: { kind: "cut", effect: false } });
  await expect(api("POST", "/v1/deployments", { data: { sdl: sdlOf() } })).rejects.toThrow();
  await host.advance(MINUTE_MS);
  expect(simulator.deployments()).toEqual([]);
});

test("statuses with and without effect, late answers and garbage", async () => {
  const { api, simulator, host, create } = await onVirtualTime();
  simulator.inject({ operation: "create", fault: { kind: "status", status: 502, effect: true } });
  const failed = await api("POST", "/v1/deployments", { data: { sdl: sdlOf() } });
  expect([failed.status, failed.body.code, simulator.deployments().length]).toEqual([502, "service_unavailable", 1]);
  simulator.inject({
    fault: { kind: "status", status: 503, effect: false, body: { odd: true }, headers: { "retry-after": "7" } },
    times: 2,
  });
  for (const path of ["/v1/balances", "/v1/auditors"]) {
    const answer = await api("GET", path);
    expect([answer.status, answer.body, answer.headers.get("retry-after")]).toEqual([503, { odd: true }, "7"]);
  }
  simulator.inject({ operation: "balances", fault: { kind: "garbage" } });
  await expect(api("GET", "/v1/balances")).rejects.toThrow(SyntaxError);
  simulator.inject({ operation: "balances", fault: { kind: "slow", ms: 5_000 } });
  const beforeMs = host.now();
  expect((await api("GET", "/v1/balances")).status).toBe(200);
  expect(host.now() - beforeMs).toBeGreaterThanOrEqual(5_000);
  simulator.inject({ operation: "close", fault: { kind: "silence", effect: false } });
  simulator.clearFaults();
  const { dseq } = await create();
  expect((await api("DELETE", `/v1/deployments/${dseq}`)).status).toBe(200);
});

test.each<[AkashRefusal, number, string]>([
  ["insufficient_balance", 402, "insufficient_balance"],
  ["balance_top_up_pending", 402, "balance_top_up_pending"],
  ["payment_required", 402, "payment_required"],
  ["trial", 403, "forbidden"],
  ["fair_use_policy_required", 403, "fair_use_policy_required"],
  ["wallet_provisioning", 409, "wallet_provisioning"],
  ["rate_limited", 429, "rate_limited"],
  ["database_timeout", 502, "database_timeout"],
  ["service_unavailable", 503, "service_unavailable"],
  ["provider_unreachable", 502, "provider_unreachable"],
])("the refusal %s has its status and code, and nothing is made", async (as, status, code) => {
  const { api, simulator } = await onVirtualTime();
  simulator.inject({ operation: "create", fault: { kind: "refuse", as, retryAfterS: 9 } });
  const answer = await api("POST", "/v1/deployments", { data: { sdl: sdlOf() } });
  expect([answer.status, answer.body.code, simulator.deployments().length]).toEqual([status, code, 0]);
  const hasToWait = as === "balance_top_up_pending" || as === "rate_limited";
  expect(answer.headers.get("retry-after")).toBe(as === "insufficient_balance" || !hasToWait ? null : "9");
  expect((await api("POST", "/v1/deployments", { data: { sdl: sdlOf() } })).status).toBe(201);
});

test("the older contract knows no code for a payment that is required", async () => {
  const { api, simulator } = await onVirtualTime({ contract: "aug" });
  simulator.inject({ operation: "create", fault: { kind: "refuse", as: "payment_required" } });
  expect((await api("POST", "/v1/deployments", { data: { sdl: sdlOf() } })).body.code).toBe("unknown_error");
});

test("more requests than the limit are refused with 429 and a time to wait", async () => {
  const { api, host } = await onVirtualTime({ rateLimit: { requests: 2, perMs: 10_000 } });
  const statuses = [];
  for (let count = 0; count < 3; count += 1) statuses.push((await api("GET", "/v1/balances")).status);
  expect(statuses).toEqual([200, 200, 429]);
  expect((await api("GET", "/v1/balances")).headers.get("retry-after")).toBe("10");
  await host.advance(10_000);
  expect((await api("GET", "/v1/balances")).status).toBe(200);
});

test("a key that expires", async () => {
  const { api, host } = await onVirtualTime({ keyExpiresAtMs: Date.UTC(2026, 0, 1) + MINUTE_MS });
  expect((await api("GET", "/v1/balances")).status).toBe(200);
  await host.advance(MINUTE_MS);
  expect((await api("GET", "/v1/balances")).body.message).toBe("Invalid API key");
});

test("no bids at all, and bids that are lost before they can be taken", async () => {
  const { create, bids, host, simulator } = await onVirtualTime();
  simulator.trouble({ kind: "no-bids" });
  const { dseq } = await create();
  await host.advance(120_000);
  expect(await bids(dseq)).toEqual([]);
  simulator.clearTroubles();
  simulator.trouble({ kind: "bids-lost", afterMs: 2_000 });
  const other = await create();
  await host.advance(40_000);
  expect((await bids(other.dseq)).map(({ bid }) => bid.state)).toEqual(["closed", "closed", "closed", "closed"]);
});

test("a provider that is unreachable before the lease: none is made, the next bid can be taken; the older contract makes one", async () => {
  const sep = await onVirtualTime();
  sep.simulator.trouble({ kind: "provider-unreachable", provider: "eu-1", times: 1 });
  const created = await sep.create();
  const answer = await sep.lease(created, "eu-1");
  expect([answer.status, answer.body.code, sep.simulator.deployments()[0]?.leases]).toEqual([502, "provider_unreachable", []]);
  expect((await sep.lease(created, "us-1")).status).toBe(200);

  const aug = await onVirtualTime({ contract: "aug" });
  aug.simulator.trouble({ kind: "provider-unreachable" });
  const older = await aug.lease(await aug.create());
  expect([older.status, older.body.code]).toEqual([503, "service_unavailable"]);
  expect(aug.simulator.deployments()[0]?.leases).toMatchObject([{ state: "active", delivered: false }]);
});

test.each([
  ["missing", "not found"],
  ["unauthorized", "401 Unauthorized"],
  ["throttled", "429 Too Many Requests"],
] as const)("an image that is %s: events say so, nothing is available, nothing is logged, and it bills", async (why, words) => {
  const { running, detail, gateway, token, stream, simulator, host } = await onVirtualTime();
  simulator.trouble({ kind: "image", image: "registry.example/broken:1", why });
  const dseq = await running(sdlOf({ image: "registry.example/broken:1" }));
  const { leases } = await detail(dseq);
  expect(leases[0].status.services.job).toMatchObject({ available: 0, total: 1 });
  const { base } = await gateway(dseq);
  const jwt = await token();
  const events = stream(`${base}/kubeevents?follow=false`, jwt);
  await events.ended;
  const failed = events
    .texts()
    .map((text) => JSON.parse(text))
    .filter(({ reason }) => reason === "Failed" || reason === "BackOff");
  expect(failed[0].note).toContain(words);
  expect(failed.map(({ reason }) => reason)).toEqual(expect.arrayContaining(["Failed", "BackOff"]));
  const logs = stream(`${base}/logs?follow=false`, jwt);
  await logs.ended;
  expect(logs.frames).toEqual([]);
  const before = simulator.ledger().get(dseq)?.charged ?? 0n;
  await host.advance(MINUTE_MS);
  expect(simulator.ledger().get(dseq)?.charged ?? 0n).toBeGreaterThan(before);
});

test("pods that find no node say FailedScheduling; the monitor gives the lease up as unstable in about eight minutes", async () => {
  const { running, gateway, token, stream, simulator, host } = await onVirtualTime();
  simulator.trouble({ kind: "unschedulable", provider: "eu-1" });
  const dseq = await running(sdlOf(), "eu-1");
  const { base } = await gateway(dseq);
  const events = stream(`${base}/kubeevents?follow=false`, await token());
  await events.ended;
  expect(JSON.parse(events.texts()[0] ?? "").reason).toBe("FailedScheduling");
  const sinceMs = host.now();
  await host.runUntil(() => simulator.deployments()[0]?.leases[0]?.state === "closed", { limitMs: 20 * MINUTE_MS });
  expect(simulator.deployments()[0]).toMatchObject({ state: "active", open: true, leases: [{ reason: "lease_closed_reason_unstable" }] });
  expect(host.now() - sinceMs).toBeGreaterThan(4 * MINUTE_MS);
  expect(host.now() - sinceMs).toBeLessThan(15 * MINUTE_MS);
});

test("any exit restarts the container, code 0 too: a crash loop backs off, flaps and ends unstable", async () => {
  const { running, simulator, host, detail } = await onVirtualTime();
  simulator.trouble({ kind: "crash-loop", exitCode: 0 });
  const dseq = await running();
  const starts = (): number => simulator.deployments()[0]?.containers[0]?.starts ?? 0;
  expect(starts()).toBeGreaterThan(1);
  const early = starts();
  await host.advance(4 * MINUTE_MS);
  expect(starts()).toBeGreaterThan(early);
  expect((await detail(dseq)).leases[0].status.services.job.available).toBe(0);
  await host.runUntil(() => simulator.deployments()[0]?.leases[0]?.state === "closed", { limitMs: 20 * MINUTE_MS });
  expect(simulator.deployments()[0]?.leases).toMatchObject([{ reason: "lease_closed_reason_unstable" }]);
  const last = starts();
  await host.advance(10 * MINUTE_MS);
  expect(starts()).toBe(last);
});

test("virtual containers that do not hold run their command again and again", async () => {
  const host = createVirtualHost();
  const simulator = await startSimulatedAkash({ host, containers: akashVirtualContainers(host, { hold: false }) });
  const { create, lease } = clientOf(simulator, (ms) => host.advance(ms));
  await lease(await create(sdlOf({ argv: ["exit", "3"] })));
  await host.advance(5 * MINUTE_MS);
  expect(simulator.deployments()[0]?.containers).toMatchObject([{ commandEnded: true }]);
  expect(simulator.deployments()[0]?.containers[0]?.starts).toBeGreaterThan(3);
  await simulator.close();
});

test("a provider that goes offline: gateway silent, status null, lease active and billing; and comes back", async () => {
  const { running, gateway, token, direct, proxied, detail, api, simulator, host, stream } = await onVirtualTime();
  const dseq = await running(sdlOf(), "eu-1");
  const { base, provider } = await gateway(dseq);
  const jwt = await token();
  const followed = stream(`${base}/logs?follow=true`, jwt);
  await followed.opened;
  simulator.setOnline("eu-1", false);
  expect((await followed.ended).code).toBe(1_006);
  await expect(direct("GET", `${base}/status`, jwt)).rejects.toThrow();
  expect(
    (await proxied({ method: "GET", url: `${base}/status`, providerAddress: provider, auth: { type: "jwt", token: jwt } })).status,
  ).toBe(503);
  expect((await detail(dseq)).leases[0]).toMatchObject({ state: "active", status: null });
  expect((await api("GET", `/v1/providers/${provider}`)).body.isOnline).toBe(false);
  const before = simulator.ledger().get(dseq)?.charged ?? 0n;
  await host.advance(10 * MINUTE_MS);
  expect(simulator.ledger().get(dseq)?.charged ?? 0n).toBeGreaterThan(before);
  simulator.setOnline("eu-1", true);
  expect((await direct("GET", `${base}/status`, jwt)).status).toBe(200);
  expect(() => simulator.setOnline("nobody", true)).toThrow(RangeError);
});

test("a workload that is gone while its lease stays open", async () => {
  const { running, gateway, token, direct, detail, simulator } = await onVirtualTime();
  const dseq = await running();
  const { base } = await gateway(dseq);
  const jwt = await token();
  simulator.loseWorkload(dseq);
  expect((await direct("GET", `${base}/status`, jwt)).status).toBe(404);
  expect((await detail(dseq)).leases[0]).toMatchObject({ state: "active", status: null });
  expect(simulator.openDeployments()).toHaveLength(1);
});

test("a lease that its provider closes: group paused, deployment active, escrow open until the owner closes", async () => {
  const { running, detail, close, api, simulator, host } = await onVirtualTime();
  const dseq = await running();
  simulator.closeLease(dseq, "lease_closed_reason_decommission");
  const after = await detail(dseq);
  expect(after).toMatchObject({
    deployment: { state: "active" },
    leases: [{ state: "closed", reason: "lease_closed_reason_decommission", status: null }],
    escrow_account: { state: { state: "open" } },
  });
  expect(Number(after.leases[0].closed_on)).toBeGreaterThan(0);
  expect((await api("GET", `/v1/deployment/${simulator.owner}/${dseq}`)).body.other.groups).toMatchObject([{ state: "paused" }]);
  const charged = simulator.ledger().get(dseq)?.charged;
  await host.advance(60 * MINUTE_MS);
  expect(simulator.ledger().get(dseq)?.charged).toBe(charged);
  expect(simulator.openDeployments()).toHaveLength(1);
  await close(dseq);
  expect(simulator.openDeployments()).toHaveLength(0);
});

test("a lease that is taken back: reclaiming with a deadline, then closed", async () => {
  const { running, detail, simulator, host } = await onVirtualTime();
  const dseq = await running();
  simulator.reclaim(dseq, 10 * MINUTE_MS);
  const [lease] = (await detail(dseq)).leases;
  expect(lease).toMatchObject({ state: "reclaiming", reclamation: { window: "600s" } });
  expect(Date.parse(lease.reclamation.deadline) - host.now()).toBeLessThanOrEqual(10 * MINUTE_MS);
  expect(lease.status).not.toBeNull();
  await host.advance(10 * MINUTE_MS);
  expect((await detail(dseq)).leases[0]).toMatchObject({ state: "closed", reason: "lease_closed_reason_decommission" });
});

test("live status that is null though everything runs, and a close that takes long", async () => {
  const { running, detail, close, simulator, host } = await onVirtualTime();
  const dseq = await running();
  simulator.trouble({ kind: "null-status" });
  expect((await detail(dseq)).leases[0].status).toBeNull();
  simulator.clearTroubles();
  expect((await detail(dseq)).leases[0].status).not.toBeNull();
  simulator.trouble({ kind: "slow-close", ms: 10 * MINUTE_MS });
  const beforeMs = host.now();
  await close(dseq);
  expect(host.now() - beforeMs).toBeGreaterThan(10 * MINUTE_MS);
});

test("faults strike gateways, websockets and the proxy where they are named, and never by the way", async () => {
  const { running, gateway, token, direct, proxied, stream, api, simulator } = await onVirtualTime();
  const { base, provider } = await gateway(await running());
  const jwt = await token();
  const wish = { method: "GET", url: `${base}/status`, providerAddress: provider, auth: { type: "jwt", token: jwt } };
  simulator.inject({ fault: { kind: "status", status: 500, effect: false } });
  expect((await direct("GET", `${base}/status`, jwt)).status).toBe(200);
  expect((await proxied(wish)).status).toBe(200);
  expect((await api("GET", "/v1/balances")).status).toBe(500);
  simulator.inject({ operation: "gatewayStatus", fault: { kind: "status", status: 503, effect: false }, times: 2 });
  expect((await direct("GET", `${base}/status`, jwt)).status).toBe(503);
  // The proxy tries again by itself.
  expect((await proxied(wish)).status).toBe(200);
  simulator.inject({ operation: "gatewayLogs", fault: { kind: "status", status: 502, effect: false } });
  expect(await stream(`${base}/logs`, jwt).ended).toMatchObject({ refused: 502 });
  simulator.inject({ operation: "gatewayEvents", fault: { kind: "cut", effect: false } });
  expect(await stream(`${base}/kubeevents`, jwt).ended).toMatchObject({ code: 1_006 });
  simulator.inject({ operation: "proxySocket", fault: { kind: "silence", effect: false } });
  const silent = stream(simulator.providerProxyUrl);
  await arrived(() => simulator.heldRequests === 1);
  silent.socket.terminate();
  await arrived(() => simulator.heldRequests === 0);
});

test("close ends sockets, streams and requests that are held, and what was under way never lands", async () => {
  const host = createVirtualHost();
  const simulator = await startSimulatedAkash({ host });
  const { running, gateway, token, stream, api } = clientOf(simulator, (ms) => host.advance(ms));
  const dseq = await running();
  const { base } = await gateway(dseq);
  const followed = stream(`${base}/logs?follow=true`, await token());
  await followed.opened;
  const before = simulator.ledger();
  const creating = fetch(`${simulator.url}/v1/deployments`, {
    method: "POST",
    headers: { "x-api-key": simulator.apiKey, "content-type": "application/json" },
    body: JSON.stringify({ data: { sdl: sdlOf({ env: ["NONCE=late"] }) } }),
  }).catch((error: unknown) => error);
  await arrived(() => simulator.heldRequests === 1);
  await simulator.close();
  expect(await creating).toBeInstanceOf(Error);
  expect((await followed.ended).code).toBe(1_006);
  await arrived(() => simulator.openStreams === 0);
  await host.advance(5 * MINUTE_MS);
  expect(simulator.deployments()).toHaveLength(1);
  expect(simulator.ledger().get(dseq)?.deposited).toBe(before.get(dseq)?.deposited);
  await expect(api("GET", "/v1/balances")).rejects.toThrow();
  await simulator.close();
});
