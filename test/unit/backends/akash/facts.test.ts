import { describe, expect, test } from "vitest";
import { fittingGpus, gpuOfKey, gpuUsdPerHour, offeredGpu } from "../../../../src/backends/akash/gpus.js";
import { factsOf, uptimeOf } from "../../../../src/backends/akash/provider-facts.js";
import { gpuPrices, type Provider, provider } from "../../../../src/backends/akash/wire.js";

const AUDITOR = `akash1${"q".repeat(38)}`;
const STRANGER = `akash1${"z".repeat(38)}`;

const read = (parts: object): Provider => provider.parse({ owner: "akash1provider", ...parts });
const attribute = (key: string, value: string, ...auditedBy: readonly string[]) => ({ key, value, auditedBy });

describe("facts of a provider", () => {
  test("a signed country that the address agrees with is proven", () => {
    const facts = factsOf(
      read({ attributes: [attribute("country", "DE", AUDITOR), attribute("location-region", "eu-west")], ipCountryCode: "DE" }),
      [AUDITOR],
    );
    expect(facts).toMatchObject({ operator: "audited", place: { country: "DE", region: "eu-west", proof: "audited" } });
  });

  test.each([
    ["signed by somebody else", { attributes: [attribute("country", "DE", STRANGER)], ipCountryCode: "DE" }, "permissionless", "DE"],
    ["declared only", { attributes: [attribute("country", "DE")], ipCountryCode: "DE" }, "permissionless", "DE"],
    [
      "signed, and contradicted by the address",
      { attributes: [attribute("country", "DE", AUDITOR)], ipCountryCode: "US" },
      "audited",
      undefined,
    ],
    ["signed, and the address says nothing", { attributes: [attribute("country", "DE", AUDITOR)], ipCountryCode: null }, "audited", "DE"],
    [
      "a region, which is no territory of any law",
      { attributes: [attribute("location-region", "eu-west", AUDITOR)] },
      "audited",
      undefined,
    ],
    ["a word that is no country code", { attributes: [attribute("country", "Germany", AUDITOR)] }, "audited", undefined],
    ["audited in general", { isAudited: true, attributes: [attribute("tier", "community")] }, "permissionless", undefined],
    ["nothing at all", {}, "permissionless", undefined],
  ])("%s is only claimed", (_what, parts, operator, country) => {
    const facts = factsOf(read(parts), [AUDITOR]);
    expect(facts.operator).toBe(operator);
    expect(facts.place.proof).toBe("claimed");
    expect(facts.place.country).toBe(country);
  });

  test("without auditors nothing is proven", () => {
    expect(factsOf(read({ attributes: [attribute("country", "DE", AUDITOR)], ipCountryCode: "DE" }), [])).toMatchObject({
      operator: "permissionless",
      place: { proof: "claimed" },
    });
    expect(factsOf(undefined, [AUDITOR])).toMatchObject({ operator: "permissionless" });
  });

  test("an uptime that nobody knows is not 0", () => {
    expect(uptimeOf(read({ uptime7d: null }))).toBeUndefined();
    expect(uptimeOf(read({}))).toBeUndefined();
    expect(uptimeOf(read({ uptime7d: 0, isOnline: true }))).toBeUndefined();
    expect(uptimeOf(read({ uptime7d: 0, isOnline: false }))).toBe(0);
    expect(uptimeOf(read({ uptime7d: 0.5, isOnline: true }))).toBe(0.5);
  });
});

describe("GPUs", () => {
  const rich = read({
    gpuModels: [
      { vendor: "nvidia", model: "h100", ram: "80Gi", interface: "sxm" },
      { vendor: "nvidia", model: "h100", ram: "80Gi", interface: "SXM5" },
      { vendor: "nvidia", model: "a100", ram: "40Gi", interface: "pcie" },
      { vendor: "nvidia", model: "rtx4090", ram: "24Gi", interface: "PCIe" },
      { vendor: "amd", model: "mi100", ram: "32Gi", interface: "pcie" },
    ],
  });

  test.each([
    [{ models: ["h100"], count: 1 }, ["h100"]],
    [{ models: ["rtx4090", "a100 40GB"], count: 1 }, ["a100", "rtx4090"]],
    [{ models: [], count: 1, memoryGiB: 48 }, ["h100"]],
    [{ models: [], count: 1, vendor: "amd" }, []],
    [{ models: ["l40s"], count: 1 }, []],
  ])("for %j the provider has %j", (wanted, models) => {
    expect(fittingGpus(rich, wanted).map(({ model }) => model)).toEqual(models);
  });

  test("label and memory are what the table of GPUs understands", () => {
    expect(offeredGpu({ model: "h100", ram: "80Gi", interface: "sxm" }, 8)).toEqual({ label: "h100 sxm", count: 8, memoryGiB: 80 });
    expect(offeredGpu({ model: "t4" }, 1)).toEqual({ label: "t4", count: 1 });
  });

  test("an attribute of a bid names a GPU", () => {
    expect(gpuOfKey("vendor/nvidia/model/h100/ram/80Gi/interface/sxm")).toEqual({ model: "h100", ram: "80Gi", interface: "sxm" });
    expect(gpuOfKey("vendor/nvidia/model/a100")).toEqual({ model: "a100" });
    expect(gpuOfKey("vendor/nvidia/model/*")).toBeUndefined();
    expect(gpuOfKey("vendor/amd/model/mi100")).toBeUndefined();
  });

  test("its price is that of the nearest kind, in dollars only", () => {
    const { models } = gpuPrices.parse({
      availability: { total: 1, available: 1 },
      models: [
        {
          vendor: "nvidia",
          model: "h100",
          ram: "80Gi",
          interface: "pcie",
          price: { currency: "USD", min: 1, max: 3, avg: 2, weightedAverage: 2.1, med: 1.9 },
        },
        { vendor: "nvidia", model: "h100", ram: "80Gi", interface: "sxm", price: { currency: "USD", med: null, avg: 2.5 } },
        { vendor: "nvidia", model: "a100", ram: "80Gi", interface: "sxm", price: null },
        { vendor: "nvidia", model: "t4", ram: "16Gi", interface: "pcie", price: { currency: "EUR", med: 0.1 } },
      ],
    });
    expect(gpuUsdPerHour({ model: "h100", ram: "80Gi", interface: "sxm" }, models)).toBe(2.5);
    expect(gpuUsdPerHour({ model: "h100" }, models)).toBe(1.9);
    expect(gpuUsdPerHour({ model: "a100" }, models)).toBeUndefined();
    expect(gpuUsdPerHour({ model: "t4" }, models)).toBeUndefined();
  });
});
