// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a shell or of the platform, not ours
import { expect, test } from "vitest";
import { type DeployParts, toDeployBody } from "../../../../src/backends/io-net/deploy-body.js";
import { ioNetOptions } from "../../../../src/backends/io-net/options.js";
import type { Launch } from "../../../../src/kit/index.js";
import { Secret } from "../../../../src/model/secret.js";

const launch: Launch = {
  key: "testns-run1-1",
  argv: ["sh", "-c", "echo ${HOME} $$ $x"],
  env: { PLAIN: "$x ${y}" },
  secrets: { TOKEN: new Secret("hidden") },
  resources: { cpu: 1, memoryMiB: 1_024, diskMiB: 1_024 },
  inputs: [],
  outputs: [],
  timeoutMs: 60_000,
  maxLifetimeMs: 3_600_000,
  nonce: "00",
  labels: { "spillway-run": "run1" },
};
const body = (parts: Partial<DeployParts> = {}, options: object = {}) =>
  toDeployBody({
    name: "spw-testns-testns-run1-1",
    image: "registry.example/work:1",
    launch,
    hours: 2,
    machine: { hardwareId: 205, locationId: 12, gpus: 1 },
    trafficPort: 8_080,
    options: ioNetOptions.parse(options),
    ...parts,
  });

test("holds the keys that the service knows, and no other", () => {
  expect(JSON.parse(JSON.stringify(body()))).toEqual({
    resource_private_name: "spw-testns-testns-run1-1",
    duration_hours: 2,
    gpus_per_container: 1,
    hardware_id: 205,
    location_ids: [12],
    container_config: {
      replica_count: 1,
      traffic_port: 8_080,
      env_variables: { PLAIN: "$x ${y}" },
      secret_env_variables: { TOKEN: "[secret]" },
      entrypoint: ["sh"],
      args: ["-c", "echo $${HOME} $$$$ $$x"],
    },
    registry_config: { image_url: "registry.example/work:1" },
  });
});

test("leaves out what must not be empty", () => {
  expect(body({ launch: { ...launch, argv: ["true"] } }).container_config).not.toHaveProperty("args");
});

test("passes ids on as they came, words and numbers", () => {
  const machine = { hardwareId: "H100_sxm5x8", locationId: "CA", gpus: 8 };
  expect(body({ machine })).toMatchObject({ hardware_id: "H100_sxm5x8", location_ids: ["CA"], gpus_per_container: 8 });
});

test("names a pool or a place, never both", () => {
  const id = "8f2c2c3e-6f1e-4f0e-9a53-0d6f4a7f2b11";
  expect(body({}, { nodePool: { id } })).toMatchObject({ node_pool_id: id });
  expect(body({}, { nodePool: { id } })).not.toHaveProperty("location_ids");
});

test("keeps dollars as they are when told so", () => {
  expect(body({}, { dollars: "keep" }).container_config.args).toEqual(["-c", "echo ${HOME} $$ $x"]);
});

test("hands the registry's login over as a secret", () => {
  const registry = { server: "registry.example", username: "robot", password: new Secret("pw") };
  const { registry_config } = body({ launch: { ...launch, registry } });
  expect(registry_config).toMatchObject({ registry_username: "robot" });
  expect(registry_config.registry_secret?.reveal()).toBe("pw");
});
