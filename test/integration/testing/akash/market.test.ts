import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { arrived, onVirtualTime, sdlOf } from "./fixture.js";

const rtx4090 = { units: 1, attributes: { vendor: { nvidia: [{ model: "rtx4090" }] } } };

test("bids trickle in, one of each provider that suits, and expire after five minutes", async () => {
  const { create, bids, host, simulator, api } = await onVirtualTime();
  const { dseq, manifest } = await create();
  expect(await bids(dseq)).toEqual([]);
  await host.advance(4_900);
  expect(await bids(dseq)).toEqual([]);
  await host.advance(25_100);
  const all = await bids(dseq);
  const names = all.map(({ bid }) => simulator.providers.find(({ address }) => address === bid.id.provider)?.name);
  expect(names.sort()).toEqual(["eu-1", "eu-2", "us-1", "us-2"]);
  expect(all.every(({ bid }) => bid.state === "open" && bid.id.dseq === dseq)).toBe(true);
  await host.advance(300_000);
  expect((await bids(dseq)).every(({ bid }) => bid.state === "closed")).toBe(true);
  const { gseq, oseq, provider } = all[0].bid.id;
  const late = await api("POST", "/v1/leases", { manifest, leases: [{ dseq, gseq, oseq, provider }] });
  expect([late.status, late.body.message]).toEqual([400, "Bid not open"]);
});

test("only who is asked for bids: GPU, signed attributes, ceiling, reclamation, room", async () => {
  const { create, bids, host, simulator } = await onVirtualTime();
  const biddersOf = async (sdl: string): Promise<string[]> => {
    const { dseq } = await create(sdl);
    await host.advance(30_000);
    return (await bids(dseq)).map(({ bid }) => simulator.providers.find(({ address }) => address === bid.id.provider)?.name ?? "").sort();
  };
  expect(await biddersOf(sdlOf({ gpu: rtx4090 }))).toEqual(["eu-1", "us-1"]);
  expect(await biddersOf(sdlOf({ gpu: { units: 1, attributes: { vendor: { nvidia: [{ model: "rtx4090", ram: "48Gi" }] } } } }))).toEqual(
    [],
  );
  expect(await biddersOf(sdlOf({ placement: { attributes: { "location-region": "eu-north" } } }))).toEqual(["eu-1"]);
  // Self-declared by `eu-2`, and nobody has signed it.
  expect(await biddersOf(sdlOf({ placement: { attributes: { "location-region": "eu-west" } } }))).toEqual([]);
  expect(await biddersOf(sdlOf({ ceiling: 1 }))).toEqual([]);
  expect(await biddersOf(sdlOf({ top: { reclamation: { min_window: "1h" } } }))).toEqual(["us-2"]);
  expect(await biddersOf(sdlOf({ gpu: { units: 8, attributes: { vendor: { nvidia: [{ model: "rtx4090" }] } } } }))).toEqual(["eu-1"]);
});

test("GPUs that a lease has are taken until it ends", async () => {
  const { create, running, bids, host, close, api } = await onVirtualTime({ creditsUsd: 100_000 });
  const sdl = sdlOf({ gpu: { units: 8, attributes: { vendor: { nvidia: [{ model: "rtx4090" }] } } } });
  const first = await running(sdl);
  expect((await api("GET", "/v1/gpu?model=rtx4090")).body.gpus.total).toEqual({ allocatable: 12, allocated: 8 });
  const second = await create(sdl);
  await host.advance(30_000);
  expect(await bids(second.dseq)).toEqual([]);
  await close(first);
  const third = await create(sdl);
  await host.advance(30_000);
  expect(await bids(third.dseq)).toHaveLength(1);
});

test("a dseq is the clock's, and the chain holds the digest of the manifest that was returned", async () => {
  const { host, api, detail } = await onVirtualTime();
  const startMs = host.now();
  const [one, two] = await Promise.all([
    api("POST", "/v1/deployments", { data: { sdl: sdlOf() } }),
    api("POST", "/v1/deployments", { data: { sdl: sdlOf({ env: ["NONCE=two"] }) } }),
  ]);
  const dseqs = [one, two].map(({ body }) => Number(body.data.dseq));
  expect(new Set(dseqs).size).toBe(2);
  for (const dseq of dseqs) expect(Math.abs(dseq - startMs)).toBeLessThan(30_000);
  for (const { body } of [one, two]) {
    const digest = createHash("sha256").update(body.data.manifest).digest("base64");
    expect((await detail(body.data.dseq)).deployment.hash).toBe(digest);
  }
});

test("the hash follows from environment and resources, and not from ceiling, denom and signatures", async () => {
  const { create, detail } = await onVirtualTime();
  const hashOf = async (sdl: string): Promise<string> => (await detail((await create(sdl)).dseq)).deployment.hash;
  const plain = await hashOf(sdlOf());
  expect(await hashOf(sdlOf({ ceiling: 99_999 }))).toBe(plain);
  expect(await hashOf(sdlOf({ placement: { signedBy: { anyOf: [`akash1${"q".repeat(38)}`] } } }))).toBe(plain);
  expect(await hashOf(sdlOf({ env: ["NONCE=other"] }))).not.toBe(plain);
  expect(await hashOf(sdlOf({ image: "other" }))).not.toBe(plain);
});

test("SDL in YAML is read by whoever is given to read it", async () => {
  const { create, simulator } = await onVirtualTime({ parseYaml: parse });
  const { dseq } = await create(`
version: "2.0"
services:
  web:
    image: nginx:1
    env: [A=1]
    expose: [{ port: 80, as: 80, to: [{ global: true }] }]
profiles:
  compute:
    web:
      resources: { cpu: { units: 500m }, memory: { size: 512Mi }, storage: { size: 1Gi } }
  placement:
    dcloud:
      pricing: { web: { denom: uact, amount: 1000 } }
deployment:
  web: { dcloud: { profile: web, count: 1 } }
`);
  expect(simulator.deployments()).toMatchObject([{ dseq, env: { A: "1" }, open: true }]);
});

test("a lease without manifest is closed after five minutes; the group is paused, the escrow stays open", async () => {
  const { create, lease, detail, host, simulator, close } = await onVirtualTime();
  simulator.trouble({ kind: "manifest-not-delivered" });
  const created = await create();
  const answer = await lease(created);
  expect([answer.status, answer.body.code, answer.body.data.dseq]).toEqual([503, "manifest_not_delivered", created.dseq]);
  expect(simulator.deployments()[0]?.leases).toMatchObject([{ state: "active", delivered: false }]);
  await host.advance(300_000);
  expect(await detail(created.dseq)).toMatchObject({
    deployment: { state: "active" },
    leases: [{ state: "closed", reason: "lease_closed_reason_manifest_timeout" }],
    escrow_account: { state: { state: "open" } },
  });
  expect(simulator.openDeployments()).toHaveLength(1);
  await close(created.dseq);
  expect(simulator.openDeployments()).toHaveLength(0);
});

test("the lease call is sent again without a second transaction, and delivers then", async () => {
  const { create, lease, simulator, api } = await onVirtualTime();
  simulator.trouble({ kind: "manifest-not-delivered", times: 1 });
  const created = await create();
  expect((await lease(created)).status).toBe(503);
  const { provider } = simulator.deployments()[0]?.leases[0] ?? {};
  const address = simulator.providers.find(({ name }) => name === provider)?.address;
  const again = await api("POST", "/v1/leases", { leases: [{ dseq: created.dseq, gseq: 1, oseq: 1, provider: address }] });
  expect(again.status).toBe(200);
  expect(simulator.deployments()[0]?.leases).toMatchObject([{ delivered: true }]);
});

test("a manifest without global service, or of another version, is refused by the provider though the lease bills", async () => {
  const { create, lease, simulator } = await onVirtualTime();
  const closed = await create(sdlOf({ service: { expose: [{ port: 80 }] } }));
  const answer = await lease(closed);
  expect([answer.status, answer.body.data.reason]).toEqual([422, "invalid manifest: zero global services"]);
  const open = await create();
  const wrong = await lease({ ...open, manifest: closed.manifest });
  expect([wrong.status, wrong.body.data.reason]).toEqual([422, "manifest version validation failed"]);
  expect(simulator.deployments().map(({ leases }) => leases[0]?.state)).toEqual(["active", "active"]);
});

test("the list pairs leases with other deployments; each lease says itself whose it is", async () => {
  const { running, api } = await onVirtualTime();
  const dseqs = [await running(), await running(sdlOf({ env: ["NONCE=two"] }))];
  const { deployments } = (await api("GET", "/v1/deployments")).body.data;
  for (const { deployment, leases } of deployments) expect(leases[0].id.dseq).not.toBe(deployment.id.dseq);
  expect(deployments.map((one: { leases: { id: { dseq: string } }[] }) => one.leases[0]?.id.dseq).sort()).toEqual(dseqs.sort());
});

test("trial accounts do not get the good GPUs, nor two deployments", async () => {
  const { api, create } = await onVirtualTime({ trial: true });
  expect((await api("POST", "/v1/deployments", { data: { sdl: sdlOf({ gpu: rtx4090 }) } })).status).toBe(403);
  await create();
  const second = await api("POST", "/v1/deployments", { data: { sdl: sdlOf() } });
  expect([second.status, second.body.code]).toEqual([402, "payment_required"]);
});

test("without credits nothing is created, and the refusal says what is missing", async () => {
  const { api, simulator } = await onVirtualTime({ creditsUsd: 0.4 });
  const { status, body } = await api("POST", "/v1/deployments", { data: { sdl: sdlOf() } });
  expect([status, body.code, body.data]).toEqual([402, "insufficient_balance", { requiredAmountUsd: 0.5, availableAmountUsd: 0.4 }]);
  expect(simulator.deployments()).toEqual([]);
});

test("an update of the image replaces what runs, and resources cannot change", async () => {
  const { running, api, simulator, host } = await onVirtualTime();
  const dseq = await running();
  const more = sdlOf({ service: { image: "registry.example/work:2" } });
  expect((await api("PUT", `/v1/deployments/${dseq}`, { data: { sdl: more } })).status).toBe(200);
  await host.advance(30_000);
  expect(simulator.deployments()[0]?.containers).toMatchObject([{ image: "registry.example/work:2", starts: 1 }]);
  const bigger = JSON.parse(sdlOf());
  bigger.profiles.compute.job.resources.cpu.units = 4;
  expect((await api("PUT", `/v1/deployments/${dseq}`, { data: { sdl: JSON.stringify(bigger) } })).status).toBe(400);
});

test("the log of requests has everything that arrived, and at which gateway", async () => {
  const { running, gateway, token, direct, proxied, simulator } = await onVirtualTime();
  const dseq = await running(sdlOf(), "eu-1");
  const { base, provider } = await gateway(dseq);
  const jwt = await token();
  await direct("GET", `${base}/status`, jwt);
  await proxied({ method: "GET", url: `${base}/status`, providerAddress: provider, auth: { type: "jwt", token: jwt } });
  await arrived(() => simulator.requests.length > 0);
  expect(simulator.requests.filter(({ operation }) => /^(gateway|proxy)/.test(operation))).toMatchObject([
    { operation: "gatewayStatus", provider: "eu-1", viaProxy: false },
    { operation: "proxyHttp", method: "POST", path: "/" },
    { operation: "gatewayStatus", provider: "eu-1", viaProxy: true },
  ]);
  expect(simulator.requests[0]).toMatchObject({ operation: "create", body: expect.stringContaining("NONCE=one") });
});
