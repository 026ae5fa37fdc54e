import { expect, test } from "vitest";
import { toUsd } from "../../../../src/model/money.js";
import { eventually } from "../../../support/eventually.js";
import { DEMAND } from "../support/placement.js";
import { onRealTime } from "./fixture.js";

type Made = Awaited<ReturnType<typeof onRealTime>>;

const until = async ({ report }: Made, ref: Parameters<Made["report"]>[0], phase: string) =>
  eventually(async () => {
    const one = await report(ref);
    return one.kind === "status" && one.phase === phase && one;
  }, phase);
const nameOf = ({ simulator }: Made): string => simulator.deployments().at(-1)?.name ?? "";

test("a connection that is cut after the deploy leaves something to be found, and one only", async () => {
  const on = await onRealTime();
  const key = `testns-${on.host.newId()}`;
  on.simulator.inject({ fault: { kind: "cut", effect: true }, operation: "deploy" });
  await expect(on.bind({ key })).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "unknown" });
  const [finding] = await on.backend.find([{ key, intendedAtMs: on.host.now() }], on.call());
  expect(finding).toMatchObject({ kind: "bound", lease: { ref: { key } } });
  const { ref } = await on.bind({ key });
  expect(on.simulator.deployments()).toHaveLength(1);
  await on.released(ref);
  expect(on.simulator.openCount()).toBe(0);
});

test("hardware that is listed but taken is no capacity, and costs nothing", async () => {
  const on = await onRealTime();
  const offer = await on.offer();
  on.simulator.exhaust(205);
  await expect(on.bind({}, { offer })).rejects.toMatchObject({ code: "NO_CAPACITY", effect: "none" });
  expect(on.simulator.creditsUsd).toBe(1_000);
});

test("missing credits say how much is missing", async () => {
  const on = await onRealTime({ creditsUsd: 0.1 });
  await expect(on.bind({})).rejects.toMatchObject({
    code: "INSUFFICIENT_FUNDS",
    effect: "none",
    message: expect.stringContaining("lacks 0.32 USD"),
  });
});

test("an expired key is told in words, although the answer is a bare 400", async () => {
  const on = await onRealTime({ keyExpiresAtMs: 1 });
  await expect(on.backend.listOffers(DEMAND, on.call())).rejects.toMatchObject({
    code: "BACKEND_AUTH_FAILED",
    message: expect.stringContaining("IONET_API_KEY"),
  });
});

test("hardware without a price is passed over, and the rest is offered by place", async () => {
  const on = await onRealTime();
  const offers = await on.backend.listOffers(DEMAND, on.call());
  expect(offers.map(({ id }) => id)).toEqual(["205x1-at-12", "205x1-at-31", "203x1-at-31"]);
  expect(offers[0]).toMatchObject({
    price: { usdPerHour: expect.closeTo(0.42) },
    trust: { operator: "permissionless" },
    place: { country: "FI", proof: "claimed" },
    capacity: 6,
  });
  const gpu = { models: ["a100"], count: 2 };
  expect((await on.backend.listOffers({ ...DEMAND, gpu }, on.call())).map(({ id }) => id)).toEqual(["203x2-at-31"]);
});

test.each([null, "HIBERNATING"])("status %j is unknown, not an end, and keeps its place in the list", async (status) => {
  const on = await onRealTime();
  const { ref } = await on.bind({ argv: ["sleep", "600000"] });
  await until(on, ref, "running");
  on.simulator.disguise(nameOf(on), status);
  expect(await on.report(ref)).toMatchObject({ kind: "unknown", error: { code: "BACKEND_RESPONSE_INVALID" } });
  expect(await on.backend.listLeases(on.call())).toEqual([ref]);
  on.simulator.disguise(nameOf(on), undefined);
  await on.released(ref);
});

test("a lost machine is another node, and the container starts anew", async () => {
  const on = await onRealTime();
  const { ref } = await on.bind({ argv: ["sleep", "600000"] });
  const before = await until(on, ref, "running");
  on.simulator.loseNode(nameOf(on));
  const after = await eventually(async () => {
    const one = await on.report(ref);
    return one.kind === "status" && one.phase === "running" && one.node?.node !== before.node?.node && one;
  }, "the other machine");
  expect(after.node).toMatchObject({ backend: "io-net", provider: "io.net" });
  expect(on.simulator.deployments()[0]?.starts).toBe(2);
});

test("an image that cannot be had, and a deployment that fails", async () => {
  const on = await onRealTime();
  on.simulator.breakImage("registry.example/missing:1");
  const missing = await on.bind({ image: "registry.example/missing:1" });
  expect(await until(on, missing.ref, "ended")).toMatchObject({ reason: "IMAGE_PULL_FAILED" });
  await on.released(missing.ref);
  const failing = await on.bind({ argv: ["sleep", "600000"] });
  await until(on, failing.ref, "running");
  on.simulator.fail(nameOf(on));
  expect(await until(on, failing.ref, "ended")).toMatchObject({ reason: "LEASE_LOST" });
  await on.released(failing.ref);
  expect(on.simulator.openCount()).toBe(0);
});

test("the first hour is paid for whatever happens, the others come back", async () => {
  const on = await onRealTime();
  const { ref } = await on.bind({ maxLifetimeMs: 3 * 3_600_000 });
  expect(on.simulator.creditsUsd).toBeCloseTo(1_000 - 3 * 0.42);
  await on.released(ref);
  expect(on.simulator.creditsUsd).toBeCloseTo(1_000 - 0.42);
  expect([...on.simulator.ledger().values()].map(toUsd)).toEqual([expect.closeTo(0.42)]);
});

test("a release is pending as long as the platform still destroys", async () => {
  const on = await onRealTime({ destroyMs: 3_600_000 });
  const { ref } = await on.bind({});
  expect(await on.backend.release(ref, { graceMs: 0 }, on.call())).toBe("pending");
  expect(await on.backend.release(ref, { graceMs: 0 }, on.call())).toBe("pending");
  expect(on.simulator.openCount()).toBe(1);
  expect(await on.backend.listLeases(on.call())).toEqual([ref]);
});

test("a price that rose since the listing is refused before anything is deployed", async () => {
  const on = await onRealTime();
  const offer = await on.offer();
  await expect(on.bind({}, { offer, priceCapUsdPerHour: 0.41 })).rejects.toMatchObject({ code: "OFFER_EXPIRED", effect: "none" });
  expect(on.simulator.deployments()).toEqual([]);
});
