import { describe, expect, it } from "vitest";
import { admitBackends } from "../../../../src/core/placement/admit-backends.js";
import type { RejectionCode } from "../../../../src/model/decision.js";
import type { Workload } from "../../../../src/model/workload.js";
import type { Capabilities } from "../../../../src/spec/capabilities.js";
import { capabilitiesOf, dataOf, HOUR_MS, workloadOf } from "./fixtures.js";

const trust = (changes: Partial<Capabilities["trust"]>): Capabilities["trust"] => ({
  operators: ["single"],
  certifications: [],
  agreements: [],
  tee: [],
  ...changes,
});

function ask(workload: Partial<Workload>, capabilities: Partial<Capabilities>) {
  return admitBackends(workloadOf(workload), [{ id: "there", kind: "sort-of", capabilities: capabilitiesOf(capabilities) }]);
}

const cases: readonly [string, Partial<Workload>, Partial<Capabilities>, RejectionCode | "admitted", RegExp?][] = [
  ["an image where processes run", { image: "a:1" }, { images: "none" }, "no-images", /plain processes only/],
  ["no image where images run", {}, { images: "required" }, "image-required", /names no image/],
  ["an image where both run", { image: "a:1" }, { images: "optional" }, "admitted"],
  ["files where none move", { inputs: { "/in": { uri: "https://x/y" } } }, { staging: "none" }, "staging", /cannot move files/],
  ["no files where none move", {}, { staging: "none" }, "admitted"],
  ["a result that nobody could see", {}, { staging: "none", exitCode: false }, "unsupported", /success could not be told/],
  ["a manifest instead of an exit code", {}, { exitCode: false }, "admitted"],
  ["a timeout beyond the life of a lease", { timeoutMs: 5 * HOUR_MS }, { lifetimeLimitMs: 4 * HOUR_MS }, "lifetime", /5h.*4h/],
  ["a timeout within it", { timeoutMs: 4 * HOUR_MS }, { lifetimeLimitMs: 4 * HOUR_MS }, "admitted"],
  [
    "internal data among strangers",
    { data: dataOf("internal") },
    { trust: trust({ operators: ["permissionless"] }) },
    "untrusted-operator",
    /permissionless/,
  ],
  [
    "internal data where some are known",
    { data: dataOf("internal") },
    { trust: trust({ operators: ["permissionless", "audited"] }) },
    "admitted",
  ],
  ["anything where nobody is named", {}, { trust: trust({ operators: [] }) }, "untrusted-operator", /does not say who/],
  [
    "confidential data without contract",
    { data: dataOf("confidential") },
    { trust: trust({ operators: ["audited"] }) },
    "agreement",
    /contract/,
  ],
  ["confidential data with one company", { data: dataOf("confidential") }, { trust: trust({}) }, "admitted"],
  [
    "confidential data in a tee among strangers",
    { data: dataOf("confidential", { tee: ["tdx"] }) },
    { trust: trust({ operators: ["permissionless"], tee: ["tdx"] }) },
    "admitted",
  ],
  ["a tee that is not there", { data: dataOf("public", { tee: ["tdx"] }) }, { trust: trust({ tee: ["sev-snp"] }) }, "tee", /tdx.*sev-snp/],
  ["personal data without a processor contract", { data: dataOf("personal") }, { countries: ["DE"], trust: trust({}) }, "agreement", /dpa/],
  [
    "personal data in the EEA under contract",
    { data: dataOf("personal") },
    { countries: ["DE"], trust: trust({ agreements: ["dpa"] }) },
    "admitted",
  ],
  [
    "personal data in the US",
    { data: dataOf("personal") },
    { countries: ["US"], trust: trust({ agreements: ["dpa"] }) },
    "residency",
    /country is US/,
  ],
  [
    "personal data with a certified US company",
    { data: dataOf("personal") },
    { countries: ["US"], trust: trust({ agreements: ["dpa"], certifications: ["dpf"] }) },
    "admitted",
  ],
  [
    "personal data in the US on the caller's basis",
    { data: dataOf("personal", { transferBasis: "scc" }) },
    { countries: ["US"], trust: trust({ agreements: ["dpa"] }) },
    "admitted",
  ],
  [
    "personal data wherever",
    { data: dataOf("personal") },
    { countries: "any", trust: trust({ agreements: ["dpa"] }) },
    "residency",
    /country is unknown/,
  ],
  [
    "personal data on one's own machine",
    { data: dataOf("personal") },
    { countries: "any", trust: trust({ operators: ["self"] }) },
    "admitted",
  ],
  ["patient data without an agreement", { data: dataOf("phi") }, { trust: trust({ certifications: ["soc2"] }) }, "agreement", /baa/],
  [
    "patient data with an unaudited operator",
    { data: dataOf("phi") },
    { trust: trust({ agreements: ["baa"] }) },
    "certification",
    /audited/,
  ],
  ["patient data with both", { data: dataOf("phi") }, { trust: trust({ agreements: ["baa"], certifications: ["soc2"] }) }, "admitted"],
  [
    "patient data in a tee without an agreement",
    { data: dataOf("phi", { tee: ["tdx"] }) },
    { trust: trust({ tee: ["tdx"], certifications: ["soc2"] }) },
    "agreement",
    /baa/,
  ],
  [
    "card data on an own machine that nobody attested",
    { data: dataOf("pci") },
    { trust: trust({ operators: ["self"] }) },
    "certification",
    /pci-dss/,
  ],
  ["card data in an attested cloud", { data: dataOf("pci") }, { trust: trust({ certifications: ["pci-dss"] }) }, "admitted"],
  [
    "card data with an audited stranger",
    { data: dataOf("pci") },
    { trust: trust({ operators: ["audited"], certifications: ["pci-dss"] }) },
    "untrusted-operator",
  ],
  [
    "a country that is not served",
    { data: dataOf("public", { residency: ["JP"] }) },
    { countries: ["DE", "FR"] },
    "residency",
    /JP.*country is FR|JP.*country is DE/,
  ],
  ["a set that holds a served country", { data: dataOf("public", { residency: ["EU"] }) }, { countries: ["US", "FR"] }, "admitted"],
  ["a place in a market that may be anywhere", { data: dataOf("public", { residency: ["JP"] }) }, { countries: "any" }, "admitted"],
  [
    "sensitive data with a place in such a market",
    { data: dataOf("confidential", { residency: ["JP"] }) },
    { countries: "any" },
    "residency",
  ],
  ["a place where no country is proven", { data: dataOf("public", { residency: ["JP"] }) }, { countries: [] }, "residency"],
  [
    "a certification in other letters",
    { data: dataOf("public", { certifications: [" ISO27001"] }) },
    { trust: trust({ certifications: ["iso27001"] }) },
    "admitted",
  ],
  [
    "secrets among strangers",
    { secrets: { KEY: "env:KEY" } },
    { trust: trust({ operators: ["permissionless"] }) },
    "secrets",
    /host could read/,
  ],
  [
    "a registry password among strangers",
    { image: "a:1", registry: { server: "s", username: "u", password: "env:P" } },
    { trust: trust({ operators: ["permissionless"] }) },
    "secrets",
  ],
  [
    "secrets that anybody may read",
    { secrets: { KEY: "env:KEY" }, secretsTo: "any" },
    { trust: trust({ operators: ["permissionless"] }) },
    "admitted",
  ],
];

describe("admitBackends", () => {
  it.each(cases)("%s", (_title, workload, capabilities, expected, message) => {
    const { admitted, rejections } = ask(workload, capabilities);
    if (expected === "admitted") {
      expect(rejections).toEqual([]);
      expect(admitted).toEqual(["there"]);
      return;
    }
    expect(admitted).toEqual([]);
    expect(rejections).toHaveLength(1);
    expect(rejections[0]).toMatchObject({ code: expected, count: 1, example: { backend: "there" } });
    if (message !== undefined) expect(rejections[0]?.example.message).toMatch(message);
  });

  it("judges each backend by itself and ignores options for backends that are not there", () => {
    const workload = workloadOf({ image: "a:1", backendOptions: { elsewhere: { zone: "x" } } });
    const { admitted, rejections } = admitBackends(workload, [
      { id: "a", kind: "a", capabilities: capabilitiesOf({ images: "none" }) },
      { id: "b", kind: "b", capabilities: capabilitiesOf() },
      { id: "c", kind: "c", capabilities: capabilitiesOf({ images: "none" }) },
    ]);
    expect(admitted).toEqual(["b"]);
    expect(rejections.map(({ example }) => example.backend)).toEqual(["a", "c"]);
  });
});
