import { existsSync } from "node:fs";
import { arch, hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { local } from "../../../../src/backends/local/index.js";
import {
  callOf,
  demandOf,
  ended,
  host,
  inPhase,
  launchOf,
  localIn,
  newLocal,
  placementOf,
  release,
  script,
} from "../../../support/local-lease.js";
import { otherProcesses } from "../../../support/other-process.js";
import { temporaryDirectory } from "../../../support/temporary.js";

describe("offers", () => {
  it("are one: what is free now, at the stated price, and asking creates nothing", async () => {
    const { backend, directory } = newLocal({
      place: { country: "DE", region: "office" },
      certifications: ["iso27001"],
      agreements: ["dpa"],
    });
    const before = host.now();
    const [offer, ...others] = await backend.listOffers(demandOf({ cpu: 1.5, memoryMiB: 1_024 }), callOf());
    expect(others).toEqual([]);
    expect(offer).toMatchObject({
      backend: "local",
      operator: "self",
      node: hostname(),
      binding: "firm",
      resources: { cpu: 4, memoryMiB: 4_096 },
      price: { usdPerHour: 3.6 },
      interruptible: false,
      trust: { operator: "self", certifications: ["iso27001"], agreements: ["dpa"], tee: [] },
      place: { country: "DE", region: "office", proof: "contract" },
      capacity: 2,
    });
    expect(offer?.expiresAtMs).toBeGreaterThan(before);
    expect(offer?.resources.diskMiB).toBeGreaterThan(0);
    expect(existsSync(directory)).toBe(false);
  });

  it("claims no place that nobody stated", async () => {
    const [offer] = await newLocal().backend.listOffers(demandOf(), callOf());
    expect(offer?.place).toEqual({ proof: "claimed" });
  });

  it.each([
    ["more CPUs", { cpu: 5 }],
    ["more memory", { memoryMiB: 5_000 }],
    ["more disk", { diskMiB: 2 ** 40 }],
    ["a GPU", { gpu: { models: [], count: 1 } }],
    ["an image", { image: true }],
    ["another processor", { arch: arch() === "x64" ? "arm64" : "x86_64" } as const],
  ])("are none for a demand with %s", async (_, demand) => {
    expect(await newLocal().backend.listOffers(demandOf(demand), callOf())).toEqual([]);
  });

  it("take images only when told to, and say so at bind too", async () => {
    const { backend } = newLocal();
    const launch = launchOf(script("echo ran"), { image: "busybox" });
    await expect(backend.bind(placementOf(launch), callOf())).rejects.toMatchObject({ code: "BACKEND_REJECTED", effect: "none" });
    const willing = newLocal({ acceptImages: true }).backend;
    expect(await willing.listOffers(demandOf({ image: true }), callOf())).toHaveLength(1);
    await willing.bind(placementOf(launch), callOf());
    await release(willing, launch.key);
  });

  it("refuse options that do not exist", async () => {
    await expect(newLocal().backend.listOffers(demandOf({ options: { gpus: 1 } }), callOf())).rejects.toMatchObject({
      code: "INVALID_WORKLOAD",
      details: { field: "backendOptions.local.gpus" },
    });
  });

  it("default to what this machine has", async () => {
    const [offer] = await local({ usdPerHour: 1, directory: temporaryDirectory() }).listOffers(demandOf({ cpu: 0.1 }), callOf());
    expect(offer?.resources.cpu).toBeGreaterThan(0);
    expect(offer?.resources.memoryMiB).toBeGreaterThan(64);
  });
});

describe("capacity", () => {
  it("shrinks with each lease and comes back with each release", async () => {
    const { backend } = newLocal();
    const free = async () => (await backend.listOffers(demandOf({ cpu: 0.5 }), callOf()))[0];
    const launches = [1, 2, 0.5].map((cpu) => launchOf(script("sleep 5"), { resources: { cpu, memoryMiB: 1_000, diskMiB: 1 } }));
    for (const launch of launches) await backend.bind(placementOf(launch), callOf());
    expect(await free()).toMatchObject({ resources: { cpu: 0.5, memoryMiB: 1_096 }, capacity: 1 });
    for (const launch of launches) await release(backend, launch.key);
    expect(await free()).toMatchObject({ resources: { cpu: 4, memoryMiB: 4_096 }, capacity: 8 });
  });

  it("fits ten tenths of a CPU", async () => {
    const { backend } = newLocal({ cpu: 1 });
    const launches = Array.from({ length: 10 }, () => launchOf(script("sleep 5"), { resources: { cpu: 0.1, memoryMiB: 1, diskMiB: 1 } }));
    for (const launch of launches) await backend.bind(placementOf(launch), callOf());
    expect(await backend.listOffers(demandOf({ cpu: 0.1, memoryMiB: 1 }), callOf())).toEqual([]);
    await Promise.all(launches.map(({ key }) => release(backend, key)));
  });

  it("is never exceeded, however many binds of how many backend objects come at once", async () => {
    const { backend, directory } = newLocal({ concurrency: 3 });
    const objects = [backend, localIn(directory, { concurrency: 3 }), localIn(directory, { id: "other", concurrency: 3 })];
    const launches = Array.from({ length: 12 }, () => launchOf(script("sleep 5")));
    const results = await Promise.allSettled(launches.map((launch, index) => objects[index % 3]?.bind(placementOf(launch), callOf())));
    const bound = results.filter(({ status }) => status === "fulfilled");
    expect(bound).toHaveLength(3);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "NO_CAPACITY", effect: "none" });
    await Promise.all(objects.flatMap((object) => launches.map(({ key }) => release(object, key))));
    expect((await backend.listOffers(demandOf(), callOf()))[0]?.capacity).toBe(3);
  });

  it("is not held for ever by a lease whose life is over and that nobody released", async () => {
    const { backend } = newLocal({ concurrency: 1 });
    const forgotten = launchOf(script("sleep 5"), { maxLifetimeMs: 1_000 });
    await backend.bind(placementOf(forgotten), callOf());
    const later = { ...host, now: () => host.now() + 3_600_000 };
    // Its command still runs: an hour off or not, the machine is taken.
    await inPhase(backend, forgotten.key, "running");
    expect(await backend.listOffers(demandOf(), callOf({ host: later }))).toEqual([]);
    await ended(backend, forgotten.key);
    expect(await backend.listOffers(demandOf(), callOf({ host: later }))).toHaveLength(1);
    await release(backend, forgotten.key);
  });

  it("refuses a price above the placement's cap", async () => {
    const { backend } = newLocal();
    await expect(backend.bind(placementOf(launchOf(script("true")), { priceCapUsdPerHour: 3.5 }), callOf())).rejects.toMatchObject({
      code: "OFFER_EXPIRED",
    });
  });

  it("binds nothing once the caller has given up, and says so with the signal's reason", async () => {
    const { backend, directory } = newLocal();
    const abort = new AbortController();
    abort.abort("enough");
    await expect(backend.bind(placementOf(launchOf(script("true"))), callOf({ signal: abort.signal }))).rejects.toBe("enough");
    expect(existsSync(directory)).toBe(false);
  });
});

describe("capacity between processes", () => {
  const otherProcess = otherProcesses({
    local: "backends/local/index.ts",
    host: "runtime/system-host.ts",
    call: "testing/call-context.ts",
  });

  it("is never exceeded", async () => {
    const { backend, directory } = newLocal({ concurrency: 4 });
    const binder = (name: string) => `
      const { local } = await import("#local");
        const { systemHost } = await import("#host");
      const { testCallContext } = await import("#call");
      const backend = local({ usdPerHour: 3.6, directory: ${JSON.stringify(directory)}, cpu: 64, memory: 4096, concurrency: 4 });
      const call = testCallContext({ host: systemHost(), namespace: { id: "testns", secret: "00" } });
      const launch = ${JSON.stringify(launchOf(["sleep", "5"]))};
      const bind = (key) => backend.bind({ key, launch: { ...launch, key }, offer: {}, priceCapUsdPerHour: 100, rank: () => [] }, call);
      const results = await Promise.allSettled(Array.from({ length: 5 }, (_, index) => bind("testns-${name}-" + index)));
      const codes = results.map(({ reason }) => reason?.code ?? "bound");
      await backend.close();
      console.log(JSON.stringify(codes));`;
    const children = ["a", "b", "c"].map((name) => otherProcess(binder(name)));
    const codes = await Promise.all(
      children.map(async (child) => {
        let text = "";
        for await (const data of child.stdout) text += String(data);
        return JSON.parse(text) as string[];
      }),
    );
    expect(codes.flat().sort()).toEqual([...Array(11).fill("NO_CAPACITY"), ...Array(4).fill("bound")]);
    const keys = (await backend.listLeases(callOf())).map(({ key }) => key);
    expect(keys).toHaveLength(4);
    await Promise.all(keys.map((key) => release(backend, key)));
  });
});
