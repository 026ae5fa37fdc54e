import { expect, test } from "vitest";
import { z } from "zod";
import { AUDITOR } from "../../../../src/testing/akash/identities.js";
import { onVirtualTime, sdlOf } from "./fixture.js";

/** Shapes as the facts about the Console API state them, written by hand; nothing more may stand in an answer. */
const address = z.string().regex(/^akash1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{38}$/);
const height = z.string().regex(/^\d+$/);
const dseq = z.string().regex(/^\d{13}$/);
const iso = z.iso.datetime();
const coin = z.strictObject({ denom: z.literal("uact"), amount: z.string().regex(/^\d+\.\d{18}$/) });
const attribute = z.strictObject({ key: z.string(), value: z.string() });
const val = z.strictObject({ val: z.string().regex(/^\d+$/) });
const leaseId = z.strictObject({ owner: address, dseq, gseq: z.int(), oseq: z.int(), provider: address, bseq: z.int() });
const escrow = (scope: string) =>
  z.strictObject({
    id: z.strictObject({ scope: z.literal(scope), xid: z.string() }),
    state: z.strictObject({
      owner: address,
      state: z.enum(["open", "closed", "overdrawn"]),
      transferred: z.array(coin),
      settled_at: height,
      funds: z.array(coin),
      deposits: z.array(z.strictObject({ owner: address, height, source: z.enum(["balance", "grant"]), balance: coin })),
    }),
  });
const bid = z.strictObject({
  bid: z.strictObject({
    id: leaseId,
    state: z.enum(["open", "active", "lost", "closed"]),
    price: coin,
    created_at: height,
    resources_offer: z.array(
      z.strictObject({
        resources: z.strictObject({
          id: z.int(),
          cpu: z.strictObject({ units: val, attributes: z.array(attribute) }),
          memory: z.strictObject({ quantity: val, attributes: z.array(attribute) }),
          gpu: z.strictObject({ units: val, attributes: z.array(attribute) }),
          storage: z.array(z.strictObject({ name: z.string(), quantity: val, attributes: z.array(attribute) })),
          endpoints: z.array(z.strictObject({ kind: z.string(), sequence_number: z.int() })),
        }),
        count: z.int(),
      }),
    ),
    reclamation_window: z
      .string()
      .regex(/^\d+s$/)
      .optional(),
  }),
  escrow_account: escrow("bid"),
});
const status = z.strictObject({
  services: z.record(
    z.string(),
    z.strictObject({
      name: z.string(),
      available: z.int(),
      total: z.int(),
      uris: z.array(z.string()),
      observed_generation: z.int(),
      replicas: z.int(),
      updated_replicas: z.int(),
      ready_replicas: z.int(),
      available_replicas: z.int(),
    }),
  ),
  forwarded_ports: z.record(
    z.string(),
    z.array(z.object({ port: z.int(), externalPort: z.int(), host: z.string().optional(), available: z.int().optional() })),
  ),
  ips: z.record(z.string(), z.array(z.object({ IP: z.string(), Port: z.int(), ExternalPort: z.int(), Protocol: z.string() }))),
});
const chainLease = {
  id: leaseId,
  state: z.enum(["active", "closed", "insufficient_funds", "reclaiming"]),
  price: coin,
  created_at: height,
  closed_on: height,
  reason: z.string().optional(),
};
const chainDeployment = z.strictObject({
  id: z.strictObject({ owner: address, dseq }),
  state: z.enum(["active", "closed"]),
  hash: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
  created_at: height,
});
const augDetail = z.strictObject({
  deployment: chainDeployment,
  leases: z.array(z.strictObject({ ...chainLease, status: status.nullable() })),
  escrow_account: escrow("deployment"),
});
const sepDetail = augDetail.extend({
  name: z.string().nullable(),
  consoleSettings: z.strictObject({ sdl: z.string(), manifestVersion: z.string() }),
});
const pagination = z.strictObject({ total: z.int(), skip: z.int(), limit: z.int(), hasMore: z.boolean() });
const publicDeployment = z.object({
  status: z.enum(["active", "closed"]),
  balance: z.number(),
  denom: z.string(),
  totalMonthlyCostUDenom: z.number(),
  leases: z.array(z.object({ gseq: z.int(), oseq: z.int() })),
  events: z.array(z.strictObject({ txHash: z.string().regex(/^[0-9A-F]{64}$/), date: iso, type: z.string() })),
  other: z.object({}),
});
const fraction = z.number().min(0).max(1).nullable();
const stat = z.strictObject({ active: z.number(), available: z.number(), pending: z.number() });
const provider = z.object({
  owner: address,
  name: z.string(),
  hostUri: z.string().startsWith("https://"),
  isOnline: z.boolean(),
  lastCheckDate: iso,
  lastOnlineDate: iso,
  isAudited: z.boolean(),
  isValidVersion: z.boolean(),
  akashVersion: z.string(),
  uptime1d: fraction,
  uptime7d: fraction,
  uptime30d: fraction,
  ipCountryCode: z.string().nullable(),
  locationRegion: z.string().nullable(),
  country: z.string().nullable(),
  organization: z.string(),
  hardwareGpuModels: z.array(z.string()),
  featPersistentStorage: z.boolean(),
  gpuModels: z.array(z.strictObject({ vendor: z.string(), model: z.string(), ram: z.string(), interface: z.string() })),
  attributes: z.array(z.strictObject({ key: z.string(), value: z.string(), auditedBy: z.array(address) })),
  deploymentCount: z.int(),
  leaseCount: z.int(),
  stats: z.strictObject({ cpu: stat, gpu: stat, memory: stat, storage: z.strictObject({ ephemeral: stat, persistent: stat }) }),
});
const price = z.strictObject({
  currency: z.literal("USD"),
  min: z.number(),
  max: z.number(),
  avg: z.number(),
  weightedAverage: z.number(),
  med: z.number(),
});
const error = z.strictObject({ error: z.string(), message: z.string(), code: z.string(), type: z.string(), data: z.unknown().optional() });

const data = <T extends z.ZodType>(schema: T) => z.strictObject({ data: schema });

test("create, bids, lease, detail, list and close answer in the shapes of the newer contract", async () => {
  const { api, lease, bids, host } = await onVirtualTime();
  const created = await api("POST", "/v1/deployments", { data: { sdl: sdlOf(), name: "nightly" } });
  expect(created.status).toBe(201);
  const made = data(
    z.strictObject({
      dseq,
      manifest: z.string(),
      signTx: z.strictObject({ code: z.literal(0), transactionHash: z.string(), rawLog: z.string() }),
    }),
  ).parse(created.body).data;
  expect((await api("GET", `/v1/bids?dseq=${made.dseq}`)).body).toEqual({ data: [] });

  const answer = await lease(made);
  expect(answer.status).toBe(200);
  data(sepDetail).parse(answer.body);
  expect((await bids(made.dseq)).map((one) => bid.parse(one).bid.state).sort()).toEqual(["active", "lost", "lost", "lost"]);

  await host.advance(30_000);
  const detail = await api("GET", `/v1/deployments/${made.dseq}`);
  const { leases, consoleSettings, name, deployment } = data(sepDetail).parse(detail.body).data;
  expect(leases[0]?.status?.services["job"]).toMatchObject({ available: 1, total: 1 });
  expect([name, consoleSettings.manifestVersion, consoleSettings.sdl]).toEqual(["nightly", deployment.hash, sdlOf()]);

  const list = await api("GET", "/v1/deployments?skip=0&limit=10");
  const item = z.strictObject({
    deployment: chainDeployment,
    leases: z.array(z.strictObject(chainLease)),
    escrow_account: escrow("deployment"),
    name: z.string().nullable(),
  });
  expect(data(z.strictObject({ deployments: z.array(item), pagination })).parse(list.body).data.pagination).toEqual({
    total: 1,
    skip: 0,
    limit: 10,
    hasMore: false,
  });

  const closed = await api("DELETE", `/v1/deployments/${made.dseq}`);
  expect([closed.status, closed.body]).toEqual([200, { data: { success: true } }]);
  expect((await api("DELETE", `/v1/deployments/${made.dseq}`)).status).toBe(200);
  const after = data(sepDetail).parse((await api("GET", `/v1/deployments/${made.dseq}`)).body).data;
  expect(after).toMatchObject({
    deployment: { state: "closed" },
    leases: [{ state: "closed", reason: "lease_closed_owner", status: null }],
    escrow_account: { state: { state: "closed" } },
  });
});

test("the older contract has no names, no settings, no activities, and lists only what is active", async () => {
  const { api, running, close, create } = await onVirtualTime({ contract: "aug" });
  const first = await running();
  data(augDetail).parse((await api("GET", `/v1/deployments/${first}`)).body);
  expect((await api("DELETE", `/v1/deployments/${first}?async=true`)).status).toBe(200);
  const { dseq: second, manifest } = await create();
  const { body } = await api("GET", "/v1/deployments");
  expect(body.data.deployments.map((one: { deployment: { id: { dseq: string } } }) => one.deployment.id.dseq)).toEqual([second]);
  expect(body.data.pagination.limit).toBe(1_000);
  const withoutManifest = await api("POST", "/v1/leases", {
    leases: [{ dseq: second, gseq: 1, oseq: 1, provider: `akash1${"q".repeat(38)}` }],
  });
  expect([withoutManifest.status, withoutManifest.body.code]).toEqual([400, "validation_error"]);
  expect(manifest).toContain('"name":"job"');
  expect((await api("GET", "/v1/deployment-funding-config")).status).toBe(404);
  expect((await api("GET", `/v2/deployment-settings/${second}`)).body).toEqual({ data: { dseq: second, autoTopUpEnabled: true } });
  await close(second);
});

test("an asynchronous close is an activity that succeeds later", async () => {
  const { api, running, host, simulator } = await onVirtualTime();
  const dseqOf = await running();
  const begun = await api("DELETE", `/v1/deployments/${dseqOf}?async=true`);
  expect(begun.status).toBe(202);
  const { activityId } = data(z.strictObject({ activityId: z.string() })).parse(begun.body).data;
  expect((await api("GET", `/v1/activities/${activityId}`)).body.data.status).toBe("pending");
  expect(simulator.openDeployments()).toHaveLength(1);
  await host.advance(15_000);
  expect((await api("GET", `/v1/activities/${activityId}`)).body.data.status).toBe("succeeded");
  expect(simulator.openDeployments()).toHaveLength(0);
  expect((await api("GET", "/v1/activities/none")).status).toBe(404);
});

test("balances, funding, settings and tokens", async () => {
  const { api, running } = await onVirtualTime({ creditsUsd: 50 });
  const balance = data(z.strictObject({ balance: z.number(), deployments: z.number(), total: z.number() }));
  expect(balance.parse((await api("GET", "/v1/balances")).body).data).toEqual({ balance: 50, deployments: 0, total: 50 });
  expect((await api("GET", "/v1/deployment-funding-config")).body).toEqual({
    targetRunwayHours: 48,
    balanceHeadroomUsd: 5,
    defaultDepositUsd: 0.5,
  });
  const dseqOf = await running(sdlOf({ gpu: { units: 1, attributes: { vendor: { nvidia: [{ model: "rtx4090" }] } } } }));
  const { balance: free, deployments, total } = balance.parse((await api("GET", "/v1/balances")).body).data;
  expect(deployments).toBeGreaterThan(0.5);
  expect(free + deployments).toBeCloseTo(total, 6);

  const path = `/v2/deployment-settings/${dseqOf}`;
  expect((await api("GET", path)).body.data).toEqual({ dseq: dseqOf, runtimeLimitHours: null, runtimeEndsAt: null });
  expect((await api("PATCH", path, { data: { runtimeLimitHours: 49 } })).status).toBe(400);
  const set = await api("PATCH", path, { data: { runtimeLimitHours: 2 } });
  expect(set.body.data).toEqual({ dseq: dseqOf, runtimeLimitHours: 2, runtimeEndsAt: expect.stringMatching(/Z$/) });
  expect((await api("PATCH", path, { data: { runtimeLimitHours: 1 } })).status).toBe(400);
  expect((await api("PATCH", path, { data: { runtimeLimitHours: null } })).body.data.runtimeEndsAt).toBeNull();

  const made = await api("POST", "/v1/create-jwt-token", { data: { ttl: 60, leases: { access: "full" } } });
  expect(made.status).toBe(201);
  const [, payload = ""] = data(z.strictObject({ token: z.string() }))
    .parse(made.body)
    .data.token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  expect(claims).toEqual({
    iss: expect.stringMatching(/^akash1/),
    iat: claims.nbf,
    nbf: claims.nbf,
    exp: claims.nbf + 60,
    version: "v1",
    leases: { access: "full" },
  });
  for (const body of [{ ttl: 0, leases: { access: "full" } }, { ttl: 60 }, { ttl: 60, leases: { access: "granular", permissions: [] } }]) {
    expect((await api("POST", "/v1/create-jwt-token", { data: body })).body.code).toBe("validation_error");
  }
});

test("what is public needs no key, and lags behind", async () => {
  const { api, running, close, simulator, host } = await onVirtualTime();
  const dseqOf = await running();
  const ask = (path: string) => api("GET", path, undefined, { "x-api-key": "wrong" });
  const detail = `/v1/deployment/${simulator.owner}/${dseqOf}`;
  expect(publicDeployment.parse((await ask(detail)).body)).toMatchObject({ status: "active", denom: "uact" });
  await close(dseqOf);
  expect((await ask(detail)).body.status).toBe("active");
  await host.advance(30_000);
  expect((await ask(detail)).body.status).toBe("closed");
  const list = await ask(`/v1/addresses/${simulator.owner}/deployments/0/100?status=closed`);
  expect(z.strictObject({ count: z.literal(1), results: z.array(publicDeployment) }).parse(list.body).results).toHaveLength(1);
  expect((await ask(`/v1/addresses/${simulator.owner}/deployments/0/101`)).status).toBe(400);
  const durations = z.object({
    leases: z.array(
      z.object({
        dseq,
        gseq: z.int(),
        oseq: z.int(),
        provider: address,
        startHeight: z.int(),
        startDate: iso,
        closedHeight: z.int(),
        closedDate: iso,
        durationInSeconds: z.number(),
      }),
    ),
  });
  const [lasted] = durations.parse((await ask(`/v1/leases-duration/${simulator.owner}?dseq=${dseqOf}`)).body).leases;
  expect(lasted?.durationInSeconds).toBeGreaterThan(60);
});

test("providers, GPUs, prices, screening, auditors, blocks", async () => {
  const { api } = await onVirtualTime();
  const providers = z.array(provider).parse((await api("GET", "/v1/providers?scope=all")).body);
  expect(providers.map(({ isAudited }) => isAudited)).toEqual([true, true, true, true, false]);
  expect(z.array(provider).parse((await api("GET", "/v1/providers?scope=trial")).body)).toHaveLength(4);
  const one = await api("GET", `/v1/providers/${providers[0]?.owner}`);
  provider.extend({ uptime: z.array(z.strictObject({ id: z.string(), isOnline: z.boolean(), checkDate: iso })) }).parse(one.body);
  expect((await api("GET", "/v1/providers/akash1none")).status).toBe(404);

  const counted = z.strictObject({ total: z.int(), available: z.int() });
  const prices = z.strictObject({
    availability: counted,
    models: z.array(
      z.strictObject({
        vendor: z.string(),
        model: z.string(),
        ram: z.string(),
        interface: z.string(),
        availability: counted,
        providerAvailability: counted,
        price: price.nullable(),
      }),
    ),
  });
  expect(prices.parse((await api("GET", "/v1/gpu-prices")).body).models.map(({ model }) => model)).toEqual(["rtx4090", "a100", "h100"]);
  const kind = z.strictObject({ model: z.string(), ram: z.string(), interface: z.string(), allocatable: z.int(), allocated: z.int() });
  const inventory = z.strictObject({
    gpus: z.strictObject({
      total: z.strictObject({ allocatable: z.int(), allocated: z.int() }),
      details: z.record(z.string(), z.array(kind)),
    }),
  });
  expect(inventory.parse((await api("GET", "/v1/gpu?model=rtx4090")).body).gpus.total).toEqual({ allocatable: 12, allocated: 0 });

  const question = {
    requirements: { signedBy: { allOf: [], anyOf: [AUDITOR] }, attributes: [] },
    resources: [
      {
        resource: {
          id: 1,
          cpu: { units: { val: "2000" } },
          memory: { quantity: { val: "4294967296" } },
          gpu: { units: { val: "1" }, attributes: [{ key: "vendor/nvidia/model/rtx4090", value: "true" }] },
          storage: [{ name: "default", quantity: { val: "10737418240" } }],
        },
        count: 1,
        price: { denom: "uact", amount: "100000" },
      },
    ],
    timezone: "Europe/Berlin",
  };
  const screened = z.strictObject({
    providers: z.array(
      z.strictObject({
        owner: address,
        hostUri: z.string(),
        isAudited: z.boolean(),
        createdAt: iso,
        location: z.string().nullable(),
        organization: z.string().nullable(),
        incidents: z
          .array(z.strictObject({ date: z.string(), hasOpenIncident: z.boolean(), incidentCount: z.int(), downtimeSeconds: z.int() }))
          .length(7),
      }),
    ),
  });
  expect(screened.parse((await api("POST", "/v1/bid-screening", question)).body).providers).toHaveLength(2);
  const { timezone: _, ...unplaced } = question;
  expect((await api("POST", "/v1/bid-screening", unplaced)).body.code).toBe("validation_error");
  z.array(z.strictObject({ id: z.string(), name: z.string(), address, website: z.string() })).parse(
    (await api("GET", "/v1/auditors")).body,
  );
  expect((await api("GET", "/v1/market-data/akash-network")).body.price).toBeGreaterThan(0);
  const blocks = z.array(z.object({ height: z.int(), datetime: iso })).parse((await api("GET", "/v1/blocks?limit=2")).body);
  expect(Date.parse(blocks[0]?.datetime ?? "") - Date.parse(blocks[1]?.datetime ?? "")).toBe(6_000);
});

test("errors have the Console's body, by status and code", async () => {
  const { api, simulator } = await onVirtualTime();
  const cases: readonly [Promise<{ status: number; body: unknown }>, number, string][] = [
    [api("GET", "/v1/deployments/1"), 404, "not_found"],
    [api("GET", "/v1/nowhere"), 404, "not_found"],
    [api("GET", "/v1/balances", undefined, { "x-api-key": "ac.sk.wrong" }), 401, "unauthorized"],
    [api("GET", "/v1/balances", undefined, { authorization: "Bearer x" }), 400, "bad_request"],
    [api("POST", "/v1/deployments", "{}", { "content-type": "text/plain" }), 400, "bad_request"],
    [api("POST", "/v1/deployments", "{"), 400, "bad_request"],
    [api("POST", "/v1/deployments", { data: {} }), 400, "validation_error"],
    [api("POST", "/v1/deployments", { data: { sdl: "version: '2.0'" } }), 400, "bad_request"],
    [api("POST", "/v1/deployments", { data: { sdl: sdlOf({ top: { bogus: 1 } }) } }), 400, "bad_request"],
    [api("POST", "/v1/certificates", {}), 400, "bad_request"],
    [api("GET", "/v1/deployments?limit=101"), 400, "validation_error"],
    [api("POST", "/v1/deployments", { data: { sdl: "x".repeat(600_000) } }), 413, "payload_too_large"],
  ];
  for (const [asked, status, code] of cases) {
    const answer = await asked;
    expect([answer.status, error.parse(answer.body).code]).toEqual([status, code]);
  }
  const wrong = await api("GET", "/v1/balances", undefined, { "x-api-key": "ac.sk.wrong" });
  expect(wrong.body.message).toBe("Invalid API key");
  const invalid = await api("POST", "/v1/deployments", { data: { sdl: sdlOf({ top: { bogus: 1 } }) } });
  expect(invalid.body.message).toBe('Invalid SDL: Additional property "bogus" is not allowed.');
  expect(simulator.deployments()).toEqual([]);
});

test("unless told otherwise, every object of an answer has a field that nobody has heard of, and maps have none", async () => {
  const { running, detail } = await onVirtualTime({ unknownFields: true });
  const answer = await detail(await running());
  const unheard = (value: object): boolean => Object.keys(value).includes("addedByLaterRelease");
  expect([answer, answer.deployment.id, answer.leases[0], answer.escrow_account.state.funds[0]].map(unheard)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(Object.keys(answer.leases[0].status.services)).toEqual(["job"]);
});
