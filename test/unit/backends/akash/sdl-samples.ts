// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a shell, not ours
import type { SdlParts } from "../../../../src/backends/akash/sdl.js";
import { Secret } from "../../../../src/model/secret.js";
import type { Launch } from "../../../../src/spec/launch.js";

const HOUR_MS = 3_600_000;

export function launchOf(parts: Partial<Launch> = {}): Launch {
  return {
    key: "testns-one",
    image: "registry.example/work:1",
    argv: ["true"],
    env: {},
    secrets: {},
    resources: { cpu: 2, memoryMiB: 4_096, diskMiB: 10_240 },
    inputs: [],
    outputs: [],
    timeoutMs: HOUR_MS,
    maxLifetimeMs: HOUR_MS,
    nonce: "00",
    labels: {},
    ...parts,
  };
}

export function partsOf(launch: Partial<Launch> = {}, parts: Partial<SdlParts> = {}): SdlParts {
  return {
    backend: "akash",
    name: "testns-one-0",
    image: launch.image ?? "registry.example/work:1",
    launch: launchOf(launch),
    gpu: undefined,
    port: 8_080,
    attributes: {},
    auditors: [],
    most: { denom: "uact", amount: "100.5" },
    dollars: "double",
    ...parts,
  };
}

/**
 * Orders, and the version that the official `@akashnetwork/chain-sdk` 1.0.0-alpha.25 computed for the SDL that is made of them
 * (`generateManifestVersion(generateManifest(sdl).groups)`, base64).
 */
export const SAMPLES: readonly { readonly what: string; readonly parts: SdlParts; readonly version: string }[] = [
  { what: "a plain order", parts: partsOf(), version: "usuHlMfWxk9PGjdNTUmJQRdZicjNKwBAjc8wl5iU55w=" },
  {
    what: "arguments that shells and markup would eat",
    parts: partsOf({
      argv: ["sh", "-c", "echo \"<a & b>\" 'c' $HOME $$ $(id) ${x}\n\ttab \\ back", "", "--flag=value", "Ünïcödé ☂ 𝄞 \u00a0 \u007f \u0085"],
    }),
    version: "OJg71g02o+h3xQkV4jod4//ygD8gtpHcPdDfD5RazPQ=",
  },
  {
    what: "variables and secrets",
    parts: partsOf({ env: { A: "1", EMPTY: "", SIGNS: "a=b=c $A", LINES: "one\ntwo" }, secrets: { TOKEN: new Secret("s3cr3t $x <&>") } }),
    version: "6iM8BRaKH0DQEMdiMDNaGkFN3/LkW91+SkZKrh4KoeI=",
  },
  {
    what: "a registry login",
    parts: partsOf({ registry: { server: "ghcr.io", username: "robot", password: new Secret("pass <word>") } }),
    version: "fPRDv1rHzFVLcXYWn1x9pv+6WlV56HuddGk9FaHnMSk=",
  },
  {
    what: "a GPU with memory and connector, and a place that an auditor signed",
    parts: partsOf(
      { resources: { cpu: 0.5, memoryMiB: 512, diskMiB: 1_024, gpu: { models: ["h100"], count: 8 } } },
      {
        gpu: { model: "h100", ram: "80Gi", interface: "sxm" },
        attributes: { country: "DE" },
        auditors: ["akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63"],
      },
    ),
    version: "QOk2OiTX2sSPuoQ0Ozga8bPOwWf6mgLdS/7Vg9XBE/c=",
  },
  {
    what: "a GPU by its model alone, odd sizes, another port",
    parts: partsOf(
      {
        image: `registry.example/a/b@sha256:${"ab".repeat(32)}`,
        resources: { cpu: 0.1234, memoryMiB: 1.5, diskMiB: 1, gpu: { models: [], count: 1 } },
      },
      { gpu: { model: "rtx4090" }, port: 9_000, name: "testns-some-other-key-1", most: { denom: "uakt", amount: "7" }, dollars: "keep" },
    ),
    version: "5XYNpISB74jE0K1bJt1pNAPgBZB1WZPE4QGHcILZNGs=",
  },
];
