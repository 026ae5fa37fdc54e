import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { manifestHash } from "../../../../src/testing/akash/sdl/manifest.js";
import { readSdl, SdlError } from "../../../../src/testing/akash/sdl/read-sdl.js";
import { readBytes, readDec, readMilliCpu, showDec } from "../../../../src/testing/akash/sdl/units.js";

const host = { sha256: (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex") };
const AUDITOR = "akash1auditor";
const read = (sdl: unknown) => readSdl(JSON.stringify(sdl), JSON.parse, AUDITOR);

/** Everything that leaves a mark in a manifest. */
const RICH = {
  version: "2.1",
  services: {
    web: {
      image: "nginx:1",
      command: ["/bin/sh", "-c"],
      args: ["echo <hi> & bye"],
      env: ["A=1", "B=two"],
      expose: [
        { port: 8080, as: 80, to: [{ global: true }], accept: ["a.example"] },
        { port: 9000, proto: "UDP", to: [{ service: "job" }] },
      ],
      params: { storage: { data: { mount: "/data", readOnly: false }, shm: { mount: "/dev/shm" } } },
      credentials: { host: "ghcr.io", username: "u", password: "secret1" },
    },
    job: { image: "job:2", expose: [{ port: 1, to: [{ global: true }] }] },
  },
  profiles: {
    compute: {
      web: {
        resources: {
          cpu: { units: 0.5 },
          memory: { size: "512Mi" },
          storage: [
            { size: "1Gi" },
            { name: "data", size: "2Gi", attributes: { persistent: true, class: "beta2" } },
            { name: "shm", size: "1Gi", attributes: { class: "ram" } },
          ],
          gpu: { units: 1, attributes: { vendor: { nvidia: [{ model: "h100", ram: "80Gi", interface: "sxm" }, { model: "a100" }] } } },
        },
      },
      job: { resources: { cpu: { units: "500m" }, memory: { size: "1.5Gi" }, storage: { size: "1G" } } },
    },
    placement: {
      dc: {
        attributes: { "location-region": "eu-west", a: "b" },
        signedBy: { anyOf: ["akash1x"] },
        pricing: { web: { denom: "uact", amount: 1000 }, job: { denom: "uact", amount: "12.5" } },
      },
    },
  },
  deployment: { web: { dc: { profile: "web", count: 2 } }, job: { dc: { profile: "job", count: 1 } } },
};

/** A copy with one place changed; `undefined` removes it. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(RICH) as Record<string, unknown>;
  const names = path.split("/");
  const last = names.pop() ?? "";
  const place = names.reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, copy);
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy;
}

test("the version is that which the chain's own SDK (1.0.0-alpha.25) gives for the same SDL", () => {
  expect(manifestHash(read(RICH).manifest, host)).toBe("IrXXDhtZAQdEb0JcDtLgUYQvj9nUdJRIH/NhsmaH7/k=");
});

test("the version does not depend on price, denom and signatures, and depends on the rest", () => {
  const hash = (sdl: unknown): string => manifestHash(read(sdl).manifest, host);
  for (const [path, value] of [
    ["profiles/placement/dc/pricing/web/amount", 2_000],
    ["profiles/placement/dc/pricing/web/denom", "uakt"],
    ["profiles/placement/dc/signedBy", undefined],
    ["profiles/placement/dc/attributes", { a: "c" }],
  ] as const) {
    expect(hash(changed(path, value))).toBe(hash(RICH));
  }
  for (const [path, value] of [
    ["services/web/env", ["A=1", "B=three"]],
    ["services/web/image", "nginx:2"],
    ["services/job/expose", [{ port: 2, to: [{ global: true }] }]],
    ["deployment/web/dc/count", 3],
    ["profiles/compute/job/resources/memory", { size: "2Gi" }],
  ] as const) {
    expect(hash(changed(path, value))).not.toBe(hash(RICH));
  }
});

test("an order asks for what the SDL says, with the auditor added and the amount taken for uact", () => {
  const { specs, env, groups } = read(RICH);
  expect(specs).toMatchObject([
    {
      name: "dc",
      attributes: { "location-region": "eu-west", a: "b" },
      signedBy: { anyOf: ["akash1x", AUDITOR], allOf: [] },
      resources: [
        { count: 1, ceiling: readDec("12.5"), unit: { milliCpu: 500, memoryBytes: 1.5 * 2 ** 30, gpus: 0 } },
        { count: 2, ceiling: readDec(1_000), unit: { milliCpu: 500, memoryBytes: 2 ** 29, gpus: 1 } },
      ],
    },
  ]);
  expect(env).toEqual({ A: "1", B: "two" });
  expect(groups[0]?.services.map(({ name }) => name)).toEqual(["job", "web"]);
  expect(read({ ...RICH, reclamation: { min_window: "24h" } }).reclamationMs).toBe(86_400_000);
});

test.each([
  ["version", "3.0", '"version" should be one of: 2.0, 2.1.'],
  ["bogus", 1, 'Additional property "bogus" is not allowed.'],
  ["services/web/bogus", 1, 'Additional property "bogus" is not allowed.'],
  ["services/web/image", "", '"image"'],
  ["services/web/image", undefined, '"image"'],
  ["services/web/env", ["novalue"], "NAME=VALUE"],
  ["services/web/credentials", { host: "h", username: "u", password: "short" }, '"password"'],
  ["services/web/params", { storage: { nope: { mount: "/x" } } }, 'non-existing compute volume "nope"'],
  ["services/web/params", { storage: {} }, 'Persistent storage "data" requires a mount path'],
  ["services/web/params", { storage: { data: { mount: "relative" } } }, '"mount"'],
  ["services/Web_1", { image: "x" }, "is not a DNS label"],
  ["services/spare", { image: "x" }, 'Service "spare" is not defined at "/deployment" section.'],
  ["deployment/ghost", { dc: { profile: "web", count: 1 } }, 'Service "ghost" is not defined in the "services" section.'],
  ["deployment/web", { dc: { profile: "none", count: 1 } }, 'The pricing for the "none" profile is not defined in the "dc" placement.'],
  ["deployment/web", { nowhere: { profile: "web", count: 1 } }, 'The placement "nowhere" is not defined'],
  ["deployment/web/dc/count", 0, '"count"'],
  ["deployment/web/dc/count", 51, '"count"'],
  ["profiles/compute/web", undefined, 'The compute requirements for the "web" profile are not defined'],
  ["profiles/compute/job/resources/cpu", { units: 0 }, '"cpu"'],
  ["profiles/compute/job/resources/cpu", { units: 400 }, '"cpu"'],
  ["profiles/compute/job/resources/memory", { size: "1024" }, '"memory"'],
  ["profiles/compute/job/resources/storage", { size: "1Mi" }, '"storage"'],
  ["profiles/compute/job/resources/gpu", { units: 1 }, "GPU must have attributes if units is not 0."],
  ["profiles/compute/web/resources/gpu/units", 0, "GPU must not have attributes if units is 0."],
  ["profiles/compute/web/resources/gpu/attributes", { vendor: { amd: [] } }, 'Additional property "amd" is not allowed.'],
  ["profiles/compute/job/resources/storage", [{ name: "x", size: "1Gi", attributes: { class: "beta3" } }], "must be persistent"],
  [
    "profiles/compute/job/resources/storage",
    [{ name: "x", size: "1Gi", attributes: { class: "ram", persistent: true } }],
    "must not be persistent",
  ],
  ["profiles/placement/dc/pricing/web", { denom: "usd", amount: 1 }, '"denom"'],
  ["profiles/placement/dc/pricing/web", { denom: "uact", amount: -1 }, '"amount"'],
  ["profiles/placement/dc/pricing/web", { denom: "uact", amount: 10_000_001 }, "more than 10000000"],
  ["reclamation", { min_window: "30m" }, "from 1h to 720h"],
])("refused: %s as %j", (path, value, words) => {
  expect(() => read(changed(path, value))).toThrow(SdlError);
  expect(() => read(changed(path, value))).toThrow(words);
});

test.each([
  ["512Mi", 536_870_912],
  ["1.5Gi", 1_610_612_736],
  ["100M", 100_000_000],
  ["1gb", 1_000_000_000],
  ["0.1Gi", 107_374_183],
  ["1024", undefined],
  ["1 Gi", undefined],
])("%s is %d bytes", (text, bytes) => expect(readBytes(text)).toBe(bytes));

test.each([
  [0.5, 500],
  ["0.25", 250],
  ["100m", 100],
  ["0m", undefined],
  [0, undefined],
  ["many", undefined],
])("%s are %d thousandths of a core", (units, milli) => expect(readMilliCpu(units)).toBe(milli));

test("amounts keep their 18 decimals", () => {
  expect(showDec(readDec("5.297450079231000001"))).toBe("5.297450079231000001");
  expect(showDec(readDec(1_000))).toBe("1000.000000000000000000");
});
