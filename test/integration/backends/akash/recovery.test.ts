import { describe, expect, test, vi } from "vitest";
import type { LeaseRef } from "../../../../src/model/lease.js";
import { Secret } from "../../../../src/model/secret.js";
import { DEMAND } from "../support/placement.js";
import { onVirtualTime } from "./fixture.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

const MINUTE_MS = 60_000;
type On = Awaited<ReturnType<typeof onVirtualTime>>;

/** A bind whose create has its effect, and whose answer is lost. Answers what was stored by then. */
async function lostAnswer(on: On, key: string, kind: "silence" | "cut" = "silence"): Promise<LeaseRef> {
  const partials: LeaseRef[] = [];
  const progress = async (ref: LeaseRef): Promise<void> => void partials.push(ref);
  on.simulator.inject({ fault: { kind, effect: true }, operation: "create" });
  await expect(on.bind({ key }, {}, { progress })).rejects.toMatchObject({ effect: "unknown" });
  const [partial] = partials;
  if (partial === undefined || partials.length > 1) throw new Error("Exactly one reference has to be stored.");
  return partial;
}

describe.each(["sep", "aug"] as const)("a create whose answer is lost, with the contract %s", (contract) => {
  test.each(["silence", "cut"] as const)("after %s it is sent once, found by its hash, and closed", async (kind) => {
    const on = await onVirtualTime({ contract });
    const partial = await lostAnswer(on, "testns-lost", kind);
    expect(partial.data).toEqual({ hash: on.simulator.deployments()[0]?.hash, after: "0" });
    const finding = await on.find("testns-lost", partial);
    const ref = { backend: "akash", key: "testns-lost", data: { dseq: on.simulator.deployments()[0]?.dseq } };
    expect(finding).toEqual({ kind: "partial", key: "testns-lost", ref });
    expect(on.simulator.requests.filter(({ operation }) => operation === "create")).toHaveLength(1);
    await on.released(ref);
    expect(on.simulator.openDeployments()).toEqual([]);
  });

  test("is closed by the reference alone that was stored before it", async () => {
    const on = await onVirtualTime({ contract });
    const partial = await lostAnswer(on, "testns-lost");
    await on.released(partial);
    expect(on.simulator.openDeployments()).toEqual([]);
    // The charge is asked for by the same reference, after the order is closed.
    expect(await on.report(partial)).toMatchObject({ charge: { amount: 0n, final: true } });
  });

  test("is not confused with others that the account has, nor they with it", async () => {
    const on = await onVirtualTime({ contract });
    const other = await on.bind({ key: "testns-other" });
    await lostAnswer(on, "testns-second");
    const partial = await lostAnswer(on, "testns-lost");
    const mine = on.simulator.deployments().find(({ env }) => env["SPILLWAY_ATTEMPT"] === "testns-lost");
    expect(await on.find("testns-lost", partial)).toMatchObject({ kind: "partial", ref: { data: { dseq: mine?.dseq } } });
    await on.released(partial);
    expect(on.simulator.openDeployments().map(({ env }) => env["SPILLWAY_ATTEMPT"])).toEqual(["testns-other", "testns-second"]);
    expect(await on.find("testns-other")).toMatchObject({ kind: "bound", lease: { ref: other.ref } });
  });

  test("bound again, the order that is there is taken up", async () => {
    const on = await onVirtualTime({ contract });
    const offer = await on.offer();
    await lostAnswer(on, "testns-lost");
    const lease = await on.bind({ key: "testns-lost" }, { offer });
    expect(on.simulator.deployments()).toHaveLength(1);
    expect(on.dseq(lease.ref)).toBe(on.simulator.deployments()[0]?.dseq);
    await on.released(lease.ref);
  });

  test("bound again with addresses that were signed anew, the old order is closed first", async () => {
    const on = await onVirtualTime({ contract });
    const partial = await lostAnswer(on, "testns-lost");
    if (contract === "aug") await on.released(partial);
    else {
      await expect(on.bind({ key: "testns-lost", secrets: { URL: new Secret("https://new") } })).rejects.toMatchObject({
        code: "OFFER_EXPIRED",
        effect: "none",
      });
    }
    expect(on.simulator.openDeployments()).toEqual([]);
  });
});

describe("what is there", () => {
  test("is found by its key alone as long as nobody can tell whose a new order is, then it is not guessed", async () => {
    const on = await onVirtualTime({ contract: "aug" });
    await lostAnswer(on, "testns-lost");
    // Another process, without the stored reference: the order has no name, no lease and no service that somebody would tell of.
    const elsewhere = await on.another();
    const [finding] = await on.done(elsewhere.find([{ key: "testns-lost", intendedAtMs: on.host.now() - MINUTE_MS }], on.call()));
    expect(finding).toEqual({ kind: "unknown", key: "testns-lost" });
    // One that was meant long after it cannot be it.
    const [later] = await on.done(elsewhere.find([{ key: "testns-late", intendedAtMs: on.host.now() + 60 * MINUTE_MS }], on.call()));
    expect(later).toEqual({ kind: "absent", key: "testns-late" });
  });

  test("is listed with its own leases, though the Console pairs them wrongly", async () => {
    const on = await onVirtualTime({ mispairedList: true });
    const refs: LeaseRef[] = [];
    for (const key of ["testns-a", "testns-b", "testns-c"]) refs.push((await on.bind({ key })).ref);
    expect(await on.done(on.backend.listLeases(on.call()))).toEqual(expect.arrayContaining(refs));
    for (const ref of refs) expect(await on.find(ref.key)).toEqual({ kind: "bound", key: ref.key, lease: { ref } });
    for (const ref of refs) await on.released(ref);
  });

  test("is told from other people's deployments of the same account", async () => {
    const on = await onVirtualTime({ contract: "aug" });
    const { ref } = await on.bind({ key: "testns-ours" });
    await on.untilPhase(ref, "running");
    const stranger = on.call({ namespace: { id: "stranger", secret: "00" } });
    expect(await on.done(on.backend.listLeases(stranger))).toEqual([]);
    const elsewhere = await on.another();
    expect(await on.done(elsewhere.listLeases(on.call()))).toEqual([ref]);
    await on.released(ref);
  });

  test("a second bind of the same key at the same time makes no second order", async () => {
    const on = await onVirtualTime();
    const placement = await on.placement({ key: "testns-twice" });
    const both = await on.done(Promise.all([on.backend.bind(placement, on.call()), on.backend.bind(placement, on.call())]));
    expect(both[0].ref).toEqual(both[1].ref);
    expect(on.simulator.deployments()).toHaveLength(1);
    await on.released(both[0].ref);
  });

  test("the Console computes the same hash as this version, for odd orders as well", async () => {
    const on = await onVirtualTime();
    const partials: LeaseRef[] = [];
    const progress = async (ref: LeaseRef): Promise<void> => void partials.push(ref);
    const launch = { argv: ["sleep", "86400000", "<&> $$ ☂ 𝄞 \n"], env: { A: "", B: "a=b" }, secrets: { C: new Secret("$x") } };
    const { ref } = await on.bind(launch, {}, { progress });
    expect(partials[0]?.data).toMatchObject({ hash: on.simulator.deployments()[0]?.hash });
    await on.released(ref);
  });
});

describe("a close", () => {
  test("that takes its time is pending, and asked for until it is seen to be done", async () => {
    const on = await onVirtualTime();
    const { ref } = await on.bind();
    on.simulator.trouble({ kind: "slow-close", ms: 20_000 });
    on.simulator.inject({ fault: { kind: "status", status: 504, effect: true }, operation: "close", times: 3 });
    await expect(on.done(on.backend.release(ref, { graceMs: 0 }, on.call()))).rejects.toMatchObject({ code: "BACKEND_TIMEOUT" });
    await on.released(ref);
    expect(on.simulator.openDeployments()).toEqual([]);
  });

  test("of what is not there is done", async () => {
    const on = await onVirtualTime();
    await on.released({ backend: "akash", key: "testns-none", data: { dseq: "1764000000000" } });
    await on.released({ backend: "akash", key: "testns-none", data: { hash: "aGFzaA==", after: "0" } });
    expect(on.simulator.requests.map(({ operation }) => operation)).not.toContain("close");
  });
});

describe("offers", () => {
  test("create nothing, and say what GPUs have cost of late", async () => {
    const on = await onVirtualTime();
    const offers = await on.offers({ ...DEMAND, gpu: { models: ["rtx4090"], count: 1 } });
    expect(offers.length).toBeGreaterThan(0);
    for (const offer of offers) {
      expect(offer).toMatchObject({
        binding: "indicative",
        resources: { gpu: { count: 1, memoryGiB: 24 }, arch: "x86_64" },
        trust: { operator: "permissionless", certifications: [], agreements: [], tee: [] },
        data: { gpu: { model: "rtx4090", ram: "24Gi" } },
      });
      expect(offer.price.usdPerHour).toBeGreaterThan(0.1);
    }
    expect(on.simulator.requests.map(({ operation }) => operation).sort()).toEqual(["gpuPrices", "providers"]);
    expect(on.simulator.requests.map(({ body }) => body).join("")).toBe("");
  });

  test("an auditor's word makes a provider audited, and a country proven; the chain then lets only such bid", async () => {
    const on = await onVirtualTime();
    const auditors = on.simulator.requests.length === 0 ? await auditorsOf(on) : [];
    const trusting = await onVirtualTime({}, { auditors });
    const offers = await trusting.offers();
    const proven = offers.find(({ place }) => place.proof === "audited" && place.country !== undefined);
    expect(proven).toMatchObject({ trust: { operator: "audited" } });
    if (proven === undefined) throw new Error("There is no proven place.");
    const { ref, node } = await trusting.bind({}, { offer: proven });
    const sdl = JSON.parse(trusting.simulator.deployments()[0]?.sdl ?? "{}");
    expect(sdl.profiles.placement.spillway).toMatchObject({ attributes: { country: proven.place.country }, signedBy: { anyOf: auditors } });
    const provider = offers.find(({ provider: address }) => address === node?.provider);
    expect(provider?.place).toEqual(expect.objectContaining({ country: proven.place.country, proof: "audited" }));
    await trusting.released(ref);
  });
});

async function auditorsOf({ simulator }: On): Promise<readonly string[]> {
  const answer = await fetch(`${simulator.url}/v1/auditors`);
  return ((await answer.json()) as readonly { readonly address: string }[]).map(({ address }) => address);
}
