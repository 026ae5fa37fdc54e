import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { tinfoil } from "../../examples/05-custom-backend/backend.js";
import { type Service, type ServiceOptions, startService } from "../../examples/05-custom-backend/service.js";
import type { Backend, Demand, LeaseReport, Placement } from "../../src/kit/index.js";
import { Secret } from "../../src/kit/index.js";
import { systemHost } from "../../src/runtime/system-host.js";
import { testCallContext } from "../../src/testing/call-context.js";

const services: Service[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});

const node = process.execPath;
const demand: Demand = { cpu: 2, memoryMiB: 2_048, diskMiB: 1_024, image: false, interruptible: true, maxLifetimeMs: 60_000 };
const call = () => testCallContext({ host: systemHost() });

async function start(options: Partial<ServiceOptions> = {}): Promise<{ readonly service: Service; readonly backend: Backend }> {
  const service = await startService({ apiKey: "tf-key", ...options });
  services.push(service);
  return { service, backend: tinfoil({ baseUrl: service.baseUrl, apiKey: "tf-key" }) };
}

async function placement(backend: Backend, key: string, script: string, changes: Partial<Placement> = {}): Promise<Placement> {
  const [offer] = await backend.listOffers(demand, call());
  if (offer === undefined) throw new Error("no offer");
  const launch = {
    key,
    argv: [node, "-e", script],
    env: { PLAIN: "a" },
    secrets: { HIDDEN: new Secret("b") },
    resources: { cpu: 2, memoryMiB: 2_048, diskMiB: 1_024 },
    inputs: [],
    outputs: [],
    timeoutMs: 30_000,
    maxLifetimeMs: 60_000,
    nonce: "n",
    labels: {},
  };
  return { key, offer, launch, priceCapUsdPerHour: 1, rank: () => [], ...changes };
}

/** Follows the log, which ends with the command, and then asks once. */
async function finished(
  backend: Backend,
  lease: Parameters<NonNullable<Backend["logs"]>>[0],
): Promise<{ readonly text: string; readonly report: LeaseReport | undefined }> {
  let text = "";
  for await (const chunk of backend.logs?.(lease, call()) ?? []) text += `${chunk.stream}: ${chunk.text}`;
  return { text, report: (await backend.inspect([lease], call()))[0] };
}

describe("the example backend", () => {
  it("is as short as the docs say", () => {
    const lines = readFileSync(new URL("../../examples/05-custom-backend/backend.ts", import.meta.url), "utf8")
      .trimEnd()
      .split("\n");
    expect(lines.length).toBeLessThan(150);
  });

  it("offers what fits, and only that", async () => {
    const { backend } = await start();
    const ids = async (changes: Partial<Demand>) => (await backend.listOffers({ ...demand, ...changes }, call())).map(({ id }) => id);
    expect(await ids({})).toEqual(["foil-2", "foil-8"]);
    expect(await ids({ cpu: 4 })).toEqual(["foil-8"]);
    for (const none of [{ image: true }, { arch: "arm64" as const }, { cpu: 9 }, { gpu: { models: [], count: 1 } }])
      expect(await ids(none)).toEqual([]);
  });

  it("runs a command with its environment, tells its exit code and stops the bill at the release", async () => {
    const { service, backend } = await start();
    const { ref, price } = await backend.bind(
      await placement(backend, "testns-a", "console.log(process.env.PLAIN + process.env.HIDDEN); process.exitCode = 3"),
      call(),
    );
    expect(price?.usdPerHour).toBe(0.08);
    const { text, report } = await finished(backend, ref);
    expect(text).toBe("stdout: ab\n");
    expect(report).toMatchObject({ kind: "status", phase: "exited", exitCode: 3, charge: { final: false } });
    expect(await backend.release(ref, { graceMs: 0 }, call())).toBe("released");
    expect(await backend.release(ref, { graceMs: 0 }, call())).toBe("released");
    const [after] = await backend.inspect([ref], call());
    expect(after).toMatchObject({ kind: "status", phase: "ended", charge: { final: true } });
    expect(service.jobs.get("sw-testns-a")?.open).toBe(false);
    expect(await backend.listLeases(call())).toEqual([]);
  });

  it("binds one lease however often it is asked with one key", async () => {
    const { service, backend } = await start();
    const place = await placement(backend, "testns-a", "setInterval(() => undefined, 1000)");
    const first = await backend.bind(place, call());
    expect(await backend.bind(place, call())).toEqual(first);
    expect(service.jobs.size).toBe(1);
  });

  it("finds what it bound, lists it, and never what is somebody else's", async () => {
    const { backend } = await start();
    const other = { ...call(), namespace: { id: "stranger", secret: "11" } };
    await backend.bind(await placement(backend, "testns-a", ""), call());
    await backend.bind(await placement(backend, "stranger-a", ""), other);
    expect((await backend.listLeases(call())).map(({ key }) => key)).toEqual(["testns-a"]);
    expect((await backend.listLeases(other)).map(({ key }) => key)).toEqual(["stranger-a"]);
    const findings = await backend.find(
      ["testns-a", "testns-b"].map((key) => ({ key, intendedAtMs: 0 })),
      call(),
    );
    expect(findings.map(({ kind }) => kind)).toEqual(["bound", "absent"]);
  });

  it("lists more leases than a page holds", async () => {
    const { backend } = await start({
      sizes: [{ name: "foil-2", vcpus: 2, memory_mb: 4_096, disk_mb: 20_480, usd_per_hour: 0.001, stock: 50 }],
      bootMs: 60_000,
    });
    const keys = Array.from({ length: 45 }, (_, index) => `testns-${String(index).padStart(2, "0")}`);
    for (const key of keys) await backend.bind(await placement(backend, key, ""), call());
    expect((await backend.listLeases(call())).map(({ key }) => key)).toEqual(keys);
  });

  it("ends a command that does not want to end", async () => {
    const { backend } = await start();
    const stubborn = "process.on('SIGTERM', () => console.log('no')); console.log('up'); setInterval(() => undefined, 1000)";
    const { ref } = await backend.bind(await placement(backend, "testns-a", stubborn), call());
    const log = backend.logs?.(ref, call())[Symbol.asyncIterator]();
    expect((await log?.next())?.value).toEqual({ stream: "stdout", text: "up\n" });
    expect(await backend.release(ref, { graceMs: 100 }, call())).toBe("pending");
    let text = "";
    for (let next = await log?.next(); next !== undefined && next.done !== true; next = await log?.next()) text += next.value.text;
    expect(text).toBe("no\n");
    expect(await backend.release(ref, { graceMs: 100 }, call())).toBe("released");
  });

  it.each([
    ["NO_CAPACITY", { sizes: [{ name: "foil-2", vcpus: 2, memory_mb: 4_096, disk_mb: 20_480, usd_per_hour: 0.08, stock: 1 }] }, {}],
    ["INSUFFICIENT_FUNDS", { creditUsd: 0.05 }, {}],
    ["OFFER_EXPIRED", {}, { priceCapUsdPerHour: 0.05 }],
  ] as const)("says %s without effect when the service refuses", async (code, options, changes) => {
    const { service, backend } = await start(options);
    const second = await placement(backend, "testns-b", "", changes);
    if (code === "NO_CAPACITY") await backend.bind(await placement(backend, "testns-a", "setInterval(() => undefined, 1000)"), call());
    await expect(backend.bind(second, call())).rejects.toMatchObject({ code, effect: "none" });
    expect(service.jobs.has("sw-testns-b")).toBe(false);
  });

  it("says which key to check, and asks for one at construction", async () => {
    const { service } = await start();
    await expect(tinfoil({ baseUrl: service.baseUrl, apiKey: "wrong" }).listOffers(demand, call())).rejects.toMatchObject({
      code: "BACKEND_AUTH_FAILED",
      message: expect.stringContaining("Check `apiKey` or TINFOIL_API_KEY"),
    });
    expect(() => tinfoil({ baseUrl: service.baseUrl }, () => undefined)).toThrow(
      "tinfoil needs an API key: pass `apiKey` or set TINFOIL_API_KEY.",
    );
    expect(tinfoil({}, (name) => ({ TINFOIL_URL: service.baseUrl, TINFOIL_API_KEY: "tf-key" })[name]).id).toBe("tinfoil");
  });

  it("has a service that takes its machine back at the end of its life", async () => {
    const { backend } = await start();
    const place = await placement(backend, "testns-a", "setInterval(() => undefined, 1000)");
    const { ref } = await backend.bind({ ...place, launch: { ...place.launch, maxLifetimeMs: 1_000 } }, call());
    const { report } = await finished(backend, ref);
    expect(report).toMatchObject({ kind: "status", phase: "ended", reason: "WORKLOAD_TIMED_OUT", charge: { final: true } });
  });
});
