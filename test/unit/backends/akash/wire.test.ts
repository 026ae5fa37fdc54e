/** Answers as the Console and the providers' gateways are known to give them, with values of our own. */
import { expect, test } from "vitest";
import * as wire from "../../../../src/backends/akash/wire.js";

const OWNER = `akash1${"q".repeat(38)}`;
const PROVIDER = `akash1${"z".repeat(38)}`;
const DSEQ = "1764032400123";

test("bids: open ones, with 18 decimals, and one with a window for taking machines back", () => {
  const id = { owner: OWNER, dseq: DSEQ, gseq: 1, oseq: 1, provider: PROVIDER, bseq: 0 };
  const resources = {
    id: 1,
    cpu: { units: { val: "8000" }, attributes: [] },
    memory: { quantity: { val: "34359738368" }, attributes: [] },
    gpu: { units: { val: "1" }, attributes: [{ key: "vendor/nvidia/model/h100/ram/80Gi/interface/sxm", value: "true" }] },
    storage: [{ name: "default", quantity: { val: "10737418240" }, attributes: [] }],
    endpoints: [{ kind: "SHARED_HTTP", sequence_number: 0 }],
  };
  const bid = {
    id,
    state: "open",
    price: { denom: "uact", amount: "3333.333333333333333333" },
    created_at: "27000000",
    resources_offer: [{ resources, count: 1 }],
  };
  const escrow = { id: { scope: "bid", xid: `${OWNER}/${DSEQ}/1/1/${PROVIDER}` }, state: { owner: PROVIDER, state: "open" } };
  const { data } = wire.bids.parse({
    data: [
      { bid, escrow_account: escrow },
      { bid: { ...bid, state: "lost", reclamation_window: "3600s" }, escrow_account: escrow },
    ],
  });
  expect(data.map(({ bid: { state, price, reclamation_window: window } }) => [state, price.amount, window])).toEqual([
    ["open", "3333.333333333333333333", undefined],
    ["lost", "3333.333333333333333333", "3600s"],
  ]);
  expect(wire.bids.parse({ data: [] }).data).toEqual([]);
});

test("a deployment: lease, live status, forwarded ports, escrow", () => {
  const { data } = wire.deploymentAnswer.parse({
    data: {
      deployment: {
        id: { owner: OWNER, dseq: DSEQ },
        state: "active",
        hash: "usuHlMfWxk9PGjdNTUmJQRdZicjNKwBAjc8wl5iU55w=",
        created_at: "27000000",
      },
      leases: [
        {
          id: { owner: OWNER, dseq: DSEQ, gseq: 1, oseq: 1, provider: PROVIDER, bseq: 0 },
          state: "reclaiming",
          price: { denom: "uact", amount: "120.000000000000000000" },
          created_at: "27000005",
          closed_on: "0",
          reclamation: { window: "3600s", started_at: "2026-11-25T01:00:00Z", deadline: "2026-11-25T02:00:00Z", reason: "" },
          status: {
            services: {
              "testns-one-0": {
                name: "testns-one-0",
                available: 1,
                total: 1,
                uris: ["abc.ingress.provider.example"],
                observed_generation: 1,
                replicas: 1,
                updated_replicas: 1,
                ready_replicas: 1,
                available_replicas: 1,
              },
            },
            forwarded_ports: {
              "testns-one-0": [{ host: "provider.example", port: 8080, externalPort: 31234, proto: "TCP", available: 1 }],
            },
            ips: null,
          },
        },
      ],
      escrow_account: {
        id: { scope: "deployment", xid: `${OWNER}/${DSEQ}` },
        state: {
          owner: OWNER,
          state: "open",
          transferred: [{ denom: "uact", amount: "600.000000000000000000" }],
          settled_at: "27000010",
          funds: [{ denom: "uact", amount: "499400.000000000000000000" }],
          deposits: [
            { owner: OWNER, height: "27000000", source: "grant", balance: { denom: "uact", amount: "500000.000000000000000000" } },
          ],
        },
      },
    },
  });
  expect(data.leases[0]).toMatchObject({ state: "reclaiming", reclamation: { deadline: "2026-11-25T02:00:00Z" } });
  expect(data.leases[0]?.status?.services?.["testns-one-0"]).toMatchObject({ available: 1, uris: ["abc.ingress.provider.example"] });
  expect(data.escrow_account?.state.transferred).toEqual([{ denom: "uact", amount: "600.000000000000000000" }]);
});

test("the rest: create, balance, settings, token, a line and an event", () => {
  const signed = { code: 0, transactionHash: "AB", rawLog: "" };
  expect(wire.created.parse({ data: { dseq: DSEQ, manifest: "[]", signTx: signed } }).data).toEqual({ dseq: DSEQ, manifest: "[]" });
  expect(wire.created.parse({ data: { dseq: Number(DSEQ) } }).data.dseq).toBe(DSEQ);
  expect(wire.balances.parse({ data: { balance: 12.5, deployments: 3, total: 15.5 } }).data.balance).toBe(12.5);
  expect(wire.settings.parse({ data: { autoTopUpEnabled: true } }).data.runtimeLimitHours).toBeUndefined();
  expect(wire.settings.parse({ data: { runtimeLimitHours: 2, runtimeEndsAt: "2026-11-25T02:00:00Z" } }).data.runtimeLimitHours).toBe(2);
  expect(wire.token.parse({ data: { token: "a.b.c" } }).data.token).toBe("a.b.c");
  expect(wire.logLine.parse({ name: "testns-one-0-abc", message: "hello" }).message).toBe("hello");
  const event = {
    type: "Normal",
    reason: "Pulled",
    note: "Successfully pulled",
    reportingController: "kubelet",
    object: { kind: "Pod", namespace: "n", name: "p" },
  };
  expect(wire.kubeEvent.parse(event)).toEqual({ type: "Normal", reason: "Pulled", note: "Successfully pulled" });
});

test("a provider of which hardly anything is known", () => {
  expect(
    wire.providers.parse([{ owner: PROVIDER, gpuModels: "odd", attributes: null, stats: { cpu: 3 }, uptime7d: "odd" }])[0],
  ).toMatchObject({
    owner: PROVIDER,
    gpuModels: undefined,
    stats: undefined,
    uptime7d: undefined,
  });
});

test.each([
  ["an answer without a number", wire.created, { data: {} }],
  ["a bid without a price", wire.bids, { data: [{ bid: { id: { gseq: 1, oseq: 1, provider: PROVIDER }, state: "open" } }] }],
  ["a page that is no list", wire.deploymentPage, { data: { deployments: {} } }],
  ["a token that is none", wire.token, { data: { token: "" } }],
])("%s is refused", (_what, schema, value) => {
  expect(schema.safeParse(value).success).toBe(false);
});
