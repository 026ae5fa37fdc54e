import { expect, test } from "vitest";
import { arrived, onVirtualTime, sdlOf } from "./fixture.js";

const named = (id: string, body: object) =>
  ({ method: "POST", headers: { "content-type": "application/json", "x-request-id": id }, body: JSON.stringify(body) }) as const;

test("a transaction under way holds its request by name until its time has passed, also when the client has given up", async () => {
  const { simulator, host } = await onVirtualTime();
  const create = (id: string, signal?: AbortSignal) => {
    const { headers, ...rest } = named(id, { data: { sdl: sdlOf({ env: [`NONCE=${id}`] }) } });
    return fetch(`${simulator.url}/v1/deployments`, {
      ...rest,
      headers: { ...headers, "x-api-key": simulator.apiKey },
      ...(signal === undefined ? {} : { signal }),
    });
  };
  const controller = new AbortController();
  const givenUp = create("given-up", controller.signal).catch((error: unknown) => error);
  await arrived(() => simulator.isHeld("given-up"));
  controller.abort();
  expect(await givenUp).toBeInstanceOf(Error);
  // One is held and one is on its way: as numbers they look as if the latter were held.
  const patient = create("patient");
  expect([simulator.heldRequests, simulator.isHeld("patient")]).toEqual([1, false]);
  await arrived(() => simulator.isHeld("patient"));
  await host.advance(60_000);
  expect((await patient).status).toBe(201);
  expect([simulator.heldRequests, simulator.isHeld("given-up"), simulator.isHeld("patient")]).toEqual([0, false, false]);
  expect(simulator.deployments()).toHaveLength(2);
});

test("what a gateway holds back is held back at the proxy that asks it", async () => {
  const { simulator, running, gateway, token, host } = await onVirtualTime();
  const { base, provider } = await gateway(await running());
  simulator.inject({ operation: "gatewayStatus", fault: { kind: "slow", ms: 5_000 } });
  const wish = { method: "GET", url: `${base}/status`, providerAddress: provider, auth: { type: "jwt", token: await token() } };
  const answer = fetch(`${simulator.providerProxyUrl}/`, named("through", wish));
  await arrived(() => simulator.isHeld("through"));
  await host.advance(5_000);
  expect((await answer).status).toBe(200);
  expect(simulator.isHeld("through")).toBe(false);
});
