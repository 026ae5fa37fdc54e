import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { IDENTITIES } from "../../../../src/testing/akash/identities.js";
import type { SimulatedAkashProvider } from "../../../../src/testing/akash/options.js";
import { expand } from "../../../../src/testing/akash/provider/expand.js";
import { MarketProvider } from "../../../../src/testing/akash/provider/market-provider.js";
import type { GroupSpec } from "../../../../src/testing/akash/sdl/read-sdl.js";

const provider = (options: Partial<SimulatedAkashProvider> = {}): MarketProvider => {
  const [identity] = IDENTITIES;
  if (identity === undefined) throw new Error("There is no identity.");
  return new MarketProvider({ name: "p", ...options }, identity, 0);
};

const spec = (over: { milliCpu?: number; gpus?: number; key?: string; count?: number } = {}): GroupSpec => ({
  name: "dc",
  attributes: {},
  signedBy: { anyOf: [], allOf: [] },
  resources: [
    {
      count: over.count ?? 1,
      ceiling: 10n ** 24n,
      unit: {
        id: 1,
        milliCpu: over.milliCpu ?? 1_000,
        cpuAttributes: [],
        memoryBytes: 1e9,
        storage: [{ name: "default", bytes: 1e9, attributes: [] }],
        gpus: over.gpus ?? 0,
        gpuAttributes: over.key === undefined ? [] : [{ key: over.key, value: "true" }],
        endpoints: [{ kind: 1, sequence_number: 0 }],
      },
    },
  ],
});

test("the price script's sum: CPU, memory, disk, endpoint and GPU a month, by its 429,909 blocks", () => {
  const gpus = [{ model: "t4", ram: "16Gi", interface: "pcie", count: 4, usdPerMonth: 60 }] as const;
  const plain = Number(provider().price(spec())) / 1e18;
  expect((plain * 429_909) / 1e6).toBeCloseTo(1.6 + 0.8 + 0.02 + 0.05, 6);
  const withGpu = Number(provider({ gpus, priceFactor: 2 }).price(spec({ gpus: 2, key: "vendor/nvidia/model/t4", count: 2 }))) / 1e18;
  expect((withGpu * 429_909) / 1e6).toBeCloseTo(2 * (2 * 2.47 + 4 * 60), 5);
});

test("what a lease occupies is not there for the next", () => {
  const under = provider({ cpu: 4 });
  const [one, two] = [{}, {}];
  under.occupy(one, spec({ milliCpu: 3_000 }));
  expect(under.fit(spec({ milliCpu: 2_000 }))).toBeUndefined();
  expect(under.fit(spec({ milliCpu: 1_000 }))).toBeDefined();
  under.vacate(two);
  under.vacate(one);
  expect(under.load.milliCpu).toBe(0);
});

test.each([
  ["vendor/nvidia/model/*", ["t4", "h100"]],
  ["vendor/nvidia/model/h100", ["h100"]],
  ["vendor/nvidia/model/h100/ram/80Gi/interface/sxm", ["h100"]],
  ["vendor/nvidia/model/h100/ram/40Gi", []],
  ["vendor/nvidia/model/h100/interface/pcie", []],
])("%s is had by %j", (key, models) => {
  const under = provider({
    gpus: [
      { model: "t4", ram: "16Gi", interface: "pcie", count: 1 },
      { model: "h100", ram: "80Gi", interface: "sxm", count: 1 },
    ],
  });
  expect(under.gpusFor([{ key }]).map(({ model }) => model)).toEqual(models);
});

test("with a signature asked for, only signed attributes count; without, declared ones do", () => {
  const [auditor] = provider().attributes.flatMap(({ auditedBy }) => auditedBy);
  const wish = { attributes: { "location-region": "eu-west" }, signedBy: { anyOf: [] as string[], allOf: [] } };
  const signed = { ...wish, signedBy: { anyOf: [auditor ?? ""], allOf: [] } };
  const under = provider({ region: "eu-west" });
  const declared = provider({ region: "eu-west", unsigned: ["location-region"] });
  const unaudited = provider({ region: "eu-west", audited: false });
  expect([under, declared, unaudited].map((one) => one.suits(wish))).toEqual([true, true, true]);
  expect([under, declared, unaudited].map((one) => one.suits(signed))).toEqual([true, false, false]);
});

test("Kubernetes' variables: known ones are put in, unknown ones stay, two dollars are one", () => {
  const variables = new Map([["NAME", "x"]]);
  expect(expand("$(NAME) $(OTHER) $NAME $$(NAME) $", variables)).toBe("x $(OTHER) $NAME $(NAME) $");
});

test("addresses are bech32 with a valid checksum, each another", () => {
  const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  const isValid = (text: string): boolean => {
    const prefix = [..."akash"].map((letter) => letter.charCodeAt(0));
    const words = [
      ...prefix.map((code) => code >> 5),
      0,
      ...prefix.map((code) => code & 31),
      ...[...text.slice(6)].map((letter) => alphabet.indexOf(letter)),
    ];
    let sum = 1;
    for (const word of words) {
      const top = sum >>> 25;
      sum = ((sum & 0x1ffffff) << 5) ^ word;
      for (const [index, generator] of generators.entries()) if ((top >>> index) & 1) sum ^= generator;
    }
    return sum === 1;
  };
  expect(IDENTITIES.map(({ address }) => isValid(address))).toEqual(IDENTITIES.map(() => true));
  expect(new Set(IDENTITIES.map(({ address }) => createHash("sha256").update(address).digest("hex"))).size).toBe(8);
});
