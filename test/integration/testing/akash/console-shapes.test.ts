import { expect, test } from "vitest";
import { z } from "zod";
import { AUDITOR } from "../../../../src/testing/akash/identities.js";
import { onVirtualTime, sdlOf } from "./fixture.js";
import {
  address,
  augDetail,
  bid,
  chainDeployment,
  chainLease,
  data,
  dseq,
  error,
  escrow,
  iso,
  pagination,
  price,
  provider,
  publicDeployment,
  sepDetail,
} from "./shapes.js";

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
