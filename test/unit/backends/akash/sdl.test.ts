// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a shell, not ours
import { expect, test } from "vitest";
import { manifestOf, versionOf } from "../../../../src/backends/akash/manifest.js";
import { sdlText, toSdl } from "../../../../src/backends/akash/sdl.js";
import { Secret } from "../../../../src/model/secret.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { partsOf, SAMPLES } from "./sdl-samples.js";

const host = systemHost();
const versionFor = (parts: Parameters<typeof toSdl>[0]): string => versionOf(manifestOf(toSdl(parts)), host);

test.each(SAMPLES)("the version of $what is that of the official implementation", ({ parts, version }) => {
  expect(versionFor(parts)).toBe(version);
});

test("price, denomination, place and auditors are no part of the version; every word of the command is", () => {
  const plain = versionFor(partsOf());
  const elsewhere = partsOf(
    {},
    { most: { denom: "uakt", amount: "1" }, attributes: { country: "FR" }, auditors: [`akash1${"q".repeat(38)}`] },
  );
  expect(versionFor(elsewhere)).toBe(plain);
  expect(versionFor(partsOf({ argv: ["false"] }))).not.toBe(plain);
  expect(versionFor(partsOf({ key: "testns-two" }))).not.toBe(plain);
});

test("the text is the order, with one open port and one group", () => {
  const parts = partsOf(
    { argv: ["sh", "-c", "echo $HOME"], env: { A: "$1" }, secrets: { TOKEN: new Secret("hidden") } },
    { attributes: { country: "DE" }, auditors: ["akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63"] },
  );
  expect(JSON.parse(sdlText("akash", toSdl(parts)))).toEqual({
    version: "2.0",
    services: {
      "testns-one-0": {
        image: "registry.example/work:1",
        command: ["sh"],
        args: ["-c", "echo $$HOME"],
        env: ["SPILLWAY_ATTEMPT=testns-one", "A=$$1", "TOKEN=hidden"],
        expose: [{ port: 8_080, as: 80, to: [{ global: true }] }],
      },
    },
    profiles: {
      compute: { work: { resources: { cpu: { units: "2000m" }, memory: { size: "4096Mi" }, storage: [{ size: "10240Mi" }] } } },
      placement: {
        spillway: {
          attributes: { country: "DE" },
          signedBy: { anyOf: ["akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63"] },
          pricing: { work: { denom: "uact", amount: "100.5" } },
        },
      },
    },
    deployment: { "testns-one-0": { spillway: { profile: "work", count: 1 } } },
  });
});

test("nothing in the text is a character that readers of YAML refuse", () => {
  const text = sdlText("akash", toSdl(partsOf({ argv: ["a", "\u007f\u0085\ufeff\ufffe \t\n ☂"] })));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufeff\ufffe\uffff]/);
  expect(JSON.parse(text).services["testns-one-0"].args).toEqual(["\u007f\u0085\ufeff\ufffe \t\n ☂"]);
});

test("dollars stay as they are when Kubernetes is said not to take them", () => {
  expect(toSdl(partsOf({ argv: ["a", "$(X) $$"] }, { dollars: "keep" })).services["testns-one-0"]?.args).toEqual(["$(X) $$"]);
});

test.each([
  ["an argument with a line separator", { argv: ["a", "b\u2028"] }, "command"],
  ["a variable that the Console takes for a sealed secret", { env: { A: "ac-secret://x" } }, "env.A"],
  ["a registry login with a short password", { registry: { server: "ghcr.io", username: "u", password: new Secret("12345") } }, "registry"],
  ["a command of more than 512 KiB", { argv: ["a", "x".repeat(600_000)] }, "command"],
])("%s is refused before anything is sent", (_what, launch, field) => {
  const make = () => sdlText("akash", toSdl(partsOf(launch)));
  expect(make).toThrow(
    expect.objectContaining({ code: "UNSUPPORTED_WORKLOAD", effect: "none", details: expect.objectContaining({ field }) }),
  );
});
